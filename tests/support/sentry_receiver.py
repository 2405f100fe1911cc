"""A server on the loopback that takes Sentry's envelopes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.support.inbox import Inbox, serving


class SentryReceiver(Inbox):
    """What has come in, as events."""

    @property
    def dsn(self) -> str:
        return f"http://key@127.0.0.1:{self.port}/1"

    @property
    def events(self) -> list[dict[str, Any]]:
        lines = [line for post in self.posts for line in post.body.decode().splitlines()[1:]]
        return [json.loads(line) for line in lines if '"exception"' in line]


@contextmanager
def receiving_events() -> Iterator[SentryReceiver]:
    """Serve as long as the context lasts."""
    receiver = SentryReceiver()
    with serving(receiver):
        yield receiver

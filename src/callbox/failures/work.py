"""What a thread or task is doing: the request or job that a failure belongs to, whoever tells of it."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, NamedTuple


class Work(NamedTuple):
    """A stretch of work. Every request has one: nothing is quicker to make.

    Attributes:
        name: of the request or job.
        metadata: what else is to be known of it.
    """

    name: str
    metadata: Mapping[str, Any]


CURRENT: ContextVar[Work] = ContextVar("callbox_work", default=Work("", {}))  # noqa: B039  (nobody changes it)

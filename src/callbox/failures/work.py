"""What a thread or task is doing: the request or job that a failure belongs to, whoever tells of it."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Work:
    """A stretch of work.

    Attributes:
        name: of the request or job.
        metadata: what else is to be known of it.
    """

    name: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)


CURRENT: ContextVar[Work] = ContextVar("callbox_work", default=Work())  # noqa: B039  (it is frozen)

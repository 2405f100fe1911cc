"""Failures as plain data: what reports are made of and custom formatters get."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec

from callbox.failures.model import Failure, Passed


def failure_to_dict(failure: Failure) -> dict[str, Any]:
    """Return a failure as dictionaries, lists, texts and numbers."""
    found: dict[str, Any] = _with_lists(msgspec.to_builtins(failure))
    raised = failure.exception
    found["time"] = iso_time(failure.timestamp)
    found["exception_type"] = raised.type if raised else ""
    found["exception_message"] = raised.message if raised else failure.summary
    return found


def passed_to_dict(passed: Passed) -> dict[str, Any]:
    """Return a passed test as plain data."""
    found: dict[str, Any] = _with_lists(msgspec.to_builtins(passed))
    found["time"] = iso_time(passed.timestamp)
    return found


def _with_lists(value: Any) -> Any:
    if type(value) is dict:
        return {key: _with_lists(item) for key, item in value.items()}
    return [_with_lists(item) for item in value] if type(value) in (tuple, list) else value


def iso_time(timestamp: float) -> str:
    """Write a moment in UTC, to the millisecond."""
    return dt.datetime.fromtimestamp(timestamp, dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

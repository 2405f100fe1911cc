"""Where else failures go: to Sentry's events, to OpenTelemetry's spans."""

from __future__ import annotations

import importlib
from typing import Any

from callbox.failures.model import Failure
from callbox.failures.outcomes import captured_as
from callbox.failures.production import installed

_MAX_ATTRIBUTE_CHARS = 8_000


def add_last_calls(event: dict[str, Any], hint: dict[str, Any]) -> dict[str, Any]:
    """Add the last calls to an event of Sentry: `sentry_sdk.init(before_send=add_last_calls)`.

    Args:
        event: what Sentry is about to send.
        hint: what it knows of it; `exc_info` may tell the exception.
    """
    installation = installed()
    extra = event.setdefault("extra", {})
    exc_info = hint.get("exc_info")
    known = captured_as(exc_info[1]) if exc_info and exc_info[1] is not None else None
    if known is not None:
        extra["callbox failure"] = known
    if installation.recorder is not None:
        extra["callbox last calls"] = installation.recorder.last_calls()
    return event


def span_sink(failure: Failure) -> None:
    """Tell the current span of OpenTelemetry of a failure, as an event by its conventions for exceptions."""
    span = importlib.import_module("opentelemetry.trace").get_current_span()
    raised = failure.exception
    span.add_event(
        "exception",
        attributes={
            "exception.type": raised.type if raised else "",
            "exception.message": (raised.message if raised else failure.summary)[:_MAX_ATTRIBUTE_CHARS],
            "exception.stacktrace": failure.traceback[:_MAX_ATTRIBUTE_CHARS],
            "callbox.failure.id": failure.id,
            "callbox.failure.kind": failure.fingerprint,
            "callbox.last_calls": failure.calls[-_MAX_ATTRIBUTE_CHARS:],
        },
    )

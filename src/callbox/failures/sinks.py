"""Where else failures go: to boxes, to Sentry's events, to OpenTelemetry's spans."""

from __future__ import annotations

import contextlib
import importlib
import os
from pathlib import Path
from typing import Any

from callbox.failures.history import find_path
from callbox.failures.model import Failure
from callbox.failures.outcomes import captured_as
from callbox.failures.production import current
from callbox.replacement import make_folder

_MAX_ATTRIBUTE_CHARS = 8_000


class BoxSink:
    """Writes the last calls before each failure to a box of its own, for `callbox show`, `view` and `diff`."""

    def __init__(self, folder: str | os.PathLike[str] | None = None, *, max_boxes: int = 100) -> None:
        """Choose where boxes go.

        Args:
            folder: None for `.callbox/failures` of the project. A box is named after its failure's id.
            max_boxes: how many stay there, the newest.
        """
        self._folder = Path(folder) if folder is not None else find_path().parent / "failures"
        self._max_boxes = max_boxes

    def __call__(self, failure: Failure) -> None:
        """Write a box, if calls are recorded.

        Raises:
            RecordingError: it cannot be written.
        """
        installation = current()
        if installation is None or installation.recorder is None:
            return
        with contextlib.suppress(OSError):  # that the box cannot be written is said below
            make_folder(self._folder)
        installation.recorder.save(self._folder / f"{failure.id}.cbx")
        self._prune()

    def _prune(self) -> None:
        with contextlib.suppress(OSError):  # another process prunes, too
            boxes = sorted(self._folder.glob("*.cbx"), key=lambda path: path.stat().st_mtime_ns)
            for path in boxes[: -self._max_boxes]:
                path.unlink(missing_ok=True)


def add_last_calls(event: dict[str, Any], hint: dict[str, Any]) -> dict[str, Any]:
    """Add the last calls to an event of Sentry: `sentry_sdk.init(before_send=add_last_calls)`.

    Args:
        event: what Sentry is about to send.
        hint: what it knows of it; `exc_info` may tell the exception.

    Returns:
        The event; as it was, where callbox is not installed.
    """
    installation = current()
    if installation is None:
        return event
    extra = event.setdefault("extra", {})
    exc_info = hint.get("exc_info")
    known = captured_as(exc_info[1]) if exc_info and exc_info[1] is not None else None
    if known:
        extra["callbox failure"] = known
    if installation.recorder is not None:
        extra["callbox last calls"] = installation.recorder.last_calls()
    return event


def exception_attributes(failure: Failure) -> dict[str, str]:
    """Return a failure by OpenTelemetry's conventions for exceptions.

    Source: https://opentelemetry.io/docs/specs/semconv/exceptions/
    """
    raised = failure.exception
    return {
        "exception.type": raised.type if raised else "",
        "exception.message": (raised.message if raised else failure.summary)[:_MAX_ATTRIBUTE_CHARS],
        "exception.stacktrace": failure.traceback[-_MAX_ATTRIBUTE_CHARS:],
        "callbox.failure.id": failure.id,
        "callbox.failure.kind": failure.fingerprint,
        "callbox.failure.origin": failure.origin,
        "callbox.last_calls": failure.calls[-_MAX_ATTRIBUTE_CHARS:],
    }


def span_sink(failure: Failure) -> None:
    """Tell the current span of OpenTelemetry of a failure, as an event."""
    span = importlib.import_module("opentelemetry.trace").get_current_span()
    span.add_event("exception", attributes=exception_attributes(failure))

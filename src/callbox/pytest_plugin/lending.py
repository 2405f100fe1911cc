"""Tracers that a test borrows: what it leaves open is closed, and it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from callbox.errors import RecordingError
from callbox.pytest_plugin.marker import Mark, mark_of
from callbox.snapshot import TracedSnapshot
from callbox.tracing import FunctionTracer

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest


def lend_tracer(request: pytest.FixtureRequest) -> Iterator[FunctionTracer]:
    """Lend a tracer, not started."""
    yield from _lend(request, _new_tracer(request), "function_tracer")


def lend_snapshot(request: pytest.FixtureRequest) -> Iterator[TracedSnapshot]:
    """Lend a snapshot, not started."""
    mark = mark_of(request.node) or Mark()
    yield from _lend(request, TracedSnapshot(filter_modules=mark.include or None), "traced_snapshot")


def lend_recording(request: pytest.FixtureRequest) -> Iterator[FunctionTracer]:
    """Lend a tracer that is started; the test may stop it, and start it again."""
    tracer = _new_tracer(request)
    tracer.start()
    try:
        yield tracer
    finally:
        if tracer.is_recording:
            tracer.stop()


def _new_tracer(request: pytest.FixtureRequest) -> FunctionTracer:
    mark = mark_of(request.node) or Mark()
    return FunctionTracer(mark.include or None, mode=mark.mode)


def _lend(request: pytest.FixtureRequest, lent: Any, name: str) -> Iterator[Any]:
    n_failed = request.session.testsfailed
    yield lent
    if not lent.is_recording:
        return
    lent.stop()
    # A test that failed had no time to stop it, and has a failure of its own to show.
    if request.session.testsfailed == n_failed:
        raise RecordingError(
            f"{request.node.nodeid} left {name} started: use `with {name}:`, or call {name}.stop() before it ends"
        )

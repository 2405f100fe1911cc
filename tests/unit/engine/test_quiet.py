"""What runs quietly is not recorded."""

from __future__ import annotations

from callbox.engine.quiet import Quiet
from callbox.tracing import FunctionTracer


def loud() -> None:
    pass


def hushed() -> None:
    pass


def test_only_what_runs_outside_is_recorded() -> None:
    with FunctionTracer(__name__) as tracer:
        loud()
        with Quiet(), Quiet():
            hushed()
        loud()

    assert [event.function_name for event in tracer.events if event.event_type == "call"] == ["loud", "loud"]

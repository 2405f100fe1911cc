"""What a tracer records, when, and what it gives back."""

from __future__ import annotations

import json
import sys
import threading
import traceback

import pytest

from callbox import CallboxWarning, ConfigError, EngineError, RecordingError
from callbox.tracing import FunctionTracer

HERE = __name__


class Failure(Exception):
    pass


def leaf() -> int:
    return 1


def branch() -> int:
    return leaf() + leaf()


def fail() -> None:
    raise Failure("no")


@pytest.fixture
def tracer() -> FunctionTracer:
    return FunctionTracer([HERE])


def names(tracer: FunctionTracer) -> list[str]:
    """Return the functions that were called, in order."""
    return [event.function_name for event in tracer.filter_events(event_type="call")]


def test_block_is_recorded_from_its_beginning_to_its_end(tracer) -> None:
    leaf()
    with tracer:
        branch()
    leaf()

    assert names(tracer) == ["branch", "leaf", "leaf"]
    assert tracer.format_trace() == "branch()\n└─ leaf() ×2"


@pytest.mark.parametrize(("start", "stop"), [("start", "stop"), ("start_tracing", "stop_tracing")])
def test_start_and_stop_record_what_is_between(tracer, start, stop) -> None:
    getattr(tracer, start)()
    leaf()
    getattr(tracer, stop)()

    assert names(tracer) == ["leaf"]


def test_tracer_says_whether_it_records(tracer) -> None:
    before = tracer.is_recording
    with tracer:
        leaf()
        inside = tracer.is_recording

    assert (before, inside, tracer.is_recording) == (False, True, False)


def test_second_start_is_an_error_and_leaves_the_first_running(tracer) -> None:
    with tracer:
        with pytest.raises(RecordingError, match="already recording: stop it first"):
            tracer.start()
        leaf()

    assert names(tracer) == ["leaf"]


def test_stop_without_start_is_an_error(tracer) -> None:
    with pytest.raises(RecordingError, match="not recording: start it first"):
        tracer.stop()


def test_exception_of_the_block_passes_unchanged_and_ends_the_recording(tracer) -> None:
    with pytest.raises(Failure) as caught, tracer:
        fail()

    assert not tracer.is_recording
    assert [frame.name for frame in traceback.extract_tb(caught.tb)][1:] == ["fail"]
    assert tracer.format_trace() == "fail() ✗ raised"


def test_block_may_stop_the_tracer_itself(tracer) -> None:
    with tracer:
        leaf()
        tracer.stop()
        branch()

    assert names(tracer) == ["leaf"]


def test_later_recordings_add_to_earlier_ones(tracer) -> None:
    with tracer:
        leaf()
    with tracer:
        branch()

    assert names(tracer) == ["leaf", "branch", "leaf", "leaf"]


def test_clear_forgets(tracer) -> None:
    with tracer:
        leaf()
    tracer.clear()

    assert tracer.get_events() == []
    assert tracer.format_trace() == "no calls were recorded"


def test_clear_while_recording_goes_on(tracer) -> None:
    with tracer:
        branch()
        tracer.clear_events()
        leaf()

    assert names(tracer) == ["leaf"]


def test_two_tracers_record_side_by_side() -> None:
    outer, inner = FunctionTracer(HERE), FunctionTracer(HERE)
    with outer:
        leaf()
        with inner:
            branch()

    assert names(outer) == ["leaf", "branch", "leaf", "leaf"]
    assert names(inner) == ["branch", "leaf", "leaf"]


def test_other_threads_are_recorded_too(tracer) -> None:
    with tracer:
        thread = threading.Thread(target=branch, name="other")
        thread.start()
        thread.join()

    assert names(tracer) == ["branch", "leaf", "leaf"]
    assert {event.thread_id for event in tracer.events} != {threading.get_ident()}


def test_own_frames_are_in_no_trace() -> None:
    tracer = FunctionTracer()
    with tracer:
        leaf()

    assert {event.module_name for event in tracer.events} == {HERE}


def test_one_pattern_may_be_given_as_a_string() -> None:
    tracer = FunctionTracer(HERE)
    with tracer:
        json.dumps({})
        leaf()

    assert names(tracer) == ["leaf"]


def test_exclusions_alone_select_everything_else() -> None:
    tracer = FunctionTracer(["!json.*"])
    with tracer:
        json.dumps({1: [2]}, indent=1)
        leaf()

    assert names(tracer) == ["leaf"]


def test_filter_that_matched_nothing_warns_and_names_near_modules() -> None:
    message = r"filter 'jason\.\*' matched no module that ran: .*\bjson\b"
    with pytest.warns(CallboxWarning, match=message) as caught, FunctionTracer(["jason.*", HERE]):
        leaf()

    assert [warning.filename for warning in caught] == [__file__]


def test_filter_that_named_a_part_of_a_module_is_told_the_whole() -> None:
    with pytest.warns(CallboxWarning, match=r"did you mean one of .*\bjson\.decoder"), FunctionTracer("decoder"):
        leaf()


def test_filter_of_a_module_that_called_nothing_says_just_that() -> None:
    message = r"'json\.\*' matched no module that ran: json is loaded, but none of its functions was called"
    with pytest.warns(CallboxWarning, match=message), FunctionTracer("json.*"):
        leaf()


def test_filter_unlike_any_module_warns_without_a_guess() -> None:
    with pytest.warns(CallboxWarning, match="no module that is loaded has a name like it"), FunctionTracer("zzqqx.*"):
        leaf()


def test_program_that_takes_the_hook_away_is_warned_of() -> None:
    with pytest.warns(CallboxWarning, match="replaced the hook"), FunctionTracer(HERE, engine="setprofile"):
        leaf()
        sys.setprofile(None)


def test_warning_does_not_replace_the_exception_of_the_block() -> None:
    with pytest.raises(Failure) as caught, FunctionTracer("zzqqx.*"):
        fail()

    assert caught.value.__notes__[0].startswith("callbox: filter 'zzqqx.*' matched no module")


def test_max_depth_keeps_outer_calls() -> None:
    tracer = FunctionTracer(HERE, max_depth=1)
    with tracer:
        branch()

    assert names(tracer) == ["branch"]


def test_c_calls_are_recorded_on_request() -> None:
    tracer = FunctionTracer(HERE, c_calls=True)

    def measure() -> int:
        return len("abc")

    with tracer:
        measure()

    assert [event.event_type for event in tracer.events] == ["call", "c_call", "c_return", "return"]
    assert tracer.format_trace().endswith("└─ len()")


def test_memory_is_counted_on_request() -> None:
    tracer = FunctionTracer(HERE, memory=True)

    def allocate() -> int:
        return len([0] * 100_000)

    with tracer:
        allocate()

    assert tracer.events[-1].memory >= 800_000


def test_full_ring_keeps_the_newest_and_counts_the_rest() -> None:
    tracer = FunctionTracer(HERE, max_events=64)
    with tracer:
        for _ in range(1000):
            leaf()
        branch()

    assert tracer.dropped > 1800
    assert names(tracer)[-3:] == ["branch", "leaf", "leaf"]
    assert tracer.format_trace().startswith(f"… {tracer.dropped:,} earlier events dropped\n")


def test_static_mode_records_nothing() -> None:
    tracer = FunctionTracer(mode="static")
    with tracer:
        leaf()

    assert tracer.events == []


def test_oracle_records_the_same() -> None:
    tracer = FunctionTracer(HERE, engine="oracle")
    with tracer:
        branch()

    assert tracer.format_trace() == "branch()\n└─ leaf() ×2"


@pytest.mark.parametrize(
    "options", [{"mode": "turbo"}, {"engine": "turbo"}, {"max_events": 0}, {"max_depth": 0}, {"filter_modules": [""]}]
)
def test_wrong_option_is_a_configuration_error(options) -> None:
    with pytest.raises(ConfigError):
        FunctionTracer(**options)


def test_impossible_wish_is_an_engine_error() -> None:
    with pytest.raises(EngineError, match="counts no memory"):
        FunctionTracer(engine="oracle", memory=True)

"""What a tracer records, when, and what it gives back."""

from __future__ import annotations

import asyncio
import inspect
import json
import threading
import traceback
import warnings

import numpy as np
import pytest

from callbox import CallboxWarning, ConfigError, EngineError, RecordingError, open_recording
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


# start and stop


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


# options


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
    with pytest.warns(CallboxWarning, match=r"did you mean one of json\.decoder"), FunctionTracer("decoder"):
        leaf()


def test_filter_of_a_module_that_called_nothing_says_just_that() -> None:
    message = r"'json\.\*' matched no module that ran: json is loaded, but none of its functions was called"
    with pytest.warns(CallboxWarning, match=message), FunctionTracer("json.*"):
        leaf()


def test_filter_unlike_any_module_warns_without_a_guess() -> None:
    with pytest.warns(CallboxWarning, match="no module that is loaded has a name like it"), FunctionTracer("zzqqx.*"):
        leaf()


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


# reading


def test_reading_while_recording_shows_what_was_so_far(tracer) -> None:
    with tracer:
        leaf()
        first = tracer.get_trace()
        branch()
        second = tracer.get_trace()

    assert [len(recording.tree.calls) for recording in (first, second)] == [1, 4]
    assert first.n_events == 2


def test_recording_handed_out_survives_a_later_start() -> None:
    tracer = FunctionTracer(HERE, max_events=64)
    with tracer:
        branch()
    recording = tracer.recording
    with tracer:
        for _ in range(1000):
            leaf()

    assert [recording.functions[code].name for code in recording.tree.calls["code"]] == ["branch", "leaf", "leaf"]


def test_stopped_tracer_decodes_once(tracer) -> None:
    with tracer:
        leaf()

    assert tracer.get_trace() is tracer.recording
    assert tracer.events is tracer.events


def test_list_of_events_is_the_callers_own(tracer) -> None:
    with tracer:
        leaf()

    tracer.get_events().clear()

    assert len(tracer.get_events()) == 2


def test_events_are_filtered_by_what_is_asked(tracer) -> None:
    with tracer:
        branch()
        with pytest.raises(Failure):
            fail()

    assert {e.function_name for e in tracer.filter_events(function="l*")} == {"leaf"}
    assert [e.function_name for e in tracer.filter_events(event_type="unwind")] == ["fail"]
    assert tracer.filter_events(module="nowhere") == []
    assert tracer.filter_events(min_duration=60.0) == []
    assert tracer.filter_events(thread_id=-1) == []


def test_events_are_also_an_array(tracer) -> None:
    with tracer:
        branch()

    array = tracer.to_numpy()

    assert array.shape == (6,)
    assert np.all(np.diff(array["t_ns"]) >= 0)


def test_metrics_are_plain_values(tracer) -> None:
    with tracer:
        branch()

    metrics = tracer.get_metrics()

    assert metrics["total_calls"] == 3
    assert json.loads(json.dumps(metrics)) == metrics


def test_call_graph_knows_who_called_whom(tracer) -> None:
    with tracer:
        branch()

    (edge,) = tracer.get_call_graph().edges

    assert (edge.caller.name, edge.callee.name, edge.n_calls) == ("branch", "leaf", 2)


@pytest.mark.parametrize("spelling", ["format", "format_type"])
@pytest.mark.parametrize(
    ("name", "beginning"),
    [("tree", "branch()\n"), ("flat", "    seconds"), ("json", '{"format":'), ("dot", "digraph")],
)
def test_trace_is_written_in_the_format_asked_for(tracer, spelling, name, beginning) -> None:
    with tracer:
        branch()

    assert tracer.format_trace(**{spelling: name}).startswith(beginning)


def test_options_reach_the_format(tracer) -> None:
    with tracer:
        branch()

    assert tracer.format_trace("tree", fold_repeats=False).count("leaf") == 2
    assert "seconds" not in tracer.format_trace("flat", show_times=False)


def test_unknown_format_is_an_error_that_names_the_known_ones(tracer) -> None:
    with pytest.raises(ConfigError, match="unknown format 'xml': choose one of tree, flat, json, dot"):
        tracer.format_trace("xml")


# boxes


def test_saved_box_holds_the_recording(tracer, tmp_path) -> None:
    with tracer:
        branch()

    tracer.save(tmp_path / "trace.cbx")

    assert len(open_recording(tmp_path / "trace.cbx").tree.calls) == 3


def test_path_is_saved_to_on_stop(tmp_path) -> None:
    with FunctionTracer(HERE, path=tmp_path / "trace.cbx"):
        leaf()

    recording = open_recording(tmp_path / "trace.cbx")
    assert len(recording.tree.calls) == 1
    assert recording.header.is_complete


def test_path_holds_an_unfinished_box_while_recording(tmp_path) -> None:
    with FunctionTracer(HERE, path=tmp_path / "trace.cbx"):
        leaf()
        is_complete = open_recording(tmp_path / "trace.cbx").header.is_complete

    assert not is_complete


def test_path_is_kept_when_the_tracer_starts_again(tmp_path) -> None:
    tracer = FunctionTracer(HERE, path=tmp_path / "trace.cbx")
    with tracer:
        leaf()
    with tracer:
        n_calls = len(open_recording(tmp_path / "trace.cbx").tree.calls)

    assert n_calls == 1


def test_path_that_cannot_be_written_fails_before_the_start(tmp_path) -> None:
    tracer = FunctionTracer(HERE, path=tmp_path / "missing" / "trace.cbx")

    with pytest.raises(ConfigError, match="missing"):
        tracer.start()

    assert not tracer.is_recording


def test_box_that_cannot_be_saved_does_not_hide_the_exception_of_the_block(tmp_path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(Failure) as caught, FunctionTracer(HERE, path=folder / "trace.cbx"):
        (folder / "trace.cbx").unlink()
        folder.rmdir()
        fail()

    assert "cannot write the box" in caught.value.__notes__[0]


def test_box_that_cannot_be_saved_is_an_error_of_its_own(tmp_path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(RecordingError, match="cannot write the box"), FunctionTracer(HERE, path=folder / "trace.cbx"):
        (folder / "trace.cbx").unlink()
        folder.rmdir()


# decorator


def test_decorated_function_is_recorded_whenever_it_runs(tracer) -> None:
    decorated = tracer(branch)

    result = decorated()
    leaf()
    decorated()

    assert result == 2
    assert names(tracer) == ["branch", "leaf", "leaf"] * 2


def test_decorated_function_keeps_its_name_and_signature(tracer) -> None:
    def greet(name: str, *, loud: bool = False) -> str:
        """Greet."""
        return name.upper() if loud else name

    decorated = tracer(greet)

    assert (decorated.__name__, decorated.__doc__, decorated.__wrapped__) == ("greet", "Greet.", greet)
    assert inspect.signature(decorated) == inspect.signature(greet)
    assert decorated("a", loud=True) == "A"


def test_decorated_function_may_raise(tracer) -> None:
    with pytest.raises(Failure):
        tracer(fail)()

    assert not tracer.is_recording
    assert tracer.format_trace() == "fail() ✗ raised"


def test_decorated_function_may_call_itself(tracer) -> None:
    @tracer
    def count_down(n: int) -> int:
        return count_down(n - 1) if n else 0

    count_down(3)

    assert names(tracer) == ["count_down"] * 4
    assert not tracer.is_recording


def test_decorated_function_leaves_a_running_tracer_running(tracer) -> None:
    decorated = tracer(leaf)
    with tracer:
        decorated()
        is_recording = tracer.is_recording
        branch()

    assert is_recording
    assert names(tracer) == ["leaf", "branch", "leaf", "leaf"]


def test_decorated_function_may_run_in_threads_at_once(tracer) -> None:
    barrier = threading.Barrier(4)

    @tracer
    def meet() -> None:
        barrier.wait(timeout=30)

    threads = [threading.Thread(target=meet) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert names(tracer) == ["meet"] * 4
    assert not tracer.is_recording


def test_coroutine_function_stays_one_and_is_recorded_to_its_end(tracer) -> None:
    @tracer
    async def work() -> int:
        await asyncio.sleep(0)
        return leaf()

    assert inspect.iscoroutinefunction(work)
    assert asyncio.run(work()) == 1
    assert names(tracer) == ["work", "leaf"]


def test_coroutine_function_may_run_in_tasks_at_once(tracer) -> None:
    @tracer
    async def work() -> int:
        await asyncio.sleep(0)
        return leaf()

    async def main() -> list[int]:
        return await asyncio.gather(work(), work())

    assert asyncio.run(main()) == [1, 1]
    assert sorted(names(tracer)) == ["leaf", "leaf", "work", "work"]
    assert not tracer.is_recording


def test_generator_function_stays_one_and_is_recorded_only_while_it_runs(tracer) -> None:
    @tracer
    def numbers():
        yield leaf()
        yield 2

    generator = numbers()
    first = next(generator)
    is_recording = tracer.is_recording
    branch()
    rest = list(generator)

    assert inspect.isgeneratorfunction(numbers)
    assert (first, is_recording, rest) == (1, False, [2])
    assert names(tracer) == ["numbers", "leaf"]


def test_generator_function_passes_on_what_is_sent_thrown_and_returned(tracer) -> None:
    @tracer
    def echo():
        received = yield "ready"
        try:
            yield received
        except Failure:
            yield "caught"
        return "done"

    generator = echo()
    seen = [next(generator), generator.send("sent"), generator.throw(Failure())]
    with pytest.raises(StopIteration) as stop:
        next(generator)

    assert seen == ["ready", "sent", "caught"]
    assert stop.value.value == "done"


def test_closing_a_generator_closes_the_function_inside(tracer) -> None:
    closed = []

    @tracer
    def numbers():
        try:
            yield 1
        finally:
            closed.append(leaf())

    generator = numbers()
    next(generator)
    generator.close()

    assert closed == [1]
    assert names(tracer) == ["numbers", "leaf"]
    assert not tracer.is_recording


def test_async_generator_function_stays_one(tracer) -> None:
    closed = []

    @tracer
    async def numbers():
        try:
            received = yield leaf()
            yield received
            yield "never"
        finally:
            closed.append("closed")

    async def main() -> list[object]:
        generator = numbers()
        seen = [await anext(generator), await generator.asend("sent")]
        await generator.aclose()
        return seen

    assert inspect.isasyncgenfunction(numbers)
    assert asyncio.run(main()) == [1, "sent"]
    assert closed == ["closed"]
    assert names(tracer) == ["numbers", "leaf"]


def test_async_generator_function_ends_and_catches(tracer) -> None:
    @tracer
    async def numbers():
        try:
            yield 1
        except Failure:
            yield 2

    async def main() -> list[int]:
        generator = numbers()
        return [await anext(generator), await generator.athrow(Failure()), *[n async for n in generator]]

    assert asyncio.run(main()) == [1, 2]
    assert not tracer.is_recording


def test_methods_of_every_kind_can_be_decorated(tracer) -> None:
    class Thing:
        @tracer
        def method(self) -> object:
            return self

        @tracer
        @classmethod
        def of_class(cls) -> object:
            return cls

        @tracer
        @staticmethod
        def of_none() -> int:
            return leaf()

    thing = Thing()

    assert (thing.method(), thing.of_class(), thing.of_none()) == (thing, Thing, 1)
    assert names(tracer) == ["method", "of_class", "of_none", "leaf"]


@pytest.mark.parametrize("thing", [int, 5])
def test_what_is_no_function_cannot_be_decorated(tracer, thing) -> None:
    with pytest.raises(ConfigError, match="it is no function"):
        tracer(thing)


def test_unmatched_filter_of_a_decorator_warns_at_the_call() -> None:
    decorated = FunctionTracer("zzqqx.*")(leaf)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        decorated()

    assert [warning.filename for warning in caught] == [__file__]

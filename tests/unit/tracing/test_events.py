from __future__ import annotations

import pytest
from tests.support.captures import EPOCH_NS, CaptureBuilder

from callbox.errors import ConfigError
from callbox.model import EventKind
from callbox.recording import Recording
from callbox.tracing.events import EventFilter, iter_events, select_events


def briefly(recording: Recording, **fields) -> list[str]:
    return [f"{e.event_type} {e.function_name}" for e in iter_events(recording, EventFilter(**fields))]


def test_event_has_its_names_resolved(shop_recording) -> None:
    event = next(iter_events(shop_recording, EventFilter(function="sort")))

    assert (event.event_type, event.function_name, event.qualified_name) == ("call", "sort", "sort")
    assert (event.module_name, event.filename, event.line_number) == ("shop.order", "shop.order.py", 30)
    assert (event.args, event.return_value, event.exception) == (None, None, None)
    assert (event.thread_id, event.process_id, event.task_id) == (140_000_000_000_000, 4321, None)


def test_events_of_all_threads_come_by_time(shop_recording) -> None:
    events = [(e.thread_id % 10, e.event_type, e.function_name) for e in iter_events(shop_recording)]

    assert events[:6] == [
        *((0, "call", "main"), (1, "call", "load"), (0, "call", "load"), (1, "unwind", "load")),
        *((0, "return", "load"), (0, "call", "sort")),
    ]
    assert len(events) == 14


def test_threads_own_order_stands_where_its_clock_went_back() -> None:
    builder = CaptureBuilder()
    main, work = builder.function("main"), builder.function("work")
    builder.thread().call(main, at=100).call(work, at=300).ret(work, at=200).ret(main, at=400)
    builder.thread("worker").call(work, at=250).ret(work, at=350)

    recording = Recording(builder.build())

    assert briefly(recording) == [
        *("call main", "call work", "call work", "return work", "return work", "return main"),
    ]
    assert select_events(recording).tolist() == [0, 4, 1, 2, 5, 3]


def test_timestamp_is_seconds_since_the_epoch() -> None:
    builder = CaptureBuilder()
    main = builder.function("main")
    builder.thread().call(main, at=500_000_000)

    (event,) = iter_events(Recording(builder.build()))

    assert event.timestamp == pytest.approx(EPOCH_NS / 1e9 + 0.5, abs=1e-6)


def test_duration_stands_on_the_start_and_the_end_of_a_call(shop_recording) -> None:
    durations = [event.duration for event in iter_events(shop_recording, EventFilter(function="sort"))]

    assert durations == pytest.approx([50e-9, 20e-9, 20e-9, 50e-9])


def test_depth_is_that_of_the_call(shop_recording) -> None:
    depths = [event.depth for event in iter_events(shop_recording, EventFilter(event_type="call"))]

    assert depths == [0, 0, 1, 1, 0, 2, 2]


def test_open_call_has_no_duration() -> None:
    builder = CaptureBuilder()
    main = builder.function("main")
    builder.thread().call(main)

    (event,) = iter_events(Recording(builder.build()))

    assert (event.duration, event.depth) == (None, 0)


def test_end_without_a_start_has_no_duration_and_no_depth() -> None:
    builder = CaptureBuilder()
    main = builder.function("main")
    builder.thread().ret(main)

    (event,) = iter_events(Recording(builder.build()))

    assert (event.event_type, event.duration, event.depth) == ("return", None, 0)


def test_generator_has_its_duration_from_call_to_return_and_none_between() -> None:
    builder = CaptureBuilder()
    numbers = builder.function("numbers")
    thread = builder.thread().call(numbers, at=0, frame=5).suspend(numbers, at=10)
    thread.resume(numbers, at=1_000, frame=5).ret(numbers, at=1_010)

    events = [(e.event_type, e.duration) for e in iter_events(Recording(builder.build()))]

    assert events == [
        ("call", pytest.approx(1.01e-6)),
        ("yield", None),
        ("resume", None),
        ("return", pytest.approx(1.01e-6)),
    ]


def test_every_kind_of_event_has_a_name_in_lower_case() -> None:
    builder = CaptureBuilder()
    main = builder.function("main")
    thread = builder.thread()
    [thread.event(kind, main) for kind in EventKind if kind < EventKind.TASK_SWITCH]

    assert [event.event_type for event in iter_events(Recording(builder.build()))] == [
        *("call", "return", "unwind", "yield", "resume", "throw", "c_call", "c_return", "c_raise"),
    ]


def test_switch_between_tasks_is_no_event_but_shows_in_the_task_id() -> None:
    builder = CaptureBuilder()
    main, work = builder.function("main"), builder.function("work")
    thread = builder.thread().call(main)
    thread.event(EventKind.TASK_SWITCH, main, frame=7).call(work).ret(work).ret(main)

    events = list(iter_events(Recording(builder.build())))

    assert [(e.function_name, e.task_id) for e in events] == [("main", None), ("work", 7), ("work", 7), ("main", None)]


def test_memory_is_what_the_call_allocated() -> None:
    builder = CaptureBuilder(memory=True)
    main, work = builder.function("main"), builder.function("work")
    thread = builder.thread().call(main).call(work, n_bytes=8).ret(work, n_bytes=100).ret(main)
    thread.ret(main)

    events = list(iter_events(Recording(builder.build())))

    assert [event.memory for event in events] == [108, 100, 100, 108, None]


@pytest.mark.parametrize("glob", ["less", "l?ss", "shop.order.l*", "*.less"])
def test_filter_takes_functions_by_any_of_their_names(shop_recording, glob) -> None:
    assert briefly(shop_recording, function=glob) == ["call less", "return less", "call less", "return less"]


@pytest.mark.parametrize(("glob", "n_events"), [("shop", 2), ("shop.*", 14), ("shop.data", 4), ("other", 0)])
def test_filter_takes_modules_as_the_tracer_does(shop_recording, glob, n_events) -> None:
    assert len(briefly(shop_recording, module=glob)) == n_events


def test_filter_takes_one_type(shop_recording) -> None:
    assert briefly(shop_recording, event_type="unwind") == ["unwind load"]


def test_filter_takes_calls_that_lasted(shop_recording) -> None:
    assert briefly(shop_recording, min_duration=50e-9) == ["call main", "call sort", "return sort", "return main"]


def test_filter_takes_one_thread(shop_recording) -> None:
    assert briefly(shop_recording, thread_id=140_000_000_000_001) == [
        *("call load", "unwind load", "call less", "return less"),
    ]
    assert briefly(shop_recording, thread_id=1) == []


def test_filter_takes_what_agrees_with_every_field(shop_recording) -> None:
    assert briefly(shop_recording, module="shop.order", event_type="call", min_duration=20e-9) == [
        *("call sort", "call sort"),
    ]


def test_filter_with_an_unknown_type_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"unknown event type 'exit': choose one of call, return, unwind, "):
        EventFilter(event_type="exit")


@pytest.mark.parametrize("memory", [False, True])
def test_recording_of_nothing_has_no_events(memory) -> None:
    recording = Recording(CaptureBuilder(memory=memory).build())

    assert briefly(recording, module="a", function="b", event_type="call", min_duration=0.0, thread_id=1) == []


@pytest.mark.parametrize("memory", [False, True])
def test_ends_alone_are_events_without_calls(memory) -> None:
    builder = CaptureBuilder(memory=memory)
    main = builder.function("main")
    builder.thread().ret(main).unwind(main)

    assert briefly(Recording(builder.build())) == ["return main", "unwind main"]


def test_values_stand_on_their_own_events() -> None:
    builder = CaptureBuilder(mode="trace")
    main, fails = builder.function("main", parameters=("n",)), builder.function("fails")
    builder.thread().values(1).call(main).call(fails).values("bad").unwind(fails).values("done").ret(main)

    events = iter_events(Recording(builder.build()))

    assert [(e.args, e.return_value, e.exception) for e in events] == [
        *(({"n": 1}, None, None), ({}, None, None), (None, None, "bad"), (None, "done", None)),
    ]

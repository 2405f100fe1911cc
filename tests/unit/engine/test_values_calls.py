"""What calls do to their arguments, what stands in frames that exceptions leave, what generators are sent."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import gc
import sys
from collections.abc import Callable
from typing import Any

import pytest

from callbox import FunctionTracer, _core
from callbox.engine.options import Options
from callbox.engine.recorder import NativeRecorder
from callbox.model import EventKind
from callbox.recording import Recording
from callbox.values.frozen import Opaque

HERE = __name__
SENDS = pytest.mark.skipif(
    (3, 12) <= sys.version_info < (3, 14), reason="where a frame's stack ends cannot be told on 3.12 and 3.13"
)

Run = Callable[..., Recording]


@pytest.fixture(params=_core.engines())
def run(request: pytest.FixtureRequest) -> Run:
    """Record a call, whatever it raises."""

    def run(function: Callable[..., Any], *args: Any, **options: Any) -> Recording:
        recorder = NativeRecorder(Options(request.param, "trace", (HERE,), **options), request.param)
        recorder.start()
        try:
            with contextlib.suppress(Exception):
                function(*args)
        finally:
            recorder.stop()
        return Recording(recorder.capture())

    return run


class Cart:
    def __init__(self) -> None:
        self.items: list[str] = []

    def add(self, item):
        self.items.append(item)

    def count(self):
        return len(self.items)


def grows(items, settings, other):
    items.append(2)
    settings["k"] = "v"
    del other
    return [5]


def shares(items):
    def inner():
        return items

    items.append(1)
    return inner


def fails_after(items):
    items.append(2)
    raise ValueError("no")


def yields_after(items):
    items.append(2)
    yield items


def reads(items, text, number):
    return len(items) + len(text) + number


# Effects


def test_changed_arguments_are_kept_as_they_are_at_the_end(run) -> None:
    recording = run(grows, [1], {}, [3])

    assert recording.values.arguments(0) == {"items": [1], "settings": {}, "other": [3]}
    assert recording.values.effects(0) == {"items": [1, 2], "settings": {"k": "v"}}


def test_method_that_changes_its_object_is_told_from_one_that_does_not(run) -> None:
    cart = Cart()

    changed = run(cart.add, "tea").values.effects(0)
    unchanged = run(cart.count).values.effects(0)

    assert changed["self"].attributes == (("items", ["tea"]),)
    assert unchanged == {}


def test_argument_in_a_cell_is_watched_too(run) -> None:
    assert run(shares, []).values.effects(0) == {"items": [1]}


def test_effect_of_a_call_that_raises_is_kept(run) -> None:
    assert run(fails_after, [1]).values.effects(0) == {"items": [1, 2]}


def test_effects_of_generators_are_not_told(run) -> None:
    recording = run(lambda: list(yields_after([1])))

    generator = [call["depth"] for call in recording.tree.calls].index(1)
    assert recording.values.arguments(generator) == {"items": [1]}
    assert recording.values.effects(generator) == {}


def test_what_stays_as_it_was_is_no_effect(run) -> None:
    assert run(reads, [1, float("nan"), {"k": (1,)}], "text", 5).values.effects(0) == {}


# Frames that exceptions leave


def divides(total, count, password):
    half = total / 2
    settings = {"api_key": password}
    return divide(half, count), settings


def divide(a, b):
    quotient = [a, b]
    return a / b, quotient


def test_variables_of_every_frame_that_an_exception_leaves_are_kept(run) -> None:
    recording = run(divides, 3, 0, "S3cret")

    kept = [recording.values.locals(row) for row in range(2)]
    assert {name: str(value) for name, value in kept[0].items()} == {
        "total": "3",
        "count": "0",
        "password": "Redacted(rule='key password')",
        "half": "1.5",
        "settings": "{'api_key': Redacted(rule='key apikey')}",
    }
    assert kept[1] == {"a": 1.5, "b": 0, "quotient": [1.5, 0]}


def asserts(value):
    doubled = value * 2
    assert value.bit_length() == doubled  # rewritten by pytest, with variables of its own


def test_variables_that_no_source_can_name_are_left_out(run) -> None:
    assert run(asserts, 1).values.locals(0) == {"value": 1, "doubled": 2}


def test_call_that_returns_has_no_variables(run) -> None:
    assert run(reads, [], "", 0).values.locals(0) is None


def test_events_of_a_tracer_have_variables_and_effects() -> None:
    with FunctionTracer([HERE], mode="trace") as tracer, contextlib.suppress(ValueError):
        fails_after([1])

    unwind = tracer.filter_events(event_type="unwind")[0]
    assert unwind.local_variables == {"items": [1, 2]}
    assert unwind.effects == {"items": [1, 2]}
    assert tracer.format_trace().endswith("where items=[1, 2]")


def test_effect_stands_in_every_format() -> None:
    with FunctionTracer([HERE], mode="trace") as tracer:
        grows([1], {}, [3])

    assert "→ [5]; items is now [1, 2]; settings is now {'k': 'v'}" in tracer.format_trace()
    assert "grows → [5]; items is now [1, 2]" in tracer.format_trace(format_type="flat")
    assert '"effects":{"items":"[1, 2]","settings":"{\'k\': \'v\'}"}' in tracer.format_trace(format_type="json")


# Secrets


def get_token():
    return "S3cret"


def test_result_of_a_function_that_is_called_after_a_secret_is_redacted(run) -> None:
    assert str(run(get_token).values.result(0)) == "Redacted(rule='key token')"


# Generators


def echoes():
    sent = None
    while True:
        sent = yield sent


def sends():
    generator = echoes()
    next(generator)
    generator.send({"a": 1})
    generator.send("some text")
    next(generator)


@pytest.fixture(params=[name for name in _core.engines() if name != "setprofile"])
def run_told(request: pytest.FixtureRequest) -> Run:
    """As `run`, by the engines that can tell what is sent."""

    def run(function: Callable[..., Any]) -> Recording:
        recorder = NativeRecorder(Options(request.param, "trace", (HERE,)), request.param)
        recorder.start()
        try:
            function()
        finally:
            recorder.stop()
        return Recording(recorder.capture())

    return run


@SENDS
def test_what_a_generator_is_sent_is_kept(run_told) -> None:
    recording = run_told(sends)

    resumes = [event for event, kind in enumerate(recording.events["kind"].tolist()) if kind == EventKind.RESUME]
    assert [recording.values.sent_at(event) for event in resumes] == [{"a": 1}, "some text", None]


# Coroutines


async def greets(name):
    await asyncio.sleep(0)
    return name


async def gathers():
    return await asyncio.gather(greets("ann"), greets(["bob"]))


def runs_tasks():
    return asyncio.run(gathers())


def test_arguments_of_a_coroutine_in_a_task_of_its_own_are_kept(run) -> None:
    recording = run(contextvars.copy_context().run, runs_tasks)

    rows = [row for row, code in enumerate(recording.tree.calls["code"]) if recording.functions[code].name == "greets"]
    assert [recording.values.arguments(row) for row in rows] == [{"name": "ann"}, {"name": ["bob"]}]
    assert [recording.values.result(row) for row in rows] == ["ann", ["bob"]]


# The share of the time


def is_called_often(value):
    return value


def calls(n, value):
    for _ in range(n):
        is_called_often(value)


BIG = [[f"key{number} = {number * 10}" for number in range(10)] for _ in range(10)]


def test_values_of_functions_called_often_are_only_named_beyond_a_share_of_the_time(run) -> None:
    recording = run(calls, 20_000, BIG)

    kept = [recording.values.arguments(row)["value"] for row in range(1, 20_001)]
    assert {type(value) for value in kept[:8]} == {list}
    assert any(isinstance(value, Opaque) and value.type_name == "list" for value in kept)
    assert any("were only named" in note for note in recording.header.notes)


def test_all_values_are_kept_on_request(run) -> None:
    recording = run(calls, 3_000, BIG, all_values=True)

    assert len({str(recording.values.arguments(row)["value"]) for row in range(1, 3_001)}) == 1
    assert recording.header.notes == ()


def test_nothing_of_it_takes_a_reference(run) -> None:
    items, cart = [1], Cart()
    gc.collect()
    before = sys.getrefcount(items), sys.getrefcount(cart)

    run(grows, items, {}, [])
    run(cart.add, "tea")
    run(divides, items, 0, None)

    assert (sys.getrefcount(items), sys.getrefcount(cart)) == before

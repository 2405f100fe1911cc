"""What a recorder of the engine "wrap" keeps of the values of wrapped functions."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import math
import sys
from collections.abc import Callable
from typing import Any

import pytest

from callbox import FunctionTracer, wrap
from callbox.engine.options import Options
from callbox.engine.recorder import NativeRecorder
from callbox.errors import EngineError
from callbox.model import EventKind
from callbox.recording import Recording


def record(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Recording:
    return record_with({}, function, *args, **kwargs)


def record_with(options: dict[str, Any], function: Callable[..., Any], *args: Any, **kwargs: Any) -> Recording:
    """Record a call, whatever it raises."""
    recorder = NativeRecorder(Options(mode="trace", **options), "wrap")
    recorder.start()
    with contextlib.suppress(Exception):
        function(*args, **kwargs)
    recorder.stop()
    return Recording(recorder.capture())


def kinds(recording: Recording) -> list[str]:
    return [EventKind(kind).name for kind in recording.events["kind"].tolist()]


# Functions in Python; what a hook records of them is in tests/conformance


@wrap
def collects(first, *rest, last=None, **others):
    if "items" in others:
        others["items"].append(1)
    others["more"] = 1
    return first


@wrap
def exchanges_itself(items, more=[1]):  # noqa: B006 - a default that can change
    exchanges_itself.__wrapped__.__code__ = (lambda items, more: 0).__code__
    exchanges_itself.__wrapped__.__defaults__ = ([2],)
    items.append(1)


@wrap
def descends(n, items):
    items.append(n)
    return descends(n + 1, items)


@wrap
def fails(password, divisor=0):
    quotient = [password]
    return quotient, 1 / divisor


def test_collected_arguments_stand_under_their_names() -> None:
    recording = record(collects, 1, 2, [3], last=4, other={"k": 5})

    assert recording.values.arguments(0) == {
        "first": 1,
        "last": 4,
        "rest": (2, [3]),
        "others": {"other": {"k": 5}},
    }


def test_many_collected_arguments_are_cut_as_a_tuple_is() -> None:
    recording = record(collects, *range(100))

    rest = recording.values.arguments(0)["rest"]
    assert (rest.items, rest.n_items) == (tuple(range(1, 11)), 99)


def test_collected_keyword_that_names_a_secret_is_redacted() -> None:
    recording = record(collects, 1, api_key="k" * 40)

    assert str(recording.values.arguments(0)["others"]) == "{'api_key': Redacted(rule='key apikey')}"


def test_change_inside_a_collected_keyword_is_an_effect() -> None:
    recording = record(collects, 1, items=[])

    assert recording.values.effects(0) == {"others": {"items": [1]}}


def test_change_of_the_collected_keywords_themselves_is_not_seen() -> None:
    recording = record(collects, 1, other=2)

    assert recording.values.arguments(0)["others"] == {"other": 2}
    assert recording.values.effects(0) == {}


def test_variables_of_a_generator_that_is_let_go_are_not_seen() -> None:
    def lets_go() -> None:
        generator = echoes(3)
        next(generator)
        del generator

    recording = record(lets_go)

    assert kinds(recording)[-1] == "UNWIND"
    assert recording.values.locals(0) is None


def test_function_that_exchanges_its_own_code_is_recorded_to_its_end() -> None:
    recording = record(exchanges_itself, [])

    assert recording.values.arguments(0) == {"items": [], "more": [1]}
    assert recording.values.effects(0) == {"items": [1]}


def test_exception_comes_with_the_variables_of_the_frame() -> None:
    recording = record(fails, "S3cret-S3cret")

    assert recording.values.exception(0).type_name == "ZeroDivisionError"
    assert {name: str(value) for name, value in recording.values.locals(0).items()} == {
        "password": "Redacted(rule='key password')",
        "divisor": "0",
        "quotient": "['S3cret-S3cret']",
    }


def test_call_whose_arguments_do_not_fit_leaves_nothing_to_the_next() -> None:
    def calls():
        with contextlib.suppress(TypeError):
            fails("first", 1, 2)
        collects("second")

    recording = record(calls)

    assert kinds(recording) == ["CALL", "RETURN"]
    assert recording.values.arguments(0) == {"first": "second", "last": None, "rest": (), "others": {}}
    assert recording.values.places_at(1) == range(4, 5)


def test_call_that_meets_the_recursion_limit_is_taken_back() -> None:
    recording = record_with({"all_values": True}, descends, 0, [])

    assert set(kinds(recording)) == {"CALL", "UNWIND"}
    assert kinds(recording).count("CALL") == kinds(recording).count("UNWIND")
    assert recording.values.arguments(0)["n"] == 0


def test_calls_below_the_greatest_depth_have_no_values() -> None:
    @wrap
    def outer(value):
        return collects([value])

    recording = record_with({"max_depth": 1}, outer, "x")

    assert kinds(recording) == ["CALL", "RETURN"]
    assert recording.values.arguments(0) == {"value": "x"}
    assert recording.values.result(0) == ["x"]


def test_every_recorder_has_the_values() -> None:
    recorders = [NativeRecorder(Options(mode="trace"), "wrap") for _ in range(2)]
    for recorder in recorders:
        recorder.start()
    collects([1])
    for recorder in recorders:
        recorder.stop()

    values = [Recording(recorder.capture()).values for recorder in recorders]
    assert [(one.arguments(0)["first"], one.result(0)) for one in values] == [([1], [1])] * 2


def test_recording_that_stops_inside_a_call_ends_without_its_result() -> None:
    recorder = NativeRecorder(Options(mode="trace"), "wrap")

    @wrap
    def stops(items):
        recorder.stop()
        return items

    recorder.start()
    stops([1])

    recording = Recording(recorder.capture())
    assert kinds(recording) == ["CALL"]
    assert recording.values.arguments(0) == {"items": [1]}


def test_bound_method_that_is_wrapped_has_its_object_among_the_arguments() -> None:
    class Cart:
        def add(self, item, *more):
            return item

    recording = record(wrap(Cart().add), "tea", "milk")

    arguments = recording.values.arguments(0)
    assert list(arguments) == ["self", "item", "more"]
    assert (arguments["item"], arguments["more"]) == ("tea", ("milk",))


# Functions in C


def test_function_in_c_has_arguments_and_result_by_the_names_of_its_signature() -> None:
    recording = record(wrap(sorted), [3, 1], reverse=True)

    assert kinds(recording) == ["C_CALL", "C_RETURN"]
    assert recording.values.arguments(0) == {"iterable": [3, 1], "reverse": True}
    assert recording.values.result(0) == [3, 1]


def test_function_in_c_without_a_signature_has_arguments_by_position() -> None:
    recording = record(wrap(max), 1, 2)

    assert recording.values.arguments(0) == {"arg0": 1, "arg1": 2}
    assert recording.values.result(0) == 2


def test_many_arguments_of_a_function_in_c_end_in_a_tuple() -> None:
    recording = record(wrap(max), *range(40))

    arguments = recording.values.arguments(0)
    assert list(arguments) == [*(f"arg{i}" for i in range(16)), "args"]
    assert (arguments["args"].items, arguments["args"].n_items) == (tuple(range(16, 26)), 24)


def test_method_in_c_has_its_object_first_and_what_it_changed() -> None:
    recording = record(wrap([1].append), "it")

    arguments = recording.values.arguments(0)
    assert list(arguments.values()) == [[1], "it"]
    assert list(recording.values.effects(0).values()) == [[1, "it"]]


def test_exception_of_a_function_in_c_is_kept() -> None:
    recording = record(wrap(math.sqrt), -1)

    assert recording.values.exception(0).type_name == "ValueError"
    assert recording.values.locals(0) is None


def test_object_that_can_be_called_has_arguments_by_position() -> None:
    recording = record(wrap(functools.partial(math.pow, 2.0)), 3.0)

    assert recording.values.arguments(0) == {"arg0": 3.0}
    assert recording.values.result(0) == 8.0


def test_keyword_of_a_function_in_c_that_names_a_secret_is_redacted() -> None:
    recording = record(wrap(functools.partial(dict)), token="t" * 40)

    assert str(recording.values.arguments(0)) == "{'token': Redacted(rule='key token')}"


# Generators and coroutines


@wrap
def echoes(value):
    while value is not None:
        value = yield value
    return ["done"]


@wrap
async def ticks(value):
    sent = yield value
    yield [sent]


def test_generator_has_what_it_was_given_yielded_and_sent() -> None:
    def runs():
        generator = echoes("first")
        next(generator)
        generator.send({"a": 1})
        with contextlib.suppress(StopIteration):
            next(generator)

    values = record(runs).values

    assert values.arguments(0) == {"value": "first"}
    assert [values.result_at(1), values.sent_at(2), values.result_at(3), values.sent_at(4)] == [
        "first",
        {"a": 1},
        {"a": 1},
        None,
    ]
    assert values.result_at(5) == ["done"]


def test_generator_that_is_let_go_while_something_is_raised_was_closed() -> None:
    def lets_go():
        generator = echoes("first")
        next(generator)
        raise LookupError

    recording = record(lets_go)

    unwind = kinds(recording).index("UNWIND")
    assert recording.values.exception_at(unwind).type_name == "GeneratorExit"


def test_value_returned_after_a_throw_is_kept() -> None:
    @wrap
    def catches():
        try:
            yield
        except KeyError as error:
            return error.args

    def throws():
        generator = catches()
        next(generator)
        with contextlib.suppress(StopIteration):
            generator.throw(KeyError("k"))

    recording = record(throws)

    assert recording.values.result_at(kinds(recording).index("RETURN")) == ("k",)


def test_asynchronous_generator_has_what_it_yielded_and_was_sent() -> None:
    async def runs():
        generator = ticks(1)
        await generator.__anext__()
        await generator.asend("two")

    recording = record(lambda: asyncio.run(runs()))

    assert kinds(recording)[1:5] == ["CALL", "YIELD", "RESUME", "YIELD"]
    assert [recording.values.result_at(2), recording.values.sent_at(3), recording.values.result_at(4)] == [
        1,
        "two",
        ["two"],
    ]


# References and costs


def test_nothing_of_it_takes_a_reference() -> None:
    thing, options = [1], {"k": [2]}
    before = sys.getrefcount(thing), sys.getrefcount(options)

    record(collects, thing, thing, last=options, other=options)
    record(fails, thing)
    record(wrap(sorted), thing, key=None)
    record(lambda: list(echoes(None)))

    assert (sys.getrefcount(thing), sys.getrefcount(options)) == before


# The tracer


def test_tracer_records_wrapped_functions_by_the_name_of_the_engine() -> None:
    with FunctionTracer(engine="wrap", mode="trace") as tracer:
        collects(wrap(math.sqrt)(4.0))

    assert tracer.format_trace().splitlines() == ["sqrt(x=4.0) → 2.0", "collects(first=2.0, last=None) → 2.0"]


def test_engine_keeps_to_no_budget() -> None:
    with pytest.raises(EngineError, match="'wrap' keeps to no overhead budget"):
        FunctionTracer(engine="wrap", overhead_budget=0.1)

"""Functions of every kind: what they raise is captured, and goes on as it was."""

from __future__ import annotations

import asyncio
import json
import traceback
import unittest

import pytest

from callbox.errors import ConfigError
from callbox.failures import OutputConfig, extract_on_failure
from callbox.failures.catch import problems


class Order:
    def __init__(self, price, token) -> None:
        self.price = price
        self.token = token


@extract_on_failure(include_locals=True)
def sell(order, n=1):
    total = order.price * n
    raise ValueError(f"no {total}")


def last(extractor) -> dict:
    return extractor.failures[-1]


def test_same_exception_reaches_the_caller_with_its_frames(caught) -> None:
    original = ValueError("mine")

    @extract_on_failure
    def fail():
        raise original

    error = caught(fail)

    assert error is original
    assert [frame.name for frame in traceback.extract_tb(error.__traceback__)][-1] == "fail"
    assert (error.__cause__, error.__context__, getattr(error, "__notes__", [])) == (None, None, [])


def test_failure_tells_function_arguments_place_and_locals(extractor, caught) -> None:
    caught(sell, Order(5, "s3cret"), n=2)

    failure = last(extractor)
    frame = failure["exception"]["frames"][-1]
    assert (failure["test_name"], failure["module"]) == ("sell", __name__)
    assert (failure["exception_type"], failure["exception_message"]) == ("ValueError", "no 10")
    assert failure["arguments"] == {"order": "Order(price=5, token='[redacted: key token]')", "n": "2"}
    assert frame["locals"]["total"] == "10"
    assert "raise ValueError" in frame["code"][frame["line"] - frame["first_line"]]
    assert failure["source"].startswith("@extract_on_failure(include_locals=True)\ndef sell(")
    assert failure["traceback"].endswith("ValueError: no 10")


def test_locals_are_kept_only_where_asked_for(extractor, caught) -> None:
    @extract_on_failure
    def fail():
        hidden = 1
        raise ValueError(hidden)

    caught(fail)

    assert last(extractor)["exception"]["frames"][-1]["locals"] is None


def test_plain_assertion_gives_its_locals(extractor, caught) -> None:
    @extract_on_failure(include_locals=True)
    def check():
        found = [1, 2]
        assert found == [3]

    caught(check)

    assert last(extractor)["exception"]["frames"][-1]["locals"] == {"found": "[1, 2]"}


def test_decorated_functions_are_no_variables_of_their_module(extractor, caught) -> None:
    program = "@extract_on_failure\ndef helper(): pass\nnumber = 3\nraise ValueError"
    names = {"extract_on_failure": extract_on_failure}

    @extract_on_failure(include_locals=True)
    def run():
        exec(compile(program, "<program>", "exec"), names)

    caught(run)

    found = last(extractor)["exception"]["frames"][-1]["locals"]
    assert found == {"number": "3"}


def test_coroutine_function_is_watched_until_it_ends(extractor, caught) -> None:
    @extract_on_failure
    async def fetch(url):
        await asyncio.sleep(0)
        raise ConnectionError(url)

    error = caught(lambda: asyncio.run(fetch("there")))

    assert type(error) is ConnectionError
    assert last(extractor)["arguments"] == {"url": "'there'"}


def test_generator_is_watched_and_passes_values_both_ways(extractor, caught) -> None:
    @extract_on_failure
    def echo():
        received = yield 1
        yield received
        raise LookupError("end")

    generator = echo()

    assert [next(generator), generator.send("sent")] == [1, "sent"]
    assert type(caught(next, generator)) is LookupError
    assert last(extractor)["test_name"].endswith("echo")


def test_asynchronous_generator_is_watched(extractor, caught) -> None:
    @extract_on_failure
    async def rows():
        yield 1
        raise LookupError("row")

    async def collect():
        return [row async for row in rows()]

    assert type(caught(asyncio.run, collect())) is LookupError
    assert last(extractor)["exception_message"] == "row"


def test_methods_of_every_kind_are_watched(extractor, caught) -> None:
    class Shop:
        @extract_on_failure
        def own(self):
            raise ValueError("own")

        @extract_on_failure
        @classmethod
        def of_class(cls):
            raise ValueError("class")

        @staticmethod
        @extract_on_failure
        def static():
            raise ValueError("static")

    caught(Shop().own)
    caught(Shop.of_class)
    caught(Shop().static)

    assert [failure["exception_message"] for failure in extractor.failures] == ["own", "class", "static"]


@pytest.mark.parametrize(
    "error",
    [
        *(KeyboardInterrupt(), SystemExit(0), SystemExit(), GeneratorExit()),
        *(SystemExit(False), SystemExit(pytest.ExitCode.OK)),
        *(unittest.SkipTest("later"), asyncio.CancelledError()),
        BaseExceptionGroup("ended", [KeyboardInterrupt(), BaseExceptionGroup("tasks", [asyncio.CancelledError()])]),
    ],
)
def test_what_is_no_failure_is_not_captured(extractor, caught, error) -> None:
    @extract_on_failure
    def stop():
        raise error

    assert caught(stop) is error
    assert extractor.failures == []


def test_outcomes_of_pytest_are_told_apart(extractor, caught) -> None:
    fail, skip = extract_on_failure(pytest.fail), extract_on_failure(pytest.skip)

    caught(fail, "broken")
    caught(skip, "not here")

    assert [failure["exception_message"] for failure in extractor.failures] == ["broken"]


@pytest.mark.parametrize("status", [3, True, "no disk", pytest.ExitCode.TESTS_FAILED])
def test_exit_with_a_code_is_a_failure(extractor, caught, status) -> None:
    caught(extract_on_failure(lambda: (_ for _ in ()).throw(SystemExit(status))))

    assert last(extractor)["exception_type"] == "SystemExit"


def test_group_with_one_failure_is_one(extractor, caught) -> None:
    group = BaseExceptionGroup("ended", [KeyboardInterrupt(), ExceptionGroup("tasks", [ValueError("first")])])

    caught(extract_on_failure(lambda: (_ for _ in ()).throw(group)))

    assert last(extractor)["exception_type"] == "BaseExceptionGroup"


def test_exception_through_two_decorated_functions_is_captured_once(extractor, caught) -> None:
    @extract_on_failure
    def inner():
        raise ValueError("once")

    caught(extract_on_failure(lambda: inner()))

    assert [failure["test_name"].rpartition(".")[2] for failure in extractor.failures] == ["inner"]


def test_wrapper_looks_like_the_function() -> None:
    assert (sell.__name__, sell.__module__, sell.__wrapped__.__code__.co_name) == ("sell", __name__, "sell")


def test_passed_calls_are_counted_unless_production_must_not_pay_for_it(extractor, monkeypatch) -> None:
    @extract_on_failure
    def work():
        return 7

    monkeypatch.setenv("FAILEXTRACT_MODE", "production")
    quiet = extract_on_failure(work.__wrapped__)

    assert (work(), quiet()) == (7, 7)
    assert len(extractor.passed) == 1


def test_class_is_refused() -> None:
    with pytest.raises(ConfigError, match="decorate its methods"):
        extract_on_failure(Order)


def test_unknown_mode_is_refused_with_those_there_are(monkeypatch) -> None:
    monkeypatch.setenv("FAILEXTRACT_MODE", "fast")

    with pytest.raises(ConfigError, match="production, ci, development"):
        extract_on_failure(sell)


def test_report_is_written_where_it_was_asked_for(tmp_path, caught) -> None:
    fail = extract_on_failure(str(tmp_path / "out.md"))(lambda: 1 / 0)

    caught(fail)
    caught(fail)

    assert (tmp_path / "out.md").read_text().startswith("# Failures\n\n2 failures of 1 kind, ")


def test_formatter_of_ones_own_gets_plain_data(tmp_path, caught) -> None:
    config = OutputConfig(tmp_path / "out.txt", custom_formatter=lambda failures: failures[0]["exception_type"])

    caught(extract_on_failure(config)(lambda: 1 / 0))

    assert (tmp_path / "out.txt").read_text() == "ZeroDivisionError"


def test_failure_of_a_capture_is_counted_and_stays_out_of_the_way(caught) -> None:
    before = problems.n_errors
    config = OutputConfig("unused.txt", custom_formatter=lambda failures: 1 / 0)

    error = caught(extract_on_failure(config)({}.popitem))

    assert type(error) is KeyError
    assert problems.n_errors == before + 1


def half(n):
    return n / 2


def nested(depth):
    return [nested(depth - 1)] if depth else []


@pytest.mark.parametrize(
    ("environment", "calls", "variables"),
    [
        *(("", "", None), ("production", "", None), ("ci", "half()", {"text", "deep"})),
        ("development", "half(n=4) → 2.0", {"text", "deep"}),
    ],
)
def test_environment_says_what_is_recorded_before_and_captured(
    extractor, caught, monkeypatch, environment, calls, variables
) -> None:
    from callbox.failures.flight import stop_recorder

    monkeypatch.setenv("CALLBOX_MODE", environment)

    @extract_on_failure
    def work(text):
        deep = nested(25)
        half(len(text) + len(deep))
        json.loads(text)

    caught(work, "{ ]")
    stop_recorder()

    frames = last(extractor)["exception"]["frames"]
    assert (frames[0]["locals"] and set(frames[0]["locals"])) == variables
    assert calls in last(extractor)["calls"]
    assert bool(calls) == bool(last(extractor)["calls"])


@pytest.mark.parametrize(("mode", "functions"), [("profile", []), ("trace", ["loads", "decode"])])
def test_frames_of_the_standard_library_are_kept_as_the_mode_says(
    extractor, caught, monkeypatch, mode, functions
) -> None:
    from callbox.failures.flight import stop_recorder

    monkeypatch.setenv("CALLBOX_MODE", mode)

    @extract_on_failure
    def work(text):
        json.loads(text)

    caught(work, "{ ]")
    stop_recorder()

    found = [frame["function"].rpartition(".")[2] for frame in last(extractor)["exception"]["frames"]]
    assert found == ["work", *functions, "raw_decode"]


def test_values_go_as_deep_as_the_mode_says(extractor, caught, monkeypatch) -> None:
    from callbox.failures.flight import stop_recorder

    monkeypatch.setenv("CALLBOX_MODE", "trace")

    @extract_on_failure
    def work(value):
        raise ValueError

    caught(work, nested(25))
    stop_recorder()

    assert last(extractor)["arguments"]["value"].count("[") == 20


def test_arguments_of_the_decorator_come_before_the_mode(extractor, caught, monkeypatch) -> None:
    monkeypatch.setenv("CALLBOX_MODE", "static")

    @extract_on_failure(include_locals=True, max_depth=2)
    def work(value):
        raise ValueError

    caught(work, nested(5))

    assert last(extractor)["exception"]["frames"][-1]["locals"] == {"value": "[[…]]"}


def test_modes_with_a_recorder_tell_the_last_calls(extractor, caught, monkeypatch) -> None:
    from callbox.failures.flight import stop_recorder

    monkeypatch.setenv("FAILEXTRACT_MODE", "development")

    @extract_on_failure
    def work(n):
        half(n)
        raise ValueError(n)

    caught(work, 5)
    stop_recorder()

    calls = last(extractor)["calls"]
    assert "half(n=5) → 2.5" in calls
    assert "work(n=5) ✗ ValueError(5)" in calls
    assert "callbox.failures" not in calls

"""The one extractor of a process: limits, counts, store."""

from __future__ import annotations

import json

import pytest

from callbox.errors import ConfigError
from callbox.failures import FailureExtractor, OutputConfig


def test_there_is_one_of_it(extractor) -> None:
    assert FailureExtractor() is extractor


def test_newest_are_kept_beyond_the_limits(extractor) -> None:
    extractor.set_memory_limits(max_failures=2, max_passed=1)
    for number in range(3):
        extractor.add_failure({"test_name": f"t{number}"})
        extractor.add_passed(f"p{number}")

    assert [failure["test_name"] for failure in extractor.failures] == ["t1", "t2"]
    assert [passed["test_name"] for passed in extractor.passed] == ["p2"]
    assert extractor.get_stats() == {
        "failures_count": 2,
        "passed_count": 1,
        "total_count": 3,
        "max_failures_limit": 2,
        "max_passed_limit": 1,
        "failures_at_limit": True,
        "passed_at_limit": True,
    }


def test_limits_have_defaults_that_can_be_divided_by(extractor) -> None:
    assert extractor.get_memory_limits() == {"max_failures": 1000, "max_passed": 500}


def test_clear_keeps_limits_and_reset_does_not(extractor) -> None:
    extractor.set_memory_limits(max_failures=5)
    extractor.add_failure({"test_name": "t"})

    extractor.clear()
    assert (extractor.failures, extractor.get_memory_limits()["max_failures"]) == ([], 5)

    extractor.reset()
    assert extractor.get_memory_limits()["max_failures"] == 1000


@pytest.mark.parametrize("limit", [0, -1, 1.5, "5"])
def test_limit_that_keeps_nothing_is_refused(extractor, limit) -> None:
    with pytest.raises(ConfigError, match="max_failures"):
        extractor.set_memory_limits(max_failures=limit)


def test_failure_by_hand_keeps_what_it_does_not_know_as_metadata(extractor) -> None:
    extractor.add_failure({"test_name": "t", "line": "no number", "severity": "high", "arguments": {"a": "1"}})

    failure = extractor.failures[0]
    assert (failure["arguments"], failure["line"]) == ({"a": "1"}, 0)
    assert failure["metadata"] == {"line": "no number", "severity": "high"}


def test_failure_by_hand_is_kept_without_its_secrets_and_with_anything_as_metadata(extractor, history) -> None:
    loop: list[object] = []
    loop.append(loop)
    extractor.add_failure({"test_name": "t[token=n0-place-t0-hide]", "password": "n0-place-t0-hide", "loop": loop})
    extractor.add_passed({"test_name": "p", "arguments": {"api_key": "n0-place-t0-hide"}})
    extractor.flush()

    [failure], [passed] = history.failures(), history.passed()
    assert failure.test_name == "t[token=[redacted: key token]]"
    assert failure.metadata == {"password": "[redacted: key password]", "loop": "[<cycle>]"}
    assert passed.arguments == {"api_key": "[redacted: key apikey]"}


@pytest.mark.parametrize("timestamp", [1e20, 1_700_000_000_000, float("nan"), -1.0, "today"])
def test_time_that_is_none_is_no_timestamp(extractor, history, timestamp) -> None:
    extractor.add_failure({"test_name": "t", "timestamp": timestamp})
    extractor.add_passed({"test_name": "p", "timestamp": timestamp})
    extractor.flush()

    [failure], [passed] = history.failures(), history.passed()
    assert json.loads(json.dumps(failure.metadata, allow_nan=False))["timestamp"] in (timestamp, str(timestamp))
    assert 0 < failure.timestamp < 1e11
    assert 0 < passed.timestamp < 1e11


def test_passed_test_by_hand_is_kept_with_arguments_of_any_kind_and_read_again(extractor, history) -> None:
    extractor.add_passed({"test_name": "p", "arguments": {"n": 1, "names": ["a"]}, "duration": "long", "module": None})
    extractor.flush()

    [passed] = history.passed()
    assert (passed.arguments, passed.duration, passed.module) == ({"n": "1", "names": "['a']"}, None, "")


def test_report_is_of_what_is_kept(extractor, tmp_path) -> None:
    extractor.add_failure({"test_name": "t"})
    extractor.add_passed({"test_name": "p", "duration": 0.5})

    path = extractor.save_report(OutputConfig(tmp_path / "r.json", include_passed=True))

    report = json.loads(path.read_text())
    assert [failure["test_name"] for failure in report["failures"]] == ["t"]
    assert [(passed["test_name"], passed["duration"]) for passed in report["passed"]] == [("p", 0.5)]


def test_failures_reach_the_store(extractor, history) -> None:
    extractor.add_failure({"test_name": "t"})
    extractor.add_passed("p")
    extractor.flush()

    assert [failure.test_name for failure in history.failures()] == ["t"]
    assert [passed.test_name for passed in history.passed()] == ["p"]


def test_nothing_is_stored_where_that_is_switched_off(extractor, history) -> None:
    extractor.persist = False
    extractor.add_failure({"test_name": "t"})

    assert not history.path.exists()


def test_store_that_cannot_be_written_is_a_problem_and_no_error(extractor, history) -> None:
    history.path.parent.parent.mkdir(exist_ok=True)
    history.path.parent.write_text("a file in the folder's place")

    extractor.add_failure({"test_name": "t"})

    assert "cannot write" in extractor.problem
    assert len(extractor.failures) == 1

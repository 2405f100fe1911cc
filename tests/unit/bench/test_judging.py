"""Verdicts on runs, with comparisons made up."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from callbox.bench.judging import Judge, judge_capture
from callbox.bench.model import (
    ENTRY_FORMAT,
    Benchmark,
    Case,
    Entry,
    Origin,
    Part,
    Run,
    Source,
    Status,
    Verdict,
)
from callbox.bench.wire import Compared
from callbox.errors import FormatError

CASE = Case(Benchmark("a.time_x", "time", "benchmarks.a", version="1"), 0)
ORIGIN = Origin("2026-01-01", "", False, "3.11", "Linux", {}, 1, 0, "2024-02-29")
PART = Part("result", "d1", 10)
RUN = Run(Status.OK, parts=(PART,), callees=("shop.f",), n_calls=(100, 100), sources=(Source("shop", "shop.py", "1"),))
ENTRY = Entry(
    *("a.time_x", "a.time_x", "1", Verdict.CAPTURED, ORIGIN, ENTRY_FORMAT),
    parts=(PART,),
    callees=("shop.f",),
    n_calls=(100, 100),
    sources=RUN.sources,
)


def never(*_args) -> Compared:
    raise AssertionError("equal digests need no comparison")


def differing(*_args) -> Compared:
    return Compared((("result[0]", "result[0]: 1 != 2"),), 1)


def test_equal_digests_are_verified_without_a_comparison() -> None:
    assert Judge(never).judge(CASE, RUN, ENTRY).verdict is Verdict.VERIFIED


def test_different_digests_within_the_rules_are_verified() -> None:
    run = replace(RUN, parts=(replace(PART, digest="d2"),))

    assert Judge(lambda *_: Compared()).judge(CASE, run, ENTRY).verdict is Verdict.VERIFIED


def test_difference_is_a_mismatch_with_its_path() -> None:
    finding = Judge(differing).judge(CASE, replace(RUN, parts=(replace(PART, digest="d2"),)), ENTRY)

    assert (finding.verdict, finding.differences, finding.n_differences) == (
        Verdict.MISMATCH,
        ("result[0]: 1 != 2",),
        1,
    )


def test_difference_in_what_holds_a_secret_shows_nothing_of_it() -> None:
    run = replace(RUN, parts=(replace(PART, digest="d2", secret="what stands under 'token' looks like a secret"),))

    finding = Judge(never).judge(CASE, run, ENTRY)

    assert finding.verdict is Verdict.MISMATCH
    assert finding.reason.startswith("result: it differs, by its hash, which alone is kept: what stands under 'token'")


@pytest.mark.parametrize(
    ("parts", "text"),
    [((), "result: is not computed any more"), ((Part("result", refused="it is a lock"),), "result: it is a lock")],
)
def test_part_that_is_gone_is_a_mismatch(parts, text) -> None:
    finding = Judge(never).judge(CASE, replace(RUN, parts=parts), ENTRY)

    assert (finding.verdict, finding.differences) == (Verdict.MISMATCH, (text,))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"callees": ()}, "it no longer calls shop.f"),
        ({"n_calls": (100, 1)}, "its second execution in one process makes 1 calls after 100"),
        ({"sources": (Source("shop", "site-packages/shop.py", "1"),)}, "shop is imported from site-packages/shop.py"),
    ],
)
def test_equal_result_from_elsewhere_is_suspicious(changes, reason) -> None:
    finding = Judge(never).judge(CASE, replace(RUN, **changes), ENTRY)

    assert finding.verdict is Verdict.SUSPICIOUS
    assert finding.reason.startswith(reason)


def test_memory_that_was_there_at_capture_is_not_suspicious() -> None:
    finding = Judge(never).judge(CASE, replace(RUN, n_calls=(100, 1)), replace(ENTRY, n_calls=(100, 1)))

    assert finding.verdict is Verdict.VERIFIED


@pytest.mark.parametrize(
    "verdict", [Verdict.VACUOUS, Verdict.UNSTABLE, Verdict.UNSUPPORTED], ids=lambda verdict: verdict.value
)
def test_baseline_that_tells_nothing_is_never_verified(verdict) -> None:
    finding = Judge(never).judge(CASE, RUN, replace(ENTRY, verdict=verdict, reason="why"))

    assert (finding.verdict, finding.reason) == (verdict, "why")


@pytest.mark.parametrize("status", [Status.FAILED, Status.TIMEOUT, Status.SKIPPED], ids=lambda status: status.value)
def test_run_without_a_result_has_its_own_verdict(status) -> None:
    finding = Judge(never).judge(CASE, Run(status, "why"), ENTRY)

    assert (finding.verdict.value, finding.reason) == (status.value, "why")


def test_damaged_baseline_is_missing() -> None:
    def damaged(*_args) -> Compared:
        raise FormatError("blob d1 is damaged")

    finding = Judge(damaged).judge(CASE, replace(RUN, parts=(replace(PART, digest="d2"),)), ENTRY)

    assert (finding.verdict, finding.reason) == (Verdict.MISSING, "blob d1 is damaged")


def test_paths_that_differ_between_two_runs_are_masked() -> None:
    other = replace(RUN, parts=(replace(PART, digest="d2"),))

    entry = judge_capture(CASE, RUN, other, ORIGIN, differing)

    assert (entry.verdict, entry.unstable) == (Verdict.CAPTURED, ("result[0]",))


def test_case_of_which_nothing_is_stable_is_unstable() -> None:
    other = replace(RUN, parts=(replace(PART, digest="d2"),))

    entry = judge_capture(CASE, RUN, other, ORIGIN, lambda *_: Compared((("result", "result: 1 != 2"),), 1))

    assert (entry.verdict, entry.unstable) == (Verdict.UNSTABLE, ("result",))


def test_case_that_computes_nothing_is_vacuous() -> None:
    run = replace(RUN, parts=())

    assert judge_capture(CASE, run, run, ORIGIN, never).verdict is Verdict.VACUOUS


def test_lines_are_those_of_the_function_wherever_it_stands_in_its_file() -> None:
    entry = replace(
        ENTRY, line=10, parts=(Part("line 12", "d1"), Part("line 13", "d2")), unstable=("line 13[0]", "self.line 12")
    )
    run = replace(RUN, parts=(Part("line 15", "d1"), Part("line 16", "d3")))
    case = Case(replace(CASE.benchmark, line=13), 0)
    asked = []

    finding = Judge(lambda *order: asked.append(order) or differing()).judge(case, run, entry)

    assert finding.unstable == ("line 16[0]", "self.line 12")
    assert [(mine.name, theirs.name, ignored) for mine, theirs, ignored in asked] == [
        ("line 16", "line 16", ("line 16[0]", "self.line 12"))
    ]

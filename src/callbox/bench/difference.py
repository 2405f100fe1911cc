"""Two sets of snapshots, compared without running anything."""

from __future__ import annotations

from callbox.bench.campaign import by_name
from callbox.bench.comparing import compare_encoded, rules_data
from callbox.bench.judging import Judge
from callbox.bench.model import Benchmark, Case, Entry, Finding, Part, Run, Status, Verdict
from callbox.bench.snapshots import Snapshots
from callbox.bench.tolerance import Tolerance, Tolerances
from callbox.bench.wire import Compared, CompareOrder

_TIMEOUT_S = 60.0


def compare_snapshots(before: Snapshots, after: Snapshots, pattern: str, tolerances: Tolerances) -> list[Finding]:
    """Compare what two captures kept of each case.

    Values of the project's own classes are compared only if they are equal byte for byte, or the project can be
    imported here.
    """
    is_chosen = by_name(pattern)
    old = {i: e for i, e in before.entries().items() if is_chosen(e.benchmark)}
    new = {i: e for i, e in after.entries().items() if is_chosen(e.benchmark)}
    findings = []
    for case_id in sorted(old.keys() | new.keys()):
        entry, other = old.get(case_id), new.get(case_id)
        if other is None or entry is None:
            where = "after" if other is None else "before"
            name = (entry or other).benchmark  # type: ignore[union-attr]
            findings.append(Finding(case_id, name, Verdict.MISSING, f"it is not among the snapshots {where}"))
        elif other.verdict is not Verdict.CAPTURED:
            findings.append(Finding(case_id, other.benchmark, other.verdict, other.reason))
        else:
            judge = _judge_of(before, after, tolerances.of(entry.benchmark))
            findings.append(judge.judge(_case_of(other), _run_of(other), entry))
    return findings


def _judge_of(before: Snapshots, after: Snapshots, tolerance: Tolerance) -> Judge:
    def compare(actual: Part, expected: Part, ignored: tuple[str, ...]) -> Compared:
        data = after.blob(actual.digest), before.blob(expected.digest)
        rules = rules_data(tolerance.rtol, tolerance.atol, tolerance.equal_nan, ignored)
        return compare_encoded(CompareOrder(actual.name, *data, rules, _TIMEOUT_S))

    return Judge(compare, tolerance.equal_nan)


def _case_of(entry: Entry) -> Case:
    return Case(Benchmark(entry.id, "", "", version=entry.version, line=entry.line), 0)


def _run_of(entry: Entry) -> Run:
    return Run(Status.OK, "", entry.parts, entry.callees, entry.n_calls, entry.sources)

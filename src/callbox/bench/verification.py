"""Capture and verification of a suite against the snapshots at a location."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path

import msgspec

from callbox.bench.campaign import Batch, Comparer, batches, run_all, run_batch
from callbox.bench.explain import explain_divergence
from callbox.bench.judging import Judge, judge_capture
from callbox.bench.limits import Settings
from callbox.bench.model import WRONG, BrokenModule, Case, Entry, Finding, Part, Run, Verdict
from callbox.bench.origin import describe_origin
from callbox.bench.parts import digest_of
from callbox.bench.snapshots import Snapshots, stem_of
from callbox.bench.suite import Suite
from callbox.bench.tolerance import Tolerance, Tolerances
from callbox.bench.wire import Compared
from callbox.errors import FormatError
from callbox.store.location import open_location
from callbox.store.project import find_store


class Plan(msgspec.Struct, frozen=True):
    """What is to be captured or verified, and how.

    Attributes:
        suite: where.
        cases: which.
        settings: of the processes.
        pickled: globs of classes whose instances may be pickled.
    """

    suite: Suite
    cases: tuple[Case, ...]
    settings: Settings
    pickled: tuple[str, ...] = ()

    def key(self) -> dict[str, str]:
        """Return what two captures must share for one to go on where the other was interrupted."""
        versions = "\n".join(f"{case.id} {case.benchmark.version}" for case in self.cases)
        return {
            "cases": hashlib.blake2b(versions.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest(),
            "settings": msgspec.json.encode(self.settings).decode(),
            "pickled": " ".join(self.pickled),
        }


def capture(plan: Plan, snapshots: Snapshots, executor: Executor, *, is_fresh: bool = False) -> Iterator[Finding]:
    """Run each case in two processes and keep what it computed; findings come as cases are done.

    A capture that was interrupted is gone on with, unless `is_fresh`; the cases that it
    has done come first.
    """
    snapshots.create()
    folder = Path(plan.suite.project_root or plan.suite.root)
    origin = describe_origin(folder, plan.settings, plan.suite.project)
    key = {**plan.key(), "commit": origin.commit, "dirty": str(origin.is_dirty)}
    done = {} if is_fresh else snapshots.begun(key)
    if not done:
        snapshots.mark_unfinished(key, origin.taken_at)
    for entry in done.values():
        yield finding_of(entry)
    left = [case for case in plan.cases if case.id not in done]
    template = Batch(plan.suite, "", (), plan.settings, n_runs=2, pickled=plan.pickled)
    comparer = Comparer(plan.suite, plan.settings)
    try:
        for results in run_all(batches(left, template), executor):
            for case, (first, second) in results:
                compare = _in_module(comparer, case.benchmark.module)
                entry = judge_capture(case, first, second, origin, compare)
                found = finding_of(_keep(snapshots, entry, first))
                yield msgspec.structs.replace(found, seconds=first.seconds)
    finally:
        comparer.close()
    snapshots.mark_finished()


def verify(plan: Plan, snapshots: Snapshots, tolerances: Tolerances, executor: Executor) -> Iterator[Finding]:
    """Run each case once and compare what it computes with the snapshot; findings come as cases are done."""
    entries: dict[str, Entry | str] = {}
    for case in plan.cases:
        try:
            found = snapshots.find(case.id)
        except FormatError as error:
            entries[case.id] = str(error)
            continue
        if found is not None:
            entries[case.id] = found
    known = {
        case_id: tuple(part.digest for part in entry.parts)
        for case_id, entry in entries.items()
        if isinstance(entry, Entry)
    }
    template = Batch(plan.suite, "", (), plan.settings, pickled=plan.pickled, known=known)
    comparer = Comparer(plan.suite, plan.settings)
    try:
        for results in run_all(batches(plan.cases, template), executor):
            for case, (run,) in results:
                entry = entries.get(case.id)
                if isinstance(entry, str):
                    yield Finding(case.id, case.benchmark.name, Verdict.MISSING, entry)
                    continue
                tolerance = tolerances.of(case.benchmark.name)
                compare = _with_snapshot(comparer, case.benchmark.module, snapshots, tolerance)
                judge = Judge(compare, tolerance.equal_nan)
                yield judge.judge(case, run, entry)
    finally:
        comparer.close()


def finding_of(entry: Entry) -> Finding:
    """Return what a capture says of a case."""
    notes = tuple(part.refused for part in entry.parts if part.refused and part.refused != entry.reason)
    return Finding(entry.id, entry.benchmark, entry.verdict, entry.reason, unstable=entry.unstable, notes=notes)


def _keep(snapshots: Snapshots, entry: Entry, run: Run) -> Entry:
    blobs = {part.digest: part.data for part in run.parts if part.data and not part.secret}
    if run.trace:
        entry = msgspec.structs.replace(entry, trace=digest_of(run.trace))
        blobs[entry.trace] = run.trace
    snapshots.put(entry, blobs)
    return entry


def _in_module(comparer: Comparer, module: str) -> Callable[[Part, Part, tuple[str, ...]], Compared]:
    """Compare two runs of the same code: exactly."""
    exact = Tolerance(0.0, 0.0)

    def compare(actual: Part, expected: Part, ignored: tuple[str, ...]) -> Compared:
        return comparer.compare(module, (actual.name, actual.data, expected.data), exact, ignored)

    return compare


def _with_snapshot(
    comparer: Comparer, module: str, snapshots: Snapshots, tolerance: Tolerance
) -> Callable[[Part, Part, tuple[str, ...]], Compared]:
    """Compare a run with what a snapshot keeps."""

    def compare(actual: Part, expected: Part, ignored: tuple[str, ...]) -> Compared:
        data = snapshots.blob(expected.digest)
        # of an equal value the encoding was not sent again
        return comparer.compare(module, (actual.name, actual.data or data, data), tolerance, ignored)

    return compare


def explained(plan: Plan, snapshots: Snapshots, findings: Sequence[Finding]) -> list[Finding]:
    """Run what mismatched once more, recording its calls, and add the first call that diverged to its notes.

    The recordings of both runs are kept in the project's `.callbox/bench`, to be looked at.
    """
    folder = find_store("bench")
    settings = msgspec.structs.replace(plan.settings, with_trace=True)
    by_id = {case.id: case for case in plan.cases}
    result = []
    for finding in findings:
        if finding.verdict is not Verdict.MISMATCH:
            result.append(finding)
            continue
        entry = snapshots.find(finding.id)
        boxes: tuple[str, ...] = ()
        if entry is None or not entry.trace:
            note = "captured without its calls: `callbox bench capture --trace` keeps them for --explain"
        else:
            case = by_id[finding.id]
            batch = Batch(plan.suite, case.benchmark.module, (case,), settings, pickled=plan.pickled)
            ((_, (run,)),) = run_batch(batch)
            note = run.reason
            if run.trace:
                captured = snapshots.blob(entry.trace)
                note = explain_divergence(run.trace, captured)
                boxes = _keep_boxes(folder, finding.id, {"captured": captured, "verified": run.trace})
        result.append(msgspec.structs.replace(finding, notes=(note, *finding.notes), boxes=boxes))
    return result


def _keep_boxes(folder: Path, case_id: str, boxes: Mapping[str, bytes]) -> tuple[str, ...]:
    """Write recordings of a case beside each other, and return their paths as the working folder sees them."""
    location = open_location(str(folder))
    names = {f"{stem_of(case_id)}.{what}.cbx": box for what, box in boxes.items()}
    for name, box in names.items():
        location.write(name, box)
    here = Path.cwd()
    paths = [folder / name for name in names]
    return tuple(str(path.relative_to(here) if path.is_relative_to(here) else path) for path in paths)


def exit_code_of(findings: Sequence[Finding], broken: Sequence[BrokenModule] = ()) -> int:
    """Return 0 if something is verified and nothing wrong, 1 if something is wrong, 5 if nothing could be told."""
    verdicts = {finding.verdict for finding in findings}
    if broken or verdicts & WRONG:
        return 1
    return 0 if verdicts & {Verdict.VERIFIED, Verdict.CAPTURED} else 5

"""Verdicts: what two runs at capture, or a run and a snapshot, say of a case."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from msgspec.structs import replace

from callbox.bench.model import ENTRY_FORMAT, Benchmark, Case, Entry, Finding, Origin, Part, Run, Status, Verdict
from callbox.bench.wire import Compared
from callbox.errors import FormatError

Compare = Callable[[Part, Part, tuple[str, ...]], Compared]
"""Called with the actual part, the expected one and paths to leave out."""

_LINE = re.compile(r"^line (\d+)")
_MEMOISED_SHARE = 0.5
_MIN_CALLS = 10
_MAX_DIFFERENCES = 20
_STATUS_VERDICTS = {
    Status.FAILED: Verdict.FAILED,
    Status.TIMEOUT: Verdict.TIMEOUT,
    Status.SKIPPED: Verdict.SKIPPED,
}


def judge_capture(case: Case, first: Run, second: Run, origin: Origin, compare: Compare) -> Entry:
    """Return what to keep of a case that was run in two processes.

    Paths that differ between the runs are unstable, and not compared later; a case
    is unstable when whole parts are, and nothing else is left.
    """
    benchmark: Benchmark = case.benchmark
    bad = next((run for run in (first, second) if run.status is not Status.OK), None)
    if bad is not None:
        verdict = _STATUS_VERDICTS[bad.status]
        return Entry(case.id, benchmark.name, benchmark.version, verdict, origin, ENTRY_FORMAT, reason=bad.reason)
    unstable, stable_parts = _find_unstable(first, second, compare)
    parts = [part for part in first.parts if part.digest]
    verdict, reason = Verdict.CAPTURED, ""
    if not first.parts:
        verdict, reason = Verdict.VACUOUS, "it returns, keeps, changes and prints nothing"
    elif not parts:
        verdict, reason = Verdict.UNSUPPORTED, first.parts[0].refused
    elif not stable_parts:
        verdict, reason = Verdict.UNSTABLE, f"two runs of the same code differ: {', '.join(unstable[:3])}"
    return Entry(
        *(case.id, benchmark.name, benchmark.version, verdict, origin, ENTRY_FORMAT),
        reason=reason,
        parts=first.parts,
        unstable=tuple(unstable),
        callees=first.callees,
        n_calls=(first.n_calls[0], second.n_calls[1]),
        sources=first.sources,
        line=benchmark.line,
    )


def _find_unstable(first: Run, second: Run, compare: Compare) -> tuple[list[str], list[str]]:
    """Return the paths that differ between two runs, and the names of parts that are not unstable as a whole."""
    others = {part.name: part for part in second.parts}
    unstable: list[str] = []
    stable = []
    for part in first.parts:
        other = others.get(part.name)
        if not part.digest:
            continue
        if other is None or not other.digest:
            unstable.append(part.name)
        elif part.digest == other.digest:
            stable.append(part.name)
        else:
            found = compare(part, other, ())
            paths = [path for path, _ in found.differences]
            if found.problem or part.secret or found.n_differences > len(paths) or part.name in paths:
                unstable.append(part.name)
            else:
                unstable += paths
                stable.append(part.name)
    return unstable, stable


@dataclass(frozen=True)
class Judge:
    """Compares runs of today with snapshots.

    Attributes:
        compare: compares two values.
        equal_nan: values are equal whose encodings are; else those may hold a NaN, which equals nothing.
    """

    compare: Compare
    equal_nan: bool = True

    def judge(self, case: Case, run: Run, entry: Entry | None) -> Finding:
        """Return the verdict on a case; `VERIFIED` only if something was compared, and all of it is equal."""
        found = Finding(case.id, case.benchmark.name, Verdict.MISSING, seconds=run.seconds)
        if run.status is not Status.OK:
            return replace(found, verdict=_STATUS_VERDICTS[run.status], reason=run.reason)
        if entry is None:
            return replace(found, reason="nothing was captured of it: run `callbox bench capture`")
        if entry.verdict in _STATUS_VERDICTS.values():
            return replace(found, reason=f"when it was captured it was {entry.verdict}: {entry.reason}")
        if entry.verdict is not Verdict.CAPTURED:
            return replace(found, verdict=entry.verdict, reason=entry.reason)
        return self._judge_values(case, run, entry, found)

    def _judge_values(self, case: Case, run: Run, entry: Entry, found: Finding) -> Finding:
        entry = _moved(entry, case.benchmark.line)
        try:
            differences, n_differences = self._differences(run, entry)
        except FormatError as error:
            return replace(found, reason=str(error))
        found = replace(found, notes=tuple(_notes(run, entry)), unstable=entry.unstable)
        if n_differences:
            return replace(
                found,
                verdict=Verdict.MISMATCH,
                reason=differences[0] if differences else "",
                differences=tuple(differences[:_MAX_DIFFERENCES]),
                n_differences=n_differences,
            )
        doubts = _doubts(case, run, entry)
        if doubts:
            return replace(found, verdict=Verdict.SUSPICIOUS, reason=doubts[0], notes=(*doubts[1:], *found.notes))
        return replace(found, verdict=Verdict.VERIFIED)

    def _differences(self, run: Run, entry: Entry) -> tuple[list[str], int]:
        actual = {part.name: part for part in run.parts}
        differences: list[str] = []
        n_differences = 0
        for part in entry.parts:
            if not part.digest or part.name in entry.unstable:
                continue
            mine = actual.get(part.name)
            if mine is None:
                differences.append(f"{part.name}: is not computed any more")
                n_differences += 1
            elif not mine.digest:
                differences.append(f"{part.name}: {mine.refused}")
                n_differences += 1
            elif mine.digest != part.digest and (secret := part.secret or mine.secret):
                differences.append(f"{part.name}: it differs, by its hash, which alone is kept: {secret}")
                n_differences += 1
            elif mine.digest != part.digest or not (self.equal_nan or part.secret):
                found = self.compare(mine, part, entry.unstable)
                differences += [found.problem] if found.problem else [text for _, text in found.differences]
                n_differences += 1 if found.problem else found.n_differences
        return differences, n_differences


def _moved(entry: Entry, line: int) -> Entry:
    """Return an entry whose values are named by the lines of today: what stands above the function may have changed."""
    n_lines = line - entry.line
    if not (line and entry.line and n_lines):
        return entry

    def renamed(name: str) -> str:
        return _LINE.sub(lambda found: f"line {int(found[1]) + n_lines}", name)

    parts = tuple(replace(part, name=renamed(part.name)) for part in entry.parts)
    return replace(entry, parts=parts, unstable=tuple(map(renamed, entry.unstable)))


def _doubts(case: Case, run: Run, entry: Entry) -> list[str]:
    """Say what makes an equal result hard to believe."""
    doubts = []
    if case.benchmark.version != entry.version:
        doubts.append("the benchmark itself has changed since it was captured: restore it, or capture again")
    lost = sorted(set(entry.callees) - set(run.callees))
    if lost:
        doubts.append(f"it no longer calls {', '.join(lost[:3])}, which it called when it was captured")
    if _is_memoised(run.n_calls) and not _is_memoised(entry.n_calls):
        doubts.append(
            f"its second execution in one process makes {run.n_calls[1]:,} calls after {run.n_calls[0]:,}; "
            f"when it was captured, {entry.n_calls[1]:,} after {entry.n_calls[0]:,}: the answer seems to be remembered"
        )
    mine = {source.module: source for source in run.sources}
    for source in entry.sources:
        now = mine.get(source.module)
        if now is not None and now.path != source.path:
            doubts.append(f"{source.module} is imported from {now.path}; when it was captured, from {source.path}")
            break
    return doubts


def _is_memoised(n_calls: tuple[int, int]) -> bool:
    first, second = n_calls
    return second >= 0 and first >= _MIN_CALLS and second < first * _MEMOISED_SHARE


def _notes(run: Run, entry: Entry) -> list[str]:
    notes = []
    if run.sources and entry.sources and {s.sha256 for s in run.sources} == {s.sha256 for s in entry.sources}:
        notes.append("the code under test is the same as when it was captured")
    refused = [part.name for part in entry.parts if part.refused]
    if refused:
        notes.append(f"not compared, for they cannot be encoded: {', '.join(refused[:3])}")
    if entry.unstable:
        notes.append(f"not compared, for they differ from run to run: {', '.join(entry.unstable[:3])}")
    return notes

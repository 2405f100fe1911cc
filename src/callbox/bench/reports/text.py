"""Findings as lines for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from callbox.bench.model import UNKNOWN, WRONG, BrokenModule, Finding, Verdict

_MAX_SHOWN = 5


def summary(findings: Iterable[Finding], broken: Sequence[BrokenModule] = ()) -> str:
    """Count the verdicts in one line, in the order of `Verdict`."""
    counts = Counter(finding.verdict for finding in findings)
    words = [f"{counts[verdict]:,} {verdict}" for verdict in Verdict if counts[verdict]]
    if broken:
        words.append(f"{len(broken):,} broken module{'s' if len(broken) > 1 else ''}")
    return ", ".join(words) or "nothing"


def lines_of(finding: Finding, *, is_verbose: bool = False) -> list[str]:
    """Describe a finding: one line, and below it the first differences."""
    lines = [f"{finding.verdict:<11}  {finding.id}"]
    if finding.differences:
        lines += [f"    {text}" for text in finding.differences[:_MAX_SHOWN]]
        n_more = finding.n_differences - min(len(finding.differences), _MAX_SHOWN)
        if n_more > 0:
            lines.append(f"    ... and {n_more:,} more difference{'s' if n_more > 1 else ''}")
    elif finding.reason:
        lines.append(f"    {finding.reason}")
    if is_verbose or finding.verdict in WRONG:
        lines += [f"    note: {note}" for note in finding.remarks]
    return lines


def is_worth_showing(finding: Finding, *, is_verbose: bool, is_quiet: bool) -> bool:
    """Say whether a finding is to be shown: what is wrong always, what is fine only when asked for."""
    if is_verbose or finding.verdict in WRONG:
        return True
    return not is_quiet and finding.verdict in UNKNOWN

"""Choosing between cases of one function: those that show the most different behaviour come first."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

from callbox.testgen.case import Case


def choose(cases: Sequence[Case], lines: Mapping[int, frozenset[tuple[str, int]]], limit: int) -> list[Case]:
    """Return at most `limit` cases, the one that adds most first; 0 for all.

    A case adds lines that it runs, ways to go through the function (its set of lines),
    shapes of arguments and kinds of outcome. Among equals the shorter one is taken.

    Args:
        cases: of one function.
        lines: what each case ran, by id.
        limit: how many to choose.
    """
    waiting = sorted(cases, key=lambda case: (case.order, case.body))
    features = {case.id: _features(case, lines.get(case.id, frozenset())) for case in waiting}
    seen: set[Hashable] = set()
    chosen: list[Case] = []
    while waiting and (limit == 0 or len(chosen) < limit):
        best = max(waiting, key=lambda case: len(features[case.id] - seen))
        waiting.remove(best)
        seen |= features[best.id]
        chosen.append(best)
    return chosen


def _features(case: Case, lines: frozenset[tuple[str, int]]) -> set[Hashable]:
    return {*lines, ("way", lines), *(("behaviour", part) for part in case.behaviour), ("test", case.test_name)}

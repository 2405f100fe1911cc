"""How two recordings differ: calls added, removed, moved and changed, counts, times."""

from __future__ import annotations

import shlex
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from callbox.model import Outcome
from callbox.recording.digests import digest_events
from callbox.render.difference import CountChange, Report, Side, TimeChange, ValueChange
from callbox.render.text import call_label, function_label, printable
from callbox.tracing.align import align
from callbox.tracing.forest import share_labels
from callbox.tracing.merged import Change, Marks, Party, merge_lines
from callbox.tracing.timing import Times, find_time_changes
from callbox.values.divergence import find_divergence

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from callbox.recording import Recording
    from callbox.tracing.align import Alignment
    from callbox.tracing.forest import Forest

_TEXT_CHARS = 1 << 14
"""How much of a value's text is compared: more than a frozen value may hold."""
_MAX_PATH = 12
"""How many callers of a call are named."""
_MIX = np.uint64(0x9E3779B97F4A7C15)
_NO_END = (Outcome.OPEN, Outcome.LOST, Outcome.CUT)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What to compare.

    Attributes:
        with_values: arguments, results and exceptions, where both recordings have them.
        with_times: times of functions.
        max_lines: lines of the tree of differences.
    """

    with_values: bool = True
    with_times: bool = True
    max_lines: int = 200


def compare_recordings(
    before: Recording, after: Recording, names: tuple[str, str], comparison: Comparison = Comparison()
) -> Report:
    """Say how two recordings differ.

    Args:
        before: one recording.
        after: the other.
        names: what to call them.
        comparison: what to compare.
    """
    return _Comparer(before, after, comparison).report(names)


class _Comparer:
    def __init__(self, before: Recording, after: Recording, comparison: Comparison) -> None:
        self._recordings = before, after
        self._trees = before.tree, after.tree
        self._comparison = comparison
        self._has_values = comparison.with_values and before.values is not None and after.values is not None

    @cached_property
    def _digests(self) -> tuple[tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.bool_]], ...]:
        """For either side and each call: what stands for its arguments, for its end, and whether both are known."""
        found = []
        for recording in self._recordings:
            assert recording.values is not None
            events = digest_events(recording.values, max_chars=_TEXT_CHARS)
            first, last = (recording.tree.calls[field] for field in ("first_event", "last_event"))
            known = events.is_known[first] & events.is_known[last]
            found.append((events.digests[first], events.digests[last], known))
        return tuple(found)

    @cached_property
    def _forests(self) -> tuple[Forest, Forest]:
        if not self._has_values:
            return share_labels(*self._trees)
        before, after = (arguments * _MIX ^ end for arguments, end, _ in self._digests)
        return share_labels(*self._trees, (before, after))

    @cached_property
    def _alignment(self) -> Alignment:
        return align(*self._forests)

    @cached_property
    def _changed(self) -> NDArray[np.bool_]:
        """Mark the calls of the second recording that have other values, or another outcome."""
        rows = np.flatnonzero(self._alignment.partners_b >= 0)
        partners = self._alignment.partners_b[rows]
        ends = [tree.calls["outcome"] for tree in self._trees]
        one, other = ends[0][partners], ends[1][rows]
        differs = (one != other) & ~np.isin(one, _NO_END) & ~np.isin(other, _NO_END)
        if self._has_values:
            (arguments_a, ends_a, known_a), (arguments_b, ends_b, known_b) = self._digests
            is_other = arguments_a[partners] != arguments_b[rows]
            is_other |= (one == other) & (ends_a[partners] != ends_b[rows])
            differs |= is_other & known_a[partners] & known_b[rows]
        changed = np.zeros(len(self._trees[1].calls), np.bool_)
        changed[rows[differs]] = True
        return changed

    def report(self, names: tuple[str, str]) -> Report:
        alignment = self._alignment
        marks = Marks(alignment, self._changed)
        texts = [recording.describe_values() if self._has_values else None for recording in self._recordings]
        parties = tuple(Party(tree, text) for tree, text in zip(self._trees, texts, strict=True))
        lines, n_left_out = merge_lines((parties[0], parties[1]), marks, self._describe, self._comparison.max_lines)
        changed = np.flatnonzero(self._changed)
        first = changed[np.argsort(self._trees[1].calls["t_start_ns"][changed], kind="stable")][:1].tolist()
        sides = [self._side(place, name) for place, name in enumerate(names)]
        return Report(
            before=sides[0],
            after=sides[1],
            n_added=int(np.count_nonzero(alignment.partners_b < 0)),
            n_removed=int(np.count_nonzero(alignment.partners_a < 0)),
            n_moved=int(np.count_nonzero(alignment.is_moved)),
            n_changed=len(changed),
            first_change=self._value_change(first[0]) if first else None,
            counts=self._count_changes(),
            times=self._time_changes() if self._comparison.with_times else (),
            lines=tuple(lines),
            n_left_out=n_left_out,
            has_values=self._has_values,
            has_times=self._comparison.with_times,
        )

    def _side(self, place: int, name: str) -> Side:
        calls = self._trees[place].calls
        command = shlex.join(self._recordings[place].header.command)
        return Side(name, command, len(calls), int(calls["self_ns"].sum()))

    def _function(self, place: int, row: int) -> str:
        function = self._trees[place].functions.get(int(self._trees[place].calls["code"][row]))
        return printable(function.full_name) if function else function_label(None)

    def _names(self) -> dict[int, str]:
        """Name each label of a function, in order of label."""
        names: dict[int, str] = {}
        for place, forest in enumerate(self._forests):
            labels, rows = np.unique(forest.labels, return_index=True)
            names |= {
                label: self._function(place, row) for label, row in zip(labels.tolist(), rows.tolist(), strict=True)
            }
        return names

    def _count_changes(self) -> tuple[CountChange, ...]:
        totals = [Counter(dict(zip(*_counted(forest.labels), strict=True))) for forest in self._forests]
        names = self._names()
        changes = [
            CountChange(name, totals[0][label], totals[1][label])
            for label, name in names.items()
            if totals[0][label] != totals[1][label]
        ]
        return tuple(sorted(changes, key=lambda change: (-abs(change.after - change.before), change.function)))

    def _time_changes(self) -> tuple[TimeChange, ...]:
        n = 1 + max(int(forest.labels.max(initial=0)) for forest in self._forests)
        before, after = (
            Times.of(forest.labels, tree.calls["self_ns"], n)
            for forest, tree in zip(self._forests, self._trees, strict=True)
        )
        labels, noise = find_time_changes(before, after)
        names = self._names()
        return tuple(
            TimeChange(
                function=names[label],
                n_before=int(before.counts[label]),
                n_after=int(after.counts[label]),
                mean_before_ns=float(before.means[label]),
                mean_after_ns=float(after.means[label]),
                noise_ns=float(noise[label]),
            )
            for label in labels.tolist()
        )

    def _value_change(self, row: int) -> ValueChange:
        tree = self._trees[1]
        path: list[str] = []
        caller = int(tree.calls["parent"][row])
        while caller >= 0:
            if len(path) == _MAX_PATH:
                path.append("…")
                break
            path.append(function_label(tree.functions.get(int(tree.calls["code"][caller]))))
            caller = int(tree.calls["parent"][caller])
        change = self._describe(row)
        texts = self._recordings[1].describe_values() if self._has_values else None
        label = call_label(tree.functions.get(int(tree.calls["code"][row])), texts.arguments(row) if texts else "")
        return ValueChange(tuple(reversed(path)), label, change.what, change.before, change.after)

    def _describe(self, row: int) -> Change:
        """Say what of a call changed first: its arguments, its outcome, its result or its exception."""
        partner = int(self._alignment.partners_b[row])
        outcomes = [
            Outcome(int(tree.calls["outcome"][at])) for tree, at in zip(self._trees, (partner, row), strict=True)
        ]
        values = [recording.values for recording in self._recordings] if self._has_values else []
        if values and values[0] is not None and values[1] is not None:
            one, other = values[0].arguments(partner) or {}, values[1].arguments(row) or {}
            for name in dict.fromkeys((*one, *other)):
                if name not in one or name not in other:
                    return Change("parameter", name if name in one else "", name if name in other else "")
                if (found := find_divergence(one[name], other[name], name)) is not None:
                    return Change(f"argument {printable(found.path)}", printable(found.before), printable(found.after))
            if outcomes[0] == outcomes[1]:
                kind = "exception" if outcomes[0] == Outcome.RAISED else "result"
                end, other_end = getattr(values[0], kind)(partner), getattr(values[1], kind)(row)
                if (found := find_divergence(end, other_end, kind)) is not None:
                    return Change(printable(found.path), printable(found.before), printable(found.after))
        return Change("outcome", *(outcome.name.lower() for outcome in outcomes))


def _counted(labels: NDArray[np.int64]) -> tuple[list[int], list[int]]:
    found, counts = np.unique(labels, return_counts=True)
    return found.tolist(), counts.tolist()

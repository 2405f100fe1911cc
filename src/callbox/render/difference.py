"""How two recordings differ: what there is to show, as text and as plain values for JSON."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from callbox.render.text import count, duration, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

SAME, ADDED, REMOVED, MOVED, CHANGED = "same", "added", "removed", "moved", "changed"
MARKS = {SAME: " ", ADDED: "+", REMOVED: "-", MOVED: "~", CHANGED: "!"}


@dataclass(frozen=True, slots=True)
class Side:
    """One of the recordings."""

    name: str
    command: str
    n_calls: int
    total_ns: int
    """Time with a recorded call on the stack, summed over threads."""


@dataclass(frozen=True, slots=True)
class Line:
    """A call, or several calls of which nothing else is to be said."""

    kind: str
    """"same", "added", "removed", "moved" or "changed"."""
    level: int
    text: str
    n_calls: int
    """Calls that the line stands for; those that have lines of their own are not among them."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class ValueChange:
    """A call that was given or gave something else."""

    path: tuple[str, ...]
    """Its callers, outermost first."""
    call: str
    what: str
    """Where: "argument items[3]", "result", "exception.args[0]", "outcome"."""
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class CountChange:
    """A function that was called more often, or less."""

    function: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class TimeChange:
    """A function whose calls took longer, or less long, than noise explains; self times."""

    function: str
    n_before: int
    n_after: int
    mean_before_ns: float
    mean_after_ns: float
    noise_ns: float
    """How much the means may differ by chance."""

    @property
    def ratio(self) -> float:
        """How many times as long a call took."""
        return self.mean_after_ns / self.mean_before_ns if self.mean_before_ns else float("inf")


@dataclass(frozen=True, slots=True)
class Report:
    """How two recordings differ.

    Attributes:
        n_added: calls that only the second has; likewise `n_removed`.
        n_moved: calls that are in another place, without what they called.
        n_changed: calls with other values, or another outcome.
        first_change: the one of them that began first.
        counts: functions by how much their number of calls changed, most first.
        times: functions by how much time was won or lost, most first.
        lines: the calls around each difference, as a tree.
        n_left_out: lines that there was no room for.
        has_values: whether both have values that were compared.
        has_times: whether times were compared.
    """

    before: Side
    after: Side
    n_added: int
    n_removed: int
    n_moved: int
    n_changed: int
    first_change: ValueChange | None
    counts: tuple[CountChange, ...]
    times: tuple[TimeChange, ...]
    lines: tuple[Line, ...]
    n_left_out: int
    has_values: bool
    has_times: bool

    @property
    def is_equal(self) -> bool:
        """Whether there is no difference."""
        return not (self.n_added or self.n_removed or self.n_moved or self.n_changed or self.times)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values for JSON."""
        return {"format": "callbox.difference", "version": 1, "is_equal": self.is_equal, **dataclasses.asdict(self)}


def format_difference(report: Report, *, max_functions: int = 20) -> str:
    """Write how two recordings differ.

    Args:
        report: what there is to say.
        max_functions: how many functions to list whose counts or times changed.
    """
    return "\n".join(line.rstrip() for line in _lines(report, max_functions))


def _lines(report: Report, max_functions: int) -> Iterator[str]:
    if report.is_equal:
        yield f"no difference: {count(report.after.n_calls, 'call')}{_compared(report)}"
        return
    yield from _heading(report)
    if report.first_change is not None:
        yield from _first_change(report.first_change)
    if report.lines:
        yield from ("", "calls")
        for line in report.lines:
            note = f"  {line.note}" if line.note else ""
            yield f"{MARKS[line.kind]} {'  ' * line.level}{line.text}{note}"
        if report.n_left_out:
            yield f"  … {count(report.n_left_out, 'more line')}: see --max-lines"
    if report.counts:
        yield from ("", "counts")
        shown = report.counts[:max_functions]
        widths = [max(len(f"{getattr(c, side):,}") for c in shown) for side in ("before", "after")]
        for change in shown:
            yield f"  {change.before:>{widths[0]},} → {change.after:>{widths[1]},}  {printable(change.function)}"
        yield from _rest(len(report.counts) - len(shown))
    if report.times:
        yield from ("", "self time per call")
        yield from _times(report.times[:max_functions])
        yield from _rest(len(report.times) - max_functions)


def _compared(report: Report) -> str:
    parts = ["their values"] * report.has_values + ["their times within noise"] * report.has_times
    return "".join(f", {part}" for part in parts)


def _heading(report: Report) -> Iterator[str]:
    for sign, side in (("-", report.before), ("+", report.after)):
        calls = f"{count(side.n_calls, 'call')}, {duration(side.total_ns)}"
        yield f"{sign} {printable(side.name)}  {printable(side.command)}  {calls}"
    amounts = (
        (report.n_added, "added"),
        (report.n_removed, "removed"),
        (report.n_moved, "moved"),
        (report.n_changed, "changed"),
    )
    n_faster = sum(change.ratio < 1 for change in report.times)
    parts = [f"{n:,} {word}" for n, word in amounts if n]
    parts += [f"{len(report.times) - n_faster:,} slower"] * (n_faster < len(report.times))
    parts += [f"{n_faster:,} faster"] * (n_faster > 0)
    yield from ("", ", ".join(parts))


def _first_change(change: ValueChange) -> Iterator[str]:
    yield from ("", "first change")
    yield f"  {' > '.join((*change.path, change.call))}"
    yield f"    {change.what}: {change.before or '(nothing)'} → {change.after or '(nothing)'}"


def _times(changes: tuple[TimeChange, ...]) -> Iterator[str]:
    rows = [
        (
            duration(round(change.mean_before_ns)),
            duration(round(change.mean_after_ns)),
            f"{change.ratio:.2f}×",
            f"± {duration(round(change.noise_ns))}",
            printable(change.function),
        )
        for change in changes
    ]
    widths = [max(len(row[place]) for row in rows) for place in range(4)]
    for before, after, ratio, noise, name in rows:
        cells = (
            f"{before:>{widths[0]}} → {after:>{widths[1]}}",
            f"{ratio:>{widths[2]}}",
            f"{noise:>{widths[3]}}",
            name,
        )
        yield f"  {'  '.join(cells)}"


def _rest(n: int) -> Iterator[str]:
    if n > 0:
        yield f"  … {count(n, 'more function')}"

"""What became of every recorded call."""

from __future__ import annotations

import enum
import html
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


class Fate(enum.StrEnum):
    """How a recorded call ends."""

    TEST = "test"
    DUPLICATE = "duplicate"
    NOT_CHOSEN = "not chosen"
    REFUSED = "refused"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one call.

    Attributes:
        id: of the call in its store.
        function: full name.
        fate: what it became.
        reason: why it is no test; for a test, its place: `file::name[row]`.
        n_seen: how often the call was seen.
    """

    id: int
    function: str
    fate: Fate
    reason: str
    n_seen: int = 1


@dataclass(slots=True)
class Report:
    """What a run of `gen` did.

    Attributes:
        verdicts: one for each kept call.
        n_seen: calls that were seen while recording, by function.
        files: test modules that were written.
        unchanged: those that were the same already.
        left: those that were edited, and so not replaced.
        duration_s: how long it took.
        is_verified: whether the tests were run.
        notes: what a reader must know.
        mutation: what `callbox.testgen.mutate.mutate_functions` found; empty without it.
    """

    verdicts: list[Verdict] = field(default_factory=list)
    n_seen: dict[str, int] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    duration_s: float = 0.0
    is_verified: bool = False
    notes: list[str] = field(default_factory=list)
    mutation: dict[str, Any] = field(default_factory=dict)

    def count(self, fate: Fate) -> int:
        """Return how many calls had a fate."""
        return sum(1 for verdict in self.verdicts if verdict.fate is fate)

    @property
    def n_alike(self) -> int:
        """Calls that were seen while recording and not kept, as those that are kept show what they do."""
        return max(sum(self.n_seen.values()) - sum(verdict.n_seen for verdict in self.verdicts), 0)

    def reasons(self) -> list[tuple[str, int]]:
        """Return why calls became no tests, the commonest first, with numbers in texts left out."""
        kinds = (Fate.REFUSED, Fate.QUARANTINED)
        counts = Counter(f"{v.fate}: {_general(v.reason)}" for v in self.verdicts if v.fate in kinds)
        return sorted(counts.items(), key=lambda item: (-item[1], item[0]))

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain data."""
        return {
            "version": 1,
            "calls": {fate.value: self.count(fate) for fate in Fate},
            "seen": sum(self.n_seen.values()),
            "seen_and_not_kept": self.n_alike,
            "verified": self.is_verified,
            "duration_s": round(self.duration_s, 3),
            "files": self.files,
            "unchanged": self.unchanged,
            "left": self.left,
            "notes": self.notes,
            "mutation": self.mutation,
            "reasons": [{"reason": reason, "calls": n} for reason, n in self.reasons()],
            "verdicts": [
                {"call": v.id, "function": v.function, "fate": v.fate.value, "reason": v.reason, "seen": v.n_seen}
                for v in self.verdicts
            ],
        }

    def to_html(self) -> str:
        """Return the report as one page that needs nothing else."""
        counts = "".join(f"<td><b>{self.count(fate):,}</b><br>{fate.value}</td>" for fate in Fate)
        reasons = "".join(f"<tr><td>{n:,}</td><td>{html.escape(text)}</td></tr>" for text, n in self.reasons())
        functions = "".join(_function_row(name, verdicts) for name, verdicts in sorted(self._by_function().items()))
        sections = [
            _table("Why calls became no tests", ("Calls", "Reason"), reasons),
            _table("Mutants", ("", ""), _mutation_rows(self.mutation)),
            _table("Functions", ("Function", *(fate.value for fate in Fate)), functions),
        ]
        notes = "".join(f"<p>{html.escape(note)}.</p>" for note in self._sentences())
        return _PAGE.format(counts=counts, notes=notes, sections="".join(sections))

    def _sentences(self) -> list[str]:
        made = f"wrote {len(self.files):,} test modules, {len(self.unchanged):,} unchanged, in {self.duration_s:.1f} s"
        alike = f"{sum(self.n_seen.values()):,} calls were seen, {self.n_alike:,} of them alike and not kept"
        checked = "Each test passed in fresh processes" if self.is_verified else "The tests were not run"
        left = [f"{name} was edited and is left as it is" for name in self.left]
        return [f"{alike}; {made}", checked, *left, *self.notes]

    def _by_function(self) -> Mapping[str, list[Verdict]]:
        rows: dict[str, list[Verdict]] = {}
        for verdict in self.verdicts:
            rows.setdefault(verdict.function, []).append(verdict)
        return rows


def _general(reason: str) -> str:
    return re.sub(r"0x[0-9a-f]+|\d+", "#", reason)


def _function_row(name: str, verdicts: list[Verdict]) -> str:
    counts = Counter(verdict.fate for verdict in verdicts)
    cells = "".join(f"<td>{counts[fate] or ''}</td>" for fate in Fate)
    calls = "".join(f"<li>call {v.id}: {v.fate.value}: {html.escape(v.reason)}</li>" for v in verdicts)
    summary = f"<details><summary><code>{html.escape(name)}</code></summary><ul>{calls}</ul></details>"
    return f"<tr><td>{summary}</td>{cells}</tr>"


def _mutation_rows(mutation: Mapping[str, Any]) -> str:
    if not mutation:
        return ""
    alive = "".join(f"<tr><td>alive</td><td><code>{html.escape(m)}</code></td></tr>" for m in mutation["survivors"])
    score = f"{mutation['killed']} of {mutation['mutants']} killed, {mutation['score']:.0%}"
    return f"<tr><td><b>score</b></td><td>{score}</td></tr>{alive}"


def _table(title: str, heads: Sequence[str], rows: str) -> str:
    """Return a section with a table; nothing for no rows."""
    cells = "".join(f"<th>{head}</th>" for head in heads) if any(heads) else ""
    return f"<h2>{title}</h2>\n<table><tr>{cells}</tr>{rows}</table>\n" if rows else ""


_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>From calls to tests</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; color: #222; padding: 0 1rem }}
table {{ border-collapse: collapse; margin: 1rem 0 }}
td, th {{ padding: .25rem .75rem; border-bottom: 1px solid #ddd; text-align: left; vertical-align: top }}
.counts td {{ font-size: 1rem; padding-right: 2rem; border: 0 }} .counts b {{ font-size: 1.6rem }}
code, li {{ font-size: .9em }} ul {{ margin: .25rem 0; padding-left: 1.5rem }} summary {{ cursor: pointer }}
</style>
<h1>From calls to tests</h1>
<table class="counts"><tr>{counts}</tr></table>
{notes}
{sections}</html>
"""

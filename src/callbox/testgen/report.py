"""What became of every recorded call."""

from __future__ import annotations

import enum
import html
import re
from collections import Counter
from collections.abc import Mapping
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
        mutation: results of mutation testing, by function; empty without it.
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
            "verified": self.is_verified,
            "duration_s": round(self.duration_s, 3),
            "files": self.files,
            "unchanged": self.unchanged,
            "left": self.left,
            "notes": self.notes,
            "mutation": self.mutation,
            "reasons": [{"reason": reason, "calls": n} for reason, n in self.reasons()],
            "verdicts": [
                {"function": v.function, "fate": v.fate.value, "reason": v.reason, "seen": v.n_seen}
                for v in self.verdicts
            ],
        }

    def to_html(self) -> str:
        """Return the report as one page that needs nothing else."""
        counts = "".join(f"<td><b>{self.count(fate):,}</b><br>{fate.value}</td>" for fate in Fate)
        reasons = "".join(f"<tr><td>{n:,}</td><td>{html.escape(text)}</td></tr>" for text, n in self.reasons())
        functions = "".join(_function_row(name, row) for name, row in sorted(self._by_function().items()))
        return _PAGE.format(counts=counts, reasons=reasons, functions=functions)

    def _by_function(self) -> Mapping[str, Counter[Fate]]:
        rows: dict[str, Counter[Fate]] = {}
        for verdict in self.verdicts:
            rows.setdefault(verdict.function, Counter())[verdict.fate] += 1
        return rows


def _general(reason: str) -> str:
    return re.sub(r"0x[0-9a-f]+|\d+", "#", reason)


def _function_row(name: str, counts: Counter[Fate]) -> str:
    cells = "".join(f"<td>{counts[fate] or ''}</td>" for fate in Fate)
    return f"<tr><td><code>{html.escape(name)}</code></td>{cells}</tr>"


_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>From calls to tests</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; color: #222; padding: 0 1rem }}
table {{ border-collapse: collapse; margin: 1rem 0 }}
td, th {{ padding: .25rem .75rem; border-bottom: 1px solid #ddd; text-align: left; vertical-align: top }}
.counts td {{ font-size: 1rem; padding-right: 2rem; border: 0 }} .counts b {{ font-size: 1.6rem }}
code {{ font-size: .9em }}
</style>
<h1>From calls to tests</h1>
<table class="counts"><tr>{counts}</tr></table>
<h2>Why calls became no tests</h2>
<table><tr><th>Calls</th><th>Reason</th></tr>{reasons}</table>
<h2>Functions</h2>
<table><tr><th>Function</th><th>test</th><th>duplicate</th><th>not chosen</th><th>refused</th><th>quarantined</th></tr>
{functions}</table>
</html>
"""

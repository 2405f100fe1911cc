"""A race in words: aligned tables for people, JSON for machines."""

from __future__ import annotations

import dataclasses
import json
import statistics
from collections.abc import Iterable, Sequence
from pathlib import Path

from racing.results import Heat, RaceResult, Spread
from racing.targets import TARGETS, Verdict, judge
from racing.workloads import PROGRAM


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return lines with columns aligned: the first to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    pads = [str.ljust] + [str.rjust] * (len(widths) - 1)
    return [
        "  ".join(pad(cell, width) for pad, cell, width in zip(pads, row, widths, strict=True)).rstrip() for row in rows
    ]


def _ratio(spread: Spread) -> list[str]:
    return [f"{spread.median:.2f}x", f"{spread.low:.2f}-{spread.high:.2f}"]


def _heat_row(result: RaceResult, heat: Heat) -> list[str]:
    added = heat.added_ns_per_call
    floor = result.heat(result.floors.get(heat.contestant, ""), heat.workload)
    to_floor = f"{heat.ratio_to(floor).median:.2f}" if floor else ""
    return [
        heat.contestant,
        *_ratio(heat.ratio),
        f"{added.median:.1f}",
        f"{added.low:.1f}-{added.high:.1f}",
        to_floor,
        str(len(heat.samples)),
    ]


def workload_table(result: RaceResult, workload: str) -> list[str]:
    """Return the table of one workload, one line per contestant."""
    count, plain = result.counts[workload], result.plain_ns(workload)
    heats = [heat for heat in result.heats if heat.workload == workload]
    unit = "C call" if heats[0].n_calls == count.c else "call"
    rows = [["", "median", "min-max", f"added ns/{unit}", "min-max", "/ floor", "rounds"]]
    rows += [_heat_row(result, heat) for heat in heats]
    title = (
        f"{workload}: plain {plain.median / 1e6:.1f} ms ({plain.low / 1e6:.1f}-{plain.high / 1e6:.1f}), "
        f"{count.python:,} Python calls, {count.c:,} C calls"
    )
    return [title, *aligned(rows)]


def summary_table(result: RaceResult) -> list[str]:
    """Return one line per contestant: added time on fib, median and worst of the real programs."""
    rows = [["", "fib: added ns/call", "programs: median", "worst", ""]]
    for contestant in result.contestants:
        fib = result.heat(contestant, "fib")
        programs = result.heats_of(contestant, lambda workload: result.kinds[workload] == PROGRAM)
        row = [contestant, f"{fib.added_ns_per_call.median:.1f}" if fib else ""]
        if programs:
            worst = max(programs, key=lambda heat: heat.ratio.median)
            median = statistics.median(heat.ratio.median for heat in programs)
            row += [f"{median:.2f}x", f"{worst.ratio.median:.2f}x", worst.workload]
        rows.append(row + [""] * (len(rows[0]) - len(row)))
    return aligned(rows)


def _verdict_row(verdict: Verdict) -> list[str]:
    target = verdict.target
    measure = f"{target.measure.value} {target.reference}".strip()
    if verdict.measured is None:
        return [target.contestant, measure, target.over.value, f"{target.limit:.2f}", "", "not measured"]
    word = "reached" if verdict.is_reached else f"missed by {verdict.measured - target.limit:.2f}"
    return [target.contestant, measure, target.over.value, f"{target.limit:.2f}", f"{verdict.measured:.2f}", word]


def target_table(verdicts: Iterable[Verdict]) -> list[str]:
    """Return the table of targets: reached, missed by how much, or not measured."""
    header = ["target", "measure", "over", "limit", "measured", ""]
    return aligned([header, *(_verdict_row(verdict) for verdict in verdicts)])


def report_lines(result: RaceResult) -> list[str]:
    """Return the whole report."""
    lines = [f"{key}: {value}" for key, value in result.machine.items()]
    for workload in result.workloads:
        lines += ["", *workload_table(result, workload)]
    verdicts = [judge(result, target) for target in TARGETS]
    lines += ["", *summary_table(result), "", *target_table(verdicts)]
    if result.absent:
        lines += ["", "left out:", *(f"  {name}: {reason}" for name, reason in result.absent.items())]
    return lines


def write_json(result: RaceResult, path: Path) -> None:
    """Write every sample and every verdict."""
    verdicts = [judge(result, target) for target in TARGETS]
    document = dataclasses.asdict(result) | {
        "targets": [
            {
                "contestant": verdict.target.contestant,
                "measure": verdict.target.measure.value,
                "reference": verdict.target.reference,
                "over": verdict.target.over.value,
                "limit": verdict.target.limit,
                "measured": verdict.measured,
                "is_reached": verdict.is_reached,
            }
            for verdict in verdicts
        ]
    }
    path.write_text(json.dumps(document, indent=1) + "\n")

"""Several runs, as `callbox stats` shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callbox.render.text import count, duration, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.console import Console

    from callbox.tracing.runs import FunctionRuns, Runs, Spread

ORDERS: dict[str, Callable[[FunctionRuns], float]] = {
    "self": lambda entry: entry.self_ns.middle,
    "inclusive": lambda entry: entry.inclusive_ns.middle,
    "calls": lambda entry: entry.calls.middle,
}


def print_runs(console: Console, runs: Runs, entries: Sequence[FunctionRuns], top: int) -> None:
    """Print what each run cost, then functions by their middle run."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("time", "calls", "raised"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("run", overflow="fold")
    for name, each in runs.metrics.items():
        raised = f"{each.n_raised:,}" if each.n_raised else ""
        table.add_row(duration(each.total_ns), f"{each.n_calls:,}", raised, printable(name))
    console.print(table)
    console.print()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("self", "least", "most", "inclusive", "calls", "runs"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("function", overflow="fold")
    table.add_column("where", overflow="fold", style="dim")
    for entry in entries[:top]:
        function = entry.function
        table.add_row(
            duration(round(entry.self_ns.middle)),
            duration(entry.self_ns.least),
            duration(entry.self_ns.most),
            duration(round(entry.inclusive_ns.middle)),
            _counts(entry.calls),
            f"{entry.n_runs:,}",
            printable(function.full_name),
            printable(f"{function.filename}:{function.line_number}") if function.filename else "",
        )
    console.print(table)
    if len(entries) > top:
        console.print(f"… {count(len(entries) - top, 'more function')}: see --top")


def _counts(calls: Spread) -> str:
    return f"{calls.least:,}" if calls.is_constant else f"{calls.least:,}–{calls.most:,}"

"""`callbox stats`: where the time went."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from callbox.cli.box import describe, name_boxes, open_box
from callbox.cli.examples import examples
from callbox.cli.json_output import json_option, print_json
from callbox.cli.printing import printed
from callbox.cli.waiting import waiting

if TYPE_CHECKING:
    from rich.console import Console

    from callbox.recording import Recording
    from callbox.tracing.metrics import FunctionMetrics, Metrics, ThreadMetrics

_ORDERS: dict[str, Callable[[FunctionMetrics], int]] = {
    "self": lambda entry: entry.self_ns,
    "inclusive": lambda entry: entry.inclusive_ns,
    "calls": lambda entry: entry.n_calls,
}


@click.command(
    "stats",
    epilog=examples(
        "callbox stats --top 10 --sort calls app.cbx", "callbox stats monday.cbx tuesday.cbx wednesday.cbx"
    ),
)
@click.argument("boxes", nargs=-1, required=True, metavar="BOX...")
@click.option("--top", type=click.IntRange(min=1), default=20, show_default=True, help="Functions to list.")
@click.option("--sort", type=click.Choice(list(_ORDERS)), default="self", show_default=True, help="Largest first.")
@json_option
def command(boxes: tuple[str, ...], top: int, sort: str, as_json: bool) -> None:
    """Say where the time went.

    The functions of a recording by time or calls, its depth, recursion and threads. Of several boxes, the runs of a
    program, each function by its middle run, with the least and the most.
    """
    if len(boxes) > 1:
        _summarise(boxes, top, sort, as_json)
        return
    recording = open_box(boxes[0])
    from callbox.tracing.metrics import compute_metrics

    with waiting("counting"):
        metrics = compute_metrics(recording.tree)
    entries = sorted(metrics.functions, key=_ORDERS[sort], reverse=True)
    if as_json:
        print_json({"recording": describe(recording), **metrics.to_dict()})
        return
    with printed() as console:
        _print_heading(console, recording, metrics)
        _print_functions(console, metrics, entries[:top])
        _print_rest(console, metrics, len(entries) - top)
        _print_threads(console, metrics.threads, top)


def _summarise(boxes: tuple[str, ...], top: int, sort: str, as_json: bool) -> None:
    from callbox.cli.runs import ORDERS, print_runs
    from callbox.tracing.metrics import compute_metrics
    from callbox.tracing.runs import summarise_runs

    with waiting("reading"):
        # One at a time: recordings are large, what is kept of them is small.
        runs = summarise_runs({name: compute_metrics(open_box(box).tree) for name, box in name_boxes(boxes).items()})
    if as_json:
        print_json(runs.to_dict())
        return
    with printed() as console:
        print_runs(console, runs, sorted(runs.functions, key=ORDERS[sort], reverse=True), top)


def _print_heading(console: Console, recording: Recording, metrics: Metrics) -> None:
    from callbox.render.text import count, duration, printable

    header = recording.header
    console.print(f"command  {printable(shlex.join(header.command))}")
    if header.exit_status:
        console.print(f"ended    {printable(header.exit_status)}")
    console.print(f"engine   {header.engine}, mode {header.mode}, Python {header.python}")
    console.print(f"events   {count(recording.n_events, 'event')}, {recording.dropped:,} dropped")
    console.print(
        f"calls    {count(metrics.n_calls, 'call')} in {count(len(metrics.threads), 'thread')}, "
        f"{duration(metrics.total_ns)}, {metrics.n_raised:,} raised"
    )
    console.print(f"depth    {metrics.max_depth + 1:,} at most, {metrics.mean_depth + 1:.1f} on average")
    if metrics.allocated_bytes is not None and metrics.allocated_blocks is not None:
        console.print(
            f"memory   {metrics.allocated_bytes:,} bytes in {count(metrics.allocated_blocks, 'block')} allocated"
        )
    console.print()


def _print_functions(console: Console, metrics: Metrics, entries: list[FunctionMetrics]) -> None:
    from rich.table import Table

    from callbox.render.text import duration, printable

    has_memory = metrics.allocated_bytes is not None
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("self", "share", "inclusive", "calls", "raised", *(["bytes"] if has_memory else [])):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("function", overflow="fold")
    table.add_column("where", overflow="fold", style="dim")
    for entry in entries:
        function = entry.function
        table.add_row(
            duration(entry.self_ns),
            f"{entry.self_share:.1%}",
            duration(entry.inclusive_ns),
            f"{entry.n_calls:,}",
            f"{entry.n_raised:,}" if entry.n_raised else "",
            *([f"{entry.allocated_bytes:,}"] if has_memory else []),
            printable(function.full_name),
            printable(f"{function.filename}:{function.line_number}") if function.filename else "",
        )
    console.print(table)


def _print_rest(console: Console, metrics: Metrics, n_left_out: int) -> None:
    from callbox.render.text import count, printable

    if n_left_out > 0:
        console.print(f"… {count(n_left_out, 'more function')}: see --top")
    if metrics.recursive:
        console.print("\nrecursion")
        for entry in metrics.recursive:
            console.print(f"  {entry.max_nested + 1:,} deep  {printable(entry.function.full_name)}")


def _print_threads(console: Console, threads: Sequence[ThreadMetrics], top: int) -> None:
    """List threads in order of their first event: of many, those that took longest."""
    from callbox.render.text import count, duration, printable

    longest = sorted(threads, key=lambda thread: thread.total_ns, reverse=True)[:top]
    if len(threads) > 1:
        console.print("\nthreads")
        for thread in filter(longest.__contains__, threads):
            dropped = f", {thread.thread.n_dropped:,} events dropped" if thread.thread.n_dropped else ""
            console.print(
                f"  {printable(thread.thread.name)}: {count(thread.n_calls, 'call')}, "
                f"{duration(thread.total_ns)}{dropped}"
            )
        if len(threads) > top:
            console.print(f"  … {count(len(threads) - top, 'more thread')}: see --top")

"""`callbox export`: a recording as a file that other programs read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, BinaryIO

import click

from callbox.cli.box import describe, open_box
from callbox.cli.examples import examples
from callbox.cli.output import STDOUT, open_output
from callbox.cli.waiting import waiting

if TYPE_CHECKING:
    from callbox.recording import Recording
    from callbox.render.timeline import Timeline


@dataclass(frozen=True, slots=True)
class _Format:
    suffix: str
    reader: str
    """Who reads it, to be told when it is written."""
    write: Callable[[Recording, BinaryIO, str], None]


def _perfetto(recording: Recording, file: BinaryIO, _: str) -> None:
    from callbox.render.perfetto import write_perfetto

    write_perfetto(file, _timeline(recording), values=recording.describe_values())


def _chrome(recording: Recording, file: BinaryIO, _: str) -> None:
    from callbox.render.chrome import write_chrome

    write_chrome(file, _timeline(recording), values=recording.describe_values())


def _speedscope(recording: Recording, file: BinaryIO, box: str) -> None:
    from callbox.render.speedscope import write_speedscope

    write_speedscope(file, _timeline(recording), name=PurePath(box).name)


def _folded(recording: Recording, file: BinaryIO, _: str) -> None:
    from callbox.render.folded import write_folded

    write_folded(file, recording.tree)


def _pstats(recording: Recording, file: BinaryIO, _: str) -> None:
    from callbox.render.pstats import write_pstats

    write_pstats(file, recording.tree)


def _csv(recording: Recording, file: BinaryIO, _: str) -> None:
    from callbox.render.csv_text import write_csv

    write_csv(file, recording.tree, values=recording.describe_values())


def _dot(recording: Recording, file: BinaryIO, _: str) -> None:
    from callbox.render.dot import format_dot
    from callbox.tracing.callgraph import CallGraph

    file.write(format_dot(CallGraph(recording.tree)).encode() + b"\n")


_FORMATS = {
    "perfetto": _Format(".pftrace", "https://ui.perfetto.dev", _perfetto),
    "chrome": _Format(".trace.json", "chrome://tracing or https://ui.perfetto.dev", _chrome),
    "speedscope": _Format(".speedscope.json", "https://www.speedscope.app", _speedscope),
    "folded": _Format(".folded", "flamegraph.pl --countname ns", _folded),
    "pstats": _Format(".pstats", "python -m pstats", _pstats),
    "dot": _Format(".dot", "dot -Tsvg", _dot),
    "csv": _Format(".csv", "a spreadsheet", _csv),
}
PARQUET = "parquet"


@click.command(
    "export",
    epilog=examples(
        "callbox export app.cbx",
        "callbox export app.cbx --to folded -o - | flamegraph.pl --countname ns > app.svg",
        "callbox export app.cbx --to parquet -o s3://bucket/app.parquet",
    ),
)
@click.argument("box")
@click.option(
    "--to",
    type=click.Choice([*_FORMATS, PARQUET]),
    default="perfetto",
    show_default=True,
    help="What to write.",
)
@click.option("--output", "-o", metavar="OUT", help="A path, an fsspec URL, or - for standard output.")
def command(box: str, to: str, output: str | None) -> None:
    """Write a recording for other programs.

    By default to the working folder, under the box's name: callbox.pftrace for callbox.cbx.
    """
    recording = open_box(box)
    if to == PARQUET:
        target = output or f"{PurePath(box).stem}.parquet"
        with waiting(f"writing {target}"):
            from callbox.recording.parquet import write_parquet

            write_parquet(recording, target, box=PurePath(box).name, about=describe(recording))
        click.echo(f"wrote {target}: read it with pyarrow, DuckDB, Spark, Dask, …", err=True)
        return
    chosen = _FORMATS[to]
    target = output or f"{PurePath(box).stem}{chosen.suffix}"
    with waiting(f"writing {target}"), open_output(target) as file:
        chosen.write(recording, file, box)
    if target != STDOUT:
        click.echo(f"wrote {target}: open it with {chosen.reader}", err=True)


def _timeline(recording: Recording) -> Timeline:
    from callbox.model import EventKind
    from callbox.render.timeline import Timeline
    from callbox.tracing.segments import find_stacks

    events, tree = recording.events, recording.tree
    # Only the first switch to a task names the task that made it.
    switches = events[(events["kind"] == EventKind.TASK_SWITCH) & (events["code"] > 0)]
    processes = [tree.threads[thread].process_id for thread in switches["thread"].tolist()]
    tasks = zip(processes, switches["frame"].tolist(), strict=True)
    parents = dict(zip(tasks, switches["code"].tolist(), strict=True))
    return Timeline(tree, tuple(find_stacks(events, tree.calls)), parents)

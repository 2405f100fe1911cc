"""`callbox merge`: several recordings in one."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import click

from callbox.cli.box import name_boxes, open_box
from callbox.cli.examples import examples
from callbox.cli.output import is_url, open_output
from callbox.cli.waiting import waiting


@click.command("merge", epilog=examples("callbox merge -o all.cbx web.cbx worker.cbx"))
@click.argument("boxes", nargs=-1, required=True, metavar="BOX...")
@click.option("--output", "-o", required=True, metavar="OUT", help="The box to write: a path or an fsspec URL.")
def command(boxes: tuple[str, ...], output: str) -> None:
    """Put several recordings into one box.

    Times become those of one clock, functions of one name one function; every process stays one of its own.
    """
    with waiting("merging"):
        captures = {name: open_box(box).capture for name, box in name_boxes(boxes).items()}
        from callbox.recording import write_box
        from callbox.recording.combine import combine_captures

        combined = combine_captures(captures)
        if not is_url(output):
            write_box(combined, output)
            return
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "merged.cbx")
            write_box(combined, path)
            with path.open("rb") as source, open_output(output) as target:
                shutil.copyfileobj(source, target)

"""The place of a box: taken before there is anything to write to it."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from callbox.errors import ConfigError, RecordingError, reason
from callbox.recording import box
from callbox.recording.sections import SectionWriter
from callbox.replacement import replacing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from callbox.model import Header


def reserve_box(path: str | os.PathLike[str], header: Header) -> None:
    """Write a box that says its program has not ended, to be replaced when it has.

    It proves that the path can be written before the program starts, and is
    what remains if the program is killed.

    Raises:
        ConfigError: the path cannot be written.
    """
    try:
        with replacing_box(path) as file:
            sections = SectionWriter(file)
            sections.write(box.HEAD, box.encode_table(dataclasses.replace(header, is_complete=False)))
            sections.write(box.FUNCTIONS, box.encode_table(()))
            sections.write(box.THREADS, box.encode_table(()))
            sections.close()
    except RecordingError as error:
        raise ConfigError(str(error)) from error.__cause__


@contextlib.contextmanager
def replacing_box(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Give a new file that takes the place of the box at a path once it is written.

    Raises:
        RecordingError: it cannot be written, or `path` names something that is no box.
    """
    try:
        _refuse_foreign(Path(path))
        with replacing(Path(path), is_durable=True) as file:
            yield file
    except (OSError, ValueError) as error:
        raise RecordingError(
            f"cannot write the box {os.fspath(path)!r}: {reason(error)}; choose another path"
        ) from error


def _refuse_foreign(target: Path) -> None:
    """Keep a mistyped path from destroying a script or a device."""
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        return
    if stat.S_ISDIR(mode):
        raise ValueError("it is a folder")
    if not stat.S_ISREG(mode):
        raise ValueError("it is no regular file")
    with target.open("rb") as file:
        beginning = file.read(len(box.MAGIC))
    if beginning and beginning != box.MAGIC:
        raise ValueError("a file that is no box stands there")

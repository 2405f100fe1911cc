"""Files that stand in their place whole or not at all, and folders for them, for their owner alone."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO


def make_folder(folder: Path) -> None:
    """Make a folder and those that it lies in, for their owner alone; those that are there stay as they are.

    Raises:
        OSError: it cannot be made, or a file stands there.
    """
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


@contextlib.contextmanager
def replacing(target: Path, *, is_durable: bool = False) -> Iterator[BinaryIO]:
    """Give a new file, readable by its owner alone, that takes the target's place once it is written.

    Args:
        target: what stands there stays until then; a link stays one, and leads to the new file.
        is_durable: whether it must be on the disk by then, as what a crash of the machine may not take.

    Raises:
        OSError: it cannot be written.
    """
    import tempfile  # which those who only make folders do without

    target = Path(os.path.realpath(target))
    descriptor, name = tempfile.mkstemp(prefix=".callbox-", suffix=".tmp", dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            if is_durable:
                file.flush()
                os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def writing(target: Path) -> Iterator[BinaryIO]:
    """Give a file to write to: one that takes the target's place, or a device or a pipe, which cannot be replaced.

    Raises:
        OSError: it cannot be written; a folder is among what says so.
    """
    with target.open("wb") if target.exists() and not target.is_file() else replacing(target) as file:
        yield file

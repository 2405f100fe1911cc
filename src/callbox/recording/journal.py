"""A box that is written while its program runs: it can be read at any time, however far it has got."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from callbox.recording import box
from callbox.recording.packing import pack_slot_block, pack_value_block
from callbox.recording.sections import SectionWriter

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from callbox.model import Function, Header


class Journal:
    """The box at a path, begun anew.

    Its methods raise OSError where the disk is full; what was written until then is whole.
    """

    def __init__(self, path: Path, header: Header) -> None:
        """Take the place of the box at a path, in one step.

        Raises:
            OSError: it cannot be written.
        """
        temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        self._file = _Appender(temporary)
        self._sections = SectionWriter(self._file)
        self.add_header(header)
        self.add_functions(())
        self.add_threads(())
        temporary.replace(path)

    @property
    def n_bytes(self) -> int:
        """How long the box is."""
        return self._sections.n_bytes

    def add_header(self, header: Header) -> None:
        """Say how the recording is being made; it takes the place of what was said before."""
        self._add(box.HEAD, box.encode_table(header))

    def add_functions(self, functions: Iterable[Function]) -> None:
        """Name functions, before the slots that refer to them."""
        self._add(box.FUNCTIONS, box.encode_table(tuple(functions)))

    def add_threads(self, rows: Iterable[box.ThreadRow]) -> None:
        """Name threads, or say more of them."""
        self._add(box.THREADS, box.encode_table(tuple(rows)))

    def add_slots(self, thread: int, high: int, first: int, slots: NDArray[np.void]) -> None:
        """Add a block of a thread's slots."""
        self._add(box.PACKED_SLOTS, pack_slot_block(thread, high, first, slots))

    def add_values(self, thread: int, position: int, octets: memoryview) -> None:
        """Add a block of a thread's values."""
        self._add(box.PACKED_VALUES, pack_value_block(thread, position, octets))

    def close(self) -> None:
        """Finish the box, and see that it is on the disk."""
        self._sections.close()
        self._file.close()

    def _add(self, tag: bytes, payload: bytes) -> None:
        before = self._sections.n_bytes
        try:
            self._sections.write(tag, payload)
        except OSError:
            self._file.cut(before)
            raise


class _Appender:
    """A new file of mode 0600, written to without a buffer: what is in a buffer is lost with its process."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)

    def write(self, data: bytes) -> int:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]
        return len(data)

    def cut(self, size: int) -> None:
        os.ftruncate(self._descriptor, size)
        os.lseek(self._descriptor, size, os.SEEK_SET)

    def close(self) -> None:
        os.fsync(self._descriptor)
        os.close(self._descriptor)

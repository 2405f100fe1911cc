"""Function logs: the names that a process's ring files refer to, a row each, written before they are used."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from callbox.errors import reason
from callbox.model import Function

if TYPE_CHECKING:
    from pathlib import Path

MAGIC = b"\x89CBF\r\n\x1a\n"
_ROW = struct.Struct("<4I")  # bytes of the row, id, line, flags
_LENGTH = struct.Struct("<I")
_N_NAMES = 4
_IS_C = 1 << 31
_MAX_ID = (1 << 24) - 1


class LogError(Exception):
    """A file is no function log; it says why."""


def read_function_log(path: Path) -> tuple[tuple[Function, ...], str]:
    """Read a log as far as its rows are whole.

    A process that was killed may leave its last row torn; a torn row names
    nothing that was recorded.

    Returns:
        The functions; what is damaged, in words, or nothing.

    Raises:
        LogError: it cannot be read, or is no function log.
    """
    if not path.exists():
        raise LogError("No such file or directory")
    log = FunctionLog(path)
    functions = {function.id: function for function in log.read_new()}
    return tuple(functions.values()), log.damage


class FunctionLog:
    """A log that may be growing, read as it grows.

    Attributes:
        path: of the file, which need not exist yet.
        damage: what is damaged, in words; nothing is read beyond it.
    """

    def __init__(self, path: Path) -> None:
        """Prepare to read."""
        self.path = path
        self.damage = ""
        self._offset = 0

    def read_new(self) -> list[Function]:
        """Return the functions logged since this was asked last.

        Raises:
            LogError: the log cannot be read, or is none.
        """
        if self.damage:
            return []
        try:
            with self.path.open("rb") as file:
                file.seek(self._offset)
                data = file.read()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise LogError(reason(error)) from error
        if self._offset == 0:
            if not MAGIC.startswith(data[: len(MAGIC)]):
                raise LogError(f"it begins with {data[: len(MAGIC)]!r} instead of {MAGIC!r}")
            if len(data) < len(MAGIC):
                return []
            self._offset = len(MAGIC)
            data = data[len(MAGIC) :]
        return self._parse(data)

    def _parse(self, data: bytes) -> list[Function]:
        functions = []
        at = 0
        while at + _ROW.size <= len(data):
            (size,) = _LENGTH.unpack_from(data, at)
            if at + size > len(data):
                break
            try:
                functions.append(_read_row(data[at : at + size]))
            except (ValueError, struct.error) as error:
                where = self._offset + at
                self.damage = f"the row at byte {where} is damaged, and what follows is unreadable: {error}"
                break
            at += size
        self._offset += at
        return functions


def _read_row(row: bytes) -> Function:
    """Read a row; texts beyond the four names are parameters."""
    size, number, line, flags = _ROW.unpack_from(row)
    if size < _ROW.size or number > _MAX_ID:
        raise ValueError(f"{size} bytes for function {number}")
    texts = []
    offset = _ROW.size
    while offset < size:
        (length,) = _LENGTH.unpack_from(row, offset)
        offset += _LENGTH.size + length
        if offset > size:
            raise ValueError(f"a name of {length} bytes in a row of {size}")
        texts.append(row[offset - length : offset].decode("utf-8", "surrogatepass"))
    if len(texts) < _N_NAMES:
        raise ValueError(f"{len(texts)} names instead of {_N_NAMES}")
    module_name, qualified_name, name, filename, *parameters = texts
    return Function(
        id=number,
        name=name,
        qualified_name=qualified_name,
        module_name=module_name,
        filename=filename,
        line_number=line,
        is_c=bool(flags & _IS_C),
        code_flags=flags & ~_IS_C,
        parameters=tuple(parameters),
    )

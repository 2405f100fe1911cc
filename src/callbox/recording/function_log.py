"""Function logs: the names that a process's ring files refer to, a row each, written before they are used."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from callbox.model import Function

if TYPE_CHECKING:
    from collections.abc import Iterator
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
    try:
        data = path.read_bytes()
    except OSError as error:
        raise LogError(error.strerror or str(error)) from error
    if not MAGIC.startswith(data[: len(MAGIC)]):
        raise LogError(f"it begins with {data[: len(MAGIC)]!r} instead of {MAGIC!r}")
    functions: dict[int, Function] = {}
    try:
        for function in _iter_rows(data):
            functions[function.id] = function
    except ValueError as error:
        return tuple(functions.values()), str(error)
    return tuple(functions.values()), ""


def _iter_rows(data: bytes) -> Iterator[Function]:
    offset = len(MAGIC)
    while offset + _ROW.size <= len(data):
        (size,) = _LENGTH.unpack_from(data, offset)
        if offset + size > len(data):
            return
        try:
            yield _read_row(data[offset : offset + size])
        except (ValueError, struct.error) as error:
            raise ValueError(f"the row at byte {offset} is damaged, and what follows is unreadable: {error}") from error
        offset += size


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

"""NumPy dtypes as plain data, and which of them the codec keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from callbox.errors import FormatError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Described: TypeAlias = "str | list[Any]"
"""`"<f8"`, `["sub", base, shape]` or `["struct", itemsize, [[name, title, offset, dtype], ...], is_aligned]`."""

_PLAIN_KINDS = frozenset("?biufcmMSUV")
_MAX_DEPTH = 32


def dtype_problem(dtype: np.dtype[Any]) -> str | None:
    """Say why arrays of a dtype cannot be kept as bytes; None if they can."""
    if dtype.hasobject:
        return f"its dtype {dtype} holds Python objects inside records"
    if dtype.subdtype is not None:
        return dtype_problem(dtype.subdtype[0])
    if dtype.names is not None:
        return next((problem for field in fields_of(dtype).values() if (problem := dtype_problem(field[0]))), None)
    return None if dtype.char in _CHARS else f"callbox does not know its dtype {dtype}"


_CHARS = frozenset("?bBhHiIlLqQnNpPefdgFDGmMSUV")


def fields_of(dtype: np.dtype[Any]) -> Mapping[str, Any]:
    """Return `(dtype, offset)` or `(dtype, offset, title)` of each field, by name and by title."""
    return dtype.fields or {}


def describe_dtype(dtype: np.dtype[Any]) -> Described:
    """Return a dtype as plain data. Metadata, which no operation keeps, is left out."""
    if dtype.subdtype is not None:
        base, shape = dtype.subdtype
        return ["sub", describe_dtype(base), list(shape)]
    if dtype.names is None:
        return dtype.str
    fields = []
    for name in dtype.names:
        kind, offset, *title = fields_of(dtype)[name]
        fields.append([name, title[0] if title else None, offset, describe_dtype(kind)])
    return ["struct", dtype.itemsize, fields, dtype.isalignedstruct]


def build_dtype(described: Any, depth: int = 0) -> np.dtype[Any]:
    """Make a dtype of plain data.

    Raises:
        FormatError: the data describes none, or one that holds Python objects.
    """
    if depth > _MAX_DEPTH:
        raise FormatError("encoded value has a dtype nested too deeply")
    if type(described) is str:
        return _build_plain(described)
    kind, *rest = described
    if kind == "sub":
        base, shape = rest
        return np.dtype((build_dtype(base, depth + 1), tuple(shape)))
    itemsize, fields, is_aligned = rest
    parts: Any = {
        "names": [name for name, _, _, _ in fields],
        "titles": [title for _, title, _, _ in fields],
        "offsets": [offset for _, _, offset, _ in fields],
        "formats": [build_dtype(part, depth + 1) for _, _, _, part in fields],
        "itemsize": itemsize,
    }
    found: np.dtype[Any] = np.dtype(parts, align=is_aligned)
    return found


def _build_plain(text: str) -> np.dtype[Any]:
    if not text.isascii() or text[1:2] not in _PLAIN_KINDS:
        raise FormatError(f"encoded value has dtype {text!r}, which callbox does not know")
    dtype = np.dtype(text)
    if dtype.names is not None or dtype.hasobject:
        raise FormatError(f"encoded value has dtype {text!r}, which is more than one")
    return dtype


def canonical(array: NDArray[Any]) -> NDArray[Any]:
    """Return an array in which every NaN has the same bytes, and so have gaps in records; itself where it has none."""
    if array.dtype.names is not None:
        without_gaps = np.zeros_like(array)
        without_gaps[...] = array
        array = without_gaps
    elif _has_nan(array):
        array = array.copy(order="K")
    else:
        return array
    _unify_nans(array)
    return array


def _has_nan(array: NDArray[Any]) -> bool:
    return array.dtype.kind in "fc" and bool(np.isnan(array).any())


def _unify_nans(array: NDArray[Any]) -> None:
    if array.dtype.names is not None:
        for name in array.dtype.names:
            _unify_nans(array[name])
    elif array.dtype.kind == "f":
        array[np.isnan(array)] = np.nan
    elif array.dtype.kind == "c":
        array.real[np.isnan(array.real)] = np.nan
        array.imag[np.isnan(array.imag)] = np.nan

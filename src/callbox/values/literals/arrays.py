"""Writing NumPy arrays, scalars and dtypes."""

from __future__ import annotations

import functools
import io
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from callbox.values.exact.dtypes import dtype_problem
from callbox.values.literals.families import Writing, register
from callbox.values.literals.layout import Group, Node, call
from callbox.values.literals.library import write_reference
from callbox.values.paths import quote
from callbox.values.refusal import RefusedPartError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from callbox.values.literals.write import Writer
    from callbox.values.paths import Link

_MAX_INLINE_ITEMS = 200
_EXACT_IN_SOURCE = "?biufcSUmM"
"""Kinds whose elements have a source that gives them back bit for bit."""


def _np(writer: Writer, name: str) -> str:
    return f"{writer.names.module('numpy')}.{name}"


def write_array(writer: Writer, value: NDArray[Any], link: Link) -> Node:
    """Return the source of an array: its elements, what fills it, or how to read it from a side file."""
    if value.dtype == np.dtype(object):
        return _write_objects(writer, value, link)
    problem = dtype_problem(value.dtype)
    if problem is not None:
        raise RefusedPartError(link, problem)
    filled = _write_filled(writer, value)
    if filled is not None:
        return filled
    if (value.size > _MAX_INLINE_ITEMS and writer.style.max_inline_chars is not None) or not _has_source(value.dtype):
        return _write_side_file(writer, value)
    node = call(_np(writer, "array"), [_nest(writer, value)], _keywords(writer, value))
    return _write_side_file(writer, value) if writer.is_too_long(node) else node


def _has_source(dtype: np.dtype[Any]) -> bool:
    if dtype.names is not None:
        return (
            dtype.isbuiltin == 0 and dtype == np.dtype(dtype.descr) and all(_has_source(dtype[n]) for n in dtype.names)
        )
    if dtype.subdtype is not None or dtype.itemsize == 0:
        return False
    return dtype.kind in _EXACT_IN_SOURCE and dtype.char not in "gG"


def _write_filled(writer: Writer, value: NDArray[Any]) -> Node | None:
    """Return the source of an array that holds nothing, or one number everywhere."""
    keywords = _dtype_keyword(writer, value.dtype, np.dtype(np.float64)) + _order_keyword(value)
    if not value.size:
        return call(_np(writer, "empty"), [repr(value.shape)], keywords) if _has_source(value.dtype) else None
    if value.dtype.names is not None or value.dtype.kind not in "?biuf" or value.dtype.char == "g":
        return None
    if value.size < 4 or value.ndim == 0:
        return None
    first = value.reshape(-1)[:1]
    if (
        not np.array_equal(value, np.broadcast_to(first, value.shape))
        or np.signbit(value).any() != np.signbit(first)[0]
    ):
        return None
    if value.dtype.kind == "f" and np.signbit(value).any() and not first[0]:
        return None
    shape = repr(value.shape if value.ndim > 1 else value.size)
    if not first[0]:
        return call(_np(writer, "zeros"), [shape], keywords)
    if first[0] == 1:
        return call(_np(writer, "ones"), [shape], keywords)
    dtype = [("dtype", _dtype_source(writer, value.dtype))]
    return call(_np(writer, "full"), [shape, _element(writer, first[0])], dtype + _order_keyword(value))


def _nest(writer: Writer, value: NDArray[Any]) -> Node:
    if value.ndim == 0:
        return _element(writer, value[()])
    if value.ndim == 1:
        return Group("[", tuple(_element(writer, item) for item in value), "]")
    return Group("[", tuple(_nest(writer, value[index]) for index in range(len(value))), "]")


def _element(writer: Writer, value: Any) -> Node:
    """Return the source of one element: the shortest that means it in its own dtype."""
    kind = value.dtype.kind
    if value.dtype.names is not None:
        parts = tuple(_element(writer, np.asarray(value[name])[()]) for name in value.dtype.names)
        return Group("(", parts, ")", needs_comma=len(parts) == 1)
    if kind == "f":
        return repr(float(str(value))) if np.isfinite(value) else _infinite(writer, float(value))
    if kind == "c" and not np.isfinite(value):
        return call("complex", [_element(writer, value.real), _element(writer, value.imag)])
    if kind in "mM":
        return _write_moment(value)
    return writer.write(value.item(), None)


def _infinite(writer: Writer, value: float) -> str:
    return _np(writer, "nan") if value != value else f"{'-' if value < 0 else ''}{_np(writer, 'inf')}"  # noqa: PLR0124


def _write_moment(value: Any) -> str:
    if np.isnat(value):
        return '"NaT"'
    return quote(str(value)) if value.dtype.kind == "M" else repr(int(value.view(np.int64)))


def _keywords(writer: Writer, value: NDArray[Any]) -> list[tuple[str, Node]]:
    natural = np.array(value.tolist()).dtype if value.dtype.kind in "?bifcSU" and value.size else None
    return _dtype_keyword(writer, value.dtype, natural) + _order_keyword(value)


def _dtype_keyword(writer: Writer, dtype: np.dtype[Any], natural: np.dtype[Any] | None) -> list[tuple[str, Node]]:
    return [] if dtype == natural else [("dtype", _dtype_source(writer, dtype))]


def _order_keyword(value: NDArray[Any]) -> list[tuple[str, Node]]:
    return [("order", '"F"')] if value.flags.f_contiguous and not value.flags.c_contiguous else []


def _dtype_source(writer: Writer, dtype: np.dtype[Any]) -> Node:
    """Return what a `dtype=` argument takes."""
    if dtype.names is not None:
        return writer.write(dtype.descr, None)
    name = dtype.name
    if dtype.kind in "biufc" and dtype.isnative and np.dtype(name) == dtype:
        return _np(writer, name) if name != "bool" else "bool"
    return quote(dtype.str if dtype.kind in "SUV" or not dtype.isnative else name)


def _write_side_file(writer: Writer, value: NDArray[Any]) -> Node:
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # field names beyond Latin-1 need a newer format, nothing else
        np.save(buffer, value, allow_pickle=False)
    restored = np.load(io.BytesIO(buffer.getvalue()), allow_pickle=False)
    if restored.dtype != value.dtype:
        raise RefusedPartError(None, f"the npy format does not keep its dtype {value.dtype}")
    return call(_np(writer, "load"), [writer.side_file("npy", buffer.getvalue())])


def _write_objects(writer: Writer, value: NDArray[Any], link: Link) -> Node:
    if value.ndim != 1 or any(hasattr(type(item), "__len__") and type(item) is not str for item in value):
        items = Group("[", writer.items(value.reshape(-1).tolist(), (link, "attribute", "flat")), "]")
        flat = call(_np(writer, "fromiter"), [items, "object"])
        return flat if value.ndim == 1 else call(_np(writer, "reshape"), [flat, repr(value.shape)])
    items = Group("[", writer.items(value.tolist(), link), "]")
    return call(_np(writer, "array"), [items], [("dtype", "object")])


def _write_scalar(writer: Writer, value: Any, link: Link) -> Node:
    if value.dtype.names is not None or not _has_source(value.dtype) or not value.dtype.isnative:
        raise RefusedPartError(link, f"it is a NumPy scalar of dtype {value.dtype}")
    if value.dtype.kind in "mM":
        unit = np.datetime_data(value.dtype)[0]
        name = "datetime64" if value.dtype.kind == "M" else "timedelta64"
        if np.datetime_data(value.dtype)[1] != 1:
            raise RefusedPartError(link, f"it is a NumPy scalar of dtype {value.dtype}")
        return call(_np(writer, name), [_write_moment(value), *([quote(unit)] if unit != "generic" else [])])
    name = "bool_" if value.dtype.kind == "b" else type(value).__name__
    return call(_np(writer, name), [_element(writer, value)])


def _write_text(writer: Writer, value: Any, link: Link) -> Node:
    content = str.__str__(value) if type(value) is np.str_ else bytes(value)
    return call(_np(writer, type(value).__name__), [writer.write(content, link)])


def _write_dtype(writer: Writer, value: np.dtype[Any], link: Link) -> Node:
    if value.names is not None and not _has_source(value):
        raise RefusedPartError(link, f"its dtype {value} has gaps, titles or nested records")
    source = _dtype_source(writer, value) if value != np.dtype(object) else "object"
    return call(_np(writer, "dtype"), [source])


@functools.cache
def register_loaded() -> None:
    """Make NumPy's types known."""
    register(Writing(write_array, has_identity=True), np.ndarray)
    register(Writing(_write_scalar), *(np.dtype(char).type for char in "?bBhHiIlLqQefdgFDGmM"))
    register(Writing(_write_text), np.str_, np.bytes_)
    register(Writing(_write_dtype), *{type(np.dtype(char)) for char in "?bBhHiIlLqQefdgFDGmMSUVO"})
    register(Writing(write_reference), np.ufunc, type(np.mean))

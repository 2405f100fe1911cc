"""NumPy: arrays in either order, scalars, dtypes, universal functions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import msgspec
import numpy as np

from callbox.errors import FormatError
from callbox.values.exact.dtypes import build_dtype, canonical, describe_dtype, dtype_problem
from callbox.values.exact.kinds import Eager, Row, register
from callbox.values.exact.references import add_named_type
from callbox.values.exact.wire import Tag
from callbox.values.refusal import RefusedPartError

if TYPE_CHECKING:
    from callbox.values.exact.decode import Decoder
    from callbox.values.exact.encode import Encoder
    from callbox.values.paths import Link

_DTYPES = tuple({type(np.dtype(char)) for char in "?bBhHiIlLqQefdgFDGmMSUVO"})
_SCALARS = tuple({np.dtype(char).type for char in "?bBhHiIlLqQefdgFDGmMV"})


def _pack_dtype(_encoder: Encoder, value: np.dtype[Any], link: Link) -> Row:
    if value == np.dtype(object):
        return ["O"]
    problem = dtype_problem(value)
    if problem is not None:
        raise RefusedPartError(link, problem)
    return [msgspec.json.encode(describe_dtype(value)).decode()]


def read_dtype(text: Any) -> np.dtype[Any]:
    """Return the dtype that a row's text describes."""
    return np.dtype(object) if text == "O" else build_dtype(msgspec.json.decode(text))


def _build_dtype(_decoder: Decoder, row: Row) -> Any:
    (text,) = row
    return read_dtype(text)


def _order(array: np.ndarray[Any, Any]) -> Literal["C", "F"]:
    return "F" if array.flags.f_contiguous and not array.flags.c_contiguous else "C"


def _pack_array(encoder: Encoder, value: np.ndarray[Any, Any], link: Link) -> Row:
    (dtype,) = _pack_dtype(encoder, value.dtype, link)
    order = _order(value)
    if dtype == "O":
        flat = value.reshape(-1).tolist()
        place: Link = link if value.ndim == 1 else (link, "attribute", "flat")
        return [dtype, order, value.ndim, *value.shape, *encoder.items(flat, place)]
    data = np.ascontiguousarray(canonical(value).reshape(-1, order=order))
    content = data.view(np.uint8).data if data.nbytes else b""
    return [dtype, order, value.ndim, *value.shape, content]


def _build_array(decoder: Decoder, row: Row) -> Any:
    dtype, order, n_dims = read_dtype(row[0]), row[1], row[2]
    shape, content = row[3 : 3 + n_dims], row[3 + n_dims :]
    if n_dims < 0 or any(type(n) is not int or n < 0 for n in shape):
        raise FormatError(f"encoded value has an array of shape {tuple(shape)}")
    if dtype.hasobject:
        return _build_object_array(decoder, shape, order, content)
    (data,) = content
    if type(data) is not bytes or math.prod(shape) * dtype.itemsize != len(data):
        raise FormatError(f"encoded value has an array of shape {tuple(shape)} whose bytes are not its data")
    if not data:
        return np.zeros(shape, dtype, order=order)
    return np.frombuffer(bytearray(data), dtype).reshape(shape, order=order)


def _build_object_array(decoder: Decoder, shape: Row, order: Any, content: Row) -> Any:
    if math.prod(shape) != len(content):
        raise FormatError(f"encoded value has an array of shape {tuple(shape)} and {len(content)} items")
    items = decoder.values(content)
    array = np.fromiter(items, object, len(items)).reshape(shape)
    return decoder.nested(array if order == "C" else np.asfortranarray(array), *items)


def _pack_scalar(encoder: Encoder, value: Any, link: Link) -> Row:
    (dtype,) = _pack_dtype(encoder, value.dtype, link)
    return [dtype, canonical(np.asarray(value)).tobytes()]


def _build_scalar(_decoder: Decoder, row: Row) -> Any:
    dtype, data = read_dtype(row[0]), row[1]
    if dtype.hasobject or len(data) != dtype.itemsize:
        raise FormatError(f"encoded value has a scalar of dtype {dtype} and {len(data)} bytes")
    return np.frombuffer(data, dtype)[0] if data else np.zeros((), dtype)[()]


def _pack_text(encoder: Encoder, value: Any, link: Link) -> Row:
    # a dtype would lose NUL characters at the end
    return [encoder.put(str.__str__(value) if type(value) is np.str_ else bytes(value), link)]


def _build_text(_decoder: Decoder, row: Row) -> Any:
    (content,) = row
    if type(content) not in (str, bytes):
        raise FormatError(f"encoded value has a NumPy text made of a {type(content).__name__}")
    return np.str_(content) if type(content) is str else np.bytes_(content)


def _reference_of_ufunc(value: np.ufunc) -> tuple[str, str]:
    return "numpy", value.__name__


add_named_type(np.ufunc, _reference_of_ufunc)
add_named_type(type(np.mean), lambda function: (function.__module__, function.__name__))

register(
    Eager(Tag.DTYPE, _DTYPES, _pack_dtype, _build_dtype),
    Eager(Tag.NDARRAY, (np.ndarray,), _pack_array, _build_array, is_shared_by_content=False),
    Eager(Tag.SCALAR, _SCALARS, _pack_scalar, _build_scalar),
    Eager(Tag.TEXT_SCALAR, (np.str_, np.bytes_), _pack_text, _build_text),
)

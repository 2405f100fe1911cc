"""SciPy's sparse arrays and matrices, format by format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp

from callbox.errors import FormatError
from callbox.values.exact.kinds import Eager, Row, register
from callbox.values.exact.wire import Tag

if TYPE_CHECKING:
    from callbox.values.exact.decode import Decoder
    from callbox.values.exact.encode import Encoder
    from callbox.values.paths import Link

_PARTS = {
    "csr": ("data", "indices", "indptr"),
    "csc": ("data", "indices", "indptr"),
    "bsr": ("data", "indices", "indptr"),
    "dia": ("data", "offsets"),
}
_FORMATS = ("csr", "csc", "bsr", "dia", "coo", "dok", "lil")
CLASSES = {f"{name}_{kind}": getattr(sp, f"{name}_{kind}") for name in _FORMATS for kind in ("array", "matrix")}


def _pack(encoder: Encoder, value: Any, link: Link) -> Row:
    name = value.format
    whole = value if name in _PARTS else value.tocoo()
    row = [type(value).__name__, len(value.shape), *value.shape]
    if name in _PARTS:
        return [*row, *(encoder.put(getattr(whole, part), (link, "attribute", part)) for part in _PARTS[name])]
    coords = whole.coords if hasattr(whole, "coords") else (whole.row, whole.col)
    return [*row, *(encoder.put(np.asarray(part), (link, "attribute", "coords")) for part in (whole.data, *coords))]


def _build(decoder: Decoder, row: Row) -> Any:
    name, n_dims = row[0], row[1]
    if name not in CLASSES:
        raise FormatError(f"encoded value has a sparse {name!r}, which callbox does not know")
    shape, arrays = tuple(row[2 : 2 + n_dims]), decoder.values(row[2 + n_dims :])
    if any(type(array) is not np.ndarray or array.dtype.hasobject for array in arrays):
        raise FormatError(f"encoded value has a {name} whose parts are no arrays")
    cls = CLASSES[name]
    if name.partition("_")[0] in ("coo", "dok", "lil"):
        data, *coords = arrays
        # coo checks that every coordinate lies inside the shape
        return cls(CLASSES["coo_" + name.partition("_")[2]]((data, tuple(coords)), shape=shape))
    value = cls(tuple(arrays), shape=shape)
    if hasattr(value, "check_format"):
        value.check_format(full_check=True)
    return value


register(Eager(Tag.SPARSE, tuple(CLASSES.values()), _pack, _build, is_shared_by_content=False))

"""Writing Arrow tables, by a side file, and SciPy's sparse arrays, by their parts."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from callbox.values.literals.families import Writing, register
from callbox.values.literals.layout import Group, Node, Suffixed, call, flat

if TYPE_CHECKING:
    from callbox.values.literals.write import Writer
    from callbox.values.paths import Link


def _read(writer: Writer, data: bytes) -> str:
    """Return the expression that reads a table from a side file."""
    path = flat(writer.side_file("arrow", data))
    return f"{writer.names.module('pyarrow')}.ipc.open_stream(({path}).read_bytes()).read_all()"


def _write_table(writer: Writer, value: Any, _link: Link) -> Node:
    from callbox.values.exact.arrow import write_stream

    return _read(writer, write_stream(value))


def _write_batch(writer: Writer, value: Any, _link: Link) -> Node:
    from callbox.values.exact.arrow import write_stream

    table = sys.modules["pyarrow"].Table.from_batches([value])
    return Suffixed(_read(writer, write_stream(table)), ".to_batches()[0]")


def _write_chunked(writer: Writer, value: Any, _link: Link) -> Node:
    from callbox.values.exact.arrow import write_column

    return Suffixed(_read(writer, write_column(value)), '["column"]')


def _write_column(writer: Writer, value: Any, _link: Link) -> Node:
    from callbox.values.exact.arrow import write_column

    return Suffixed(_read(writer, write_column(value)), '["column"].combine_chunks()')


def _write_sparse(writer: Writer, value: Any, link: Link) -> Node:
    name = writer.names.refer("scipy.sparse", type(value).__name__)
    parts = {"csr": ("data", "indices", "indptr"), "dia": ("data", "offsets")}
    parts |= {"csc": parts["csr"], "bsr": parts["csr"]}
    shape = [("shape", repr(tuple(int(n) for n in value.shape)))]
    if value.format in parts:
        nodes = [writer.write(getattr(value, part), (link, "attribute", part)) for part in parts[value.format]]
        return call(name, [Group("(", tuple(nodes), ")")], shape)
    whole = value.tocoo()
    coords = whole.coords if hasattr(whole, "coords") else (whole.row, whole.col)
    axes = Group("(", tuple(writer.write(np.asarray(axis), link) for axis in coords), ")", needs_comma=len(coords) == 1)
    entries = Group("(", (writer.write(whole.data, (link, "attribute", "data")), axes), ")")
    if value.format == "coo":
        return call(name, [entries], shape)
    made = writer.names.refer("scipy.sparse", "coo_" + type(value).__name__.partition("_")[2])
    return call(name, [call(made, [entries], shape)])


def _register_arrow(pa: Any) -> None:
    from callbox.values.exact import arrow

    register(Writing(_write_table, has_identity=True), pa.Table)
    register(Writing(_write_batch, has_identity=True), pa.RecordBatch)
    register(Writing(_write_chunked, has_identity=True), pa.ChunkedArray)
    register(Writing(_write_column, has_identity=True), *arrow.ARRAY_TYPES)


def _register_scipy(_scipy: Any) -> None:
    from callbox.values.exact import sparse

    register(Writing(_write_sparse, has_identity=True), *sparse.CLASSES.values())


_REGISTRARS = {"pyarrow": _register_arrow, "scipy": _register_scipy}


def register_loaded() -> None:
    """Make known the types of those libraries that the program has loaded."""
    for name, register_types in list(_REGISTRARS.items()):
        if name in sys.modules:
            register_types(sys.modules[name])
            del _REGISTRARS[name]

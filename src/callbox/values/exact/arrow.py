"""Arrow: tables, batches and arrays as an Arrow IPC stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from callbox.errors import FormatError
from callbox.values.exact.kinds import Eager, Row, register
from callbox.values.exact.wire import Tag
from callbox.values.refusal import RefusedPartError

if TYPE_CHECKING:
    from callbox.values.exact.decode import Decoder
    from callbox.values.exact.encode import Encoder
    from callbox.values.paths import Link

_COLUMN = "column"
_SAFE_SINCE = (14, 0, 1)
"""Before this version reading a stream could load a pickle from it (CVE-2023-47248)."""


def write_stream(table: pa.Table) -> bytes:
    """Return a table as an IPC stream, uncompressed."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def read_stream(data: Any) -> pa.Table:
    """Read an IPC stream and check every offset in it.

    Raises:
        FormatError: the stream is damaged, or this pyarrow is too old to read one that may be hostile.
    """
    if tuple(int(part) for part in pa.__version__.split(".")[:3] if part.isdigit()) < _SAFE_SINCE:
        raise FormatError(f"pyarrow {pa.__version__} is not safe to read with: install 14.0.1 or later")
    if type(data) is not bytes:
        raise FormatError("encoded value has an Arrow stream that is no bytes")
    try:
        table = pa.ipc.open_stream(data).read_all()
        table.validate(full=True)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise FormatError(f"encoded value has a damaged Arrow stream: {error}") from error
    return table


def write_column(array: Any) -> bytes:
    """Return an array, chunked or not, as a stream of one column."""
    chunked = array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])
    return write_stream(pa.table({_COLUMN: chunked}))


def read_column(data: Any) -> pa.ChunkedArray:
    """Read what `write_column` wrote."""
    return read_stream(data).column(_COLUMN)


def _pack(_encoder: Encoder, value: Any, link: Link) -> Row:
    types = value.schema.types if isinstance(value, pa.Table | pa.RecordBatch) else [value.type]
    if any(isinstance(kind, pa.BaseExtensionType) for kind in types):
        raise RefusedPartError(link, "it has a column of an Arrow extension type")
    if isinstance(value, pa.Table):
        return ["table", write_stream(value)]
    if isinstance(value, pa.RecordBatch):
        return ["batch", write_stream(pa.Table.from_batches([value]))]
    return ["chunked" if isinstance(value, pa.ChunkedArray) else "array", write_column(value)]


def _build(_decoder: Decoder, row: Row) -> Any:
    kind, data = row
    if kind == "table":
        return read_stream(data)
    if kind == "batch":
        table = read_stream(data)
        batches = table.to_batches()
        return batches[0] if batches else pa.RecordBatch.from_pylist([], schema=table.schema)
    column = read_column(data)
    return column if kind == "chunked" else column.combine_chunks()


def _array_types() -> tuple[type, ...]:
    found = [cls for cls in vars(pa.lib).values() if isinstance(cls, type)]
    return tuple(cls for cls in found if issubclass(cls, pa.Array) and not issubclass(cls, pa.ExtensionArray))


ARRAY_TYPES = _array_types()

register(
    Eager(
        Tag.ARROW, (pa.Table, pa.RecordBatch, pa.ChunkedArray, *ARRAY_TYPES), _pack, _build, is_shared_by_content=False
    )
)

"""Arrow tables, batches and arrays."""

from __future__ import annotations

import pytest

from callbox.errors import FormatError
from callbox.values.exact import decode, encode

pa = pytest.importorskip("pyarrow")

TABLE = {"a": [1, None, 3], "text": ["x", "y", None], "deep": [[1], [], None]}


@pytest.mark.parametrize(
    "value",
    [
        *(pa.table(TABLE), pa.record_batch(TABLE), pa.chunked_array([[1], [2, None]]), pa.array(["a", None])),
        *(
            pa.array([1, 2, 3])[1:],
            pa.array(["a", "b", "a"]).dictionary_encode(),
            pa.table({}),
            pa.array([], pa.int8()),
        ),
    ],
)
def test_arrow_value_round_trips_with_its_type(value) -> None:
    decoded = decode(encode(value))

    assert type(decoded) is type(value)
    assert decoded.equals(value)


def test_damaged_stream_is_a_format_error() -> None:
    from callbox.values.exact.arrow import read_stream, write_stream

    stream = bytearray(write_stream(pa.table(TABLE)))
    stream[40:48] = b"\xff" * 8

    with pytest.raises(FormatError, match="damaged Arrow stream"):
        read_stream(bytes(stream))


def test_arrow_column_of_a_frame_round_trips() -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"a": pd.array([1, None], pd.ArrowDtype(pa.int32()))})

    pd.testing.assert_frame_equal(decode(encode(frame)), frame)

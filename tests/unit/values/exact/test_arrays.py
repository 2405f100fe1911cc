"""NumPy arrays, scalars, dtypes and functions."""

from __future__ import annotations

import numpy as np
import pytest

from callbox.errors import FormatError
from callbox.values.exact import decode, encode
from callbox.values.exact.dtypes import build_dtype, describe_dtype
from callbox.values.refusal import RefusalError

ALIGNED = np.dtype([("a", "i1"), ("b", ">f8", (2,)), ("c", [("d", "U3")])], align=True)
TITLED = np.dtype({"names": ["x"], "formats": ["i4"], "titles": ["long name"], "offsets": [4], "itemsize": 12})


@pytest.mark.parametrize(
    "value",
    [
        *(
            np.arange(6).reshape(2, 3),
            np.arange(6.0).reshape(2, 3, order="F"),
            np.arange(10)[::3],
            np.array(5),
            np.zeros((0, 3)),
        ),
        *(
            np.array([1.5, -0.0, np.inf]),
            np.array([1 + 2j]),
            np.array(["a", "bc"]),
            np.array([b"a\0b"]),
            np.array([True]),
        ),
        *(
            np.array(["2020-01-01", "NaT"], "M8[D]"),
            np.array([1], "m8[ms]"),
            np.array([1, 2], ">u2"),
            np.float16([0.1]),
        ),
        *(np.zeros(2, ALIGNED), np.zeros(2, TITLED), np.zeros(2, "V3"), np.longdouble([1]) / 3, np.zeros(3, "S0")),
        np.broadcast_to(np.arange(3), (2, 3)),
    ],
)
def test_array_keeps_shape_dtype_order_and_every_byte(value) -> None:
    decoded = decode(encode(value))

    assert (decoded.dtype, decoded.shape) == (value.dtype, value.shape)
    assert value.dtype.names or decoded.tobytes() == value.tobytes()
    assert repr(decoded) == repr(value)
    assert decoded.flags.f_contiguous == value.flags.f_contiguous or not value.flags.forc
    assert decoded.flags.writeable


def test_nan_payloads_do_not_show_in_the_bytes() -> None:
    payload = np.array([0x7FF8000000000001, 0xFFF8000000000000], "u8").view("f8")

    assert encode(payload) == encode(np.array([np.nan, np.nan]))
    assert payload.view("u8")[0] == 0x7FF8000000000001


def test_gaps_in_records_do_not_show_in_the_bytes() -> None:
    clean, dirty = np.zeros(2, TITLED), np.frombuffer(b"\xff" * 24, TITLED).copy()
    dirty.view(np.uint8)[:] = 0xFF
    dirty["x"] = 0

    assert encode(dirty) == encode(clean)


def test_object_array_keeps_its_items_and_their_identity() -> None:
    shared = [1]
    array = np.empty((2, 2), object)
    array[:] = [[shared, None], ["x", np.array(3)]]
    array[1, 1] = np.arange(2)

    decoded, decoded_shared = decode(encode([array, shared]))

    assert decoded[0, 0] is decoded_shared
    assert decoded.shape == (2, 2)
    assert decoded[1, 1].tolist() == [0, 1]


def test_object_array_that_contains_itself_is_refused() -> None:
    array = np.empty(1, object)
    array[0] = array

    with pytest.raises(RefusalError, match="contains itself") as refusal:
        encode([array])
    assert refusal.value.path == "value[0][0]"


def test_records_with_objects_are_refused_with_their_dtype() -> None:
    with pytest.raises(RefusalError, match="holds Python objects inside records"):
        encode(np.zeros(1, [("a", "O")]))


def test_subclass_of_array_is_refused() -> None:
    with pytest.raises(RefusalError, match="MaskedArray"):
        encode([np.ma.masked_array([1, 2], [True, False])])


@pytest.mark.parametrize(
    "value",
    [
        *(
            np.float32(1.5),
            np.int64(-1),
            np.bool_(True),
            np.complex64(1j),
            np.datetime64("NaT", "D"),
            np.timedelta64(3, "h"),
        ),
        *(np.str_("a\0"), np.bytes_(b"a\0"), np.float64(0.1), np.zeros(1, [("a", "i4")])[0]),
    ],
)
def test_scalar_round_trips_with_its_type(value) -> None:
    decoded = decode(encode(value))

    assert type(decoded) is type(value)
    assert decoded.tobytes() == value.tobytes()


@pytest.mark.parametrize("dtype", [np.dtype("f4"), np.dtype(">i2"), np.dtype("U5"), np.dtype(object), ALIGNED, TITLED])
def test_dtype_round_trips(dtype) -> None:
    decoded = decode(encode(dtype))

    assert decoded == dtype
    assert decoded.isalignedstruct == dtype.isalignedstruct


@pytest.mark.parametrize("value", [np.add, np.mean, np.float32, np.zeros])
def test_function_or_class_is_itself_again(value) -> None:
    assert decode(encode(value)) is value


def test_description_of_a_dtype_gives_it_back() -> None:
    assert build_dtype(describe_dtype(ALIGNED)) == ALIGNED


@pytest.mark.parametrize("described", ["O", "|O8", "T", "ü", "", "<f8, O", ["sub", "O", [2]], ["struct", 8, []]])
def test_description_of_no_plain_dtype_is_an_error(described) -> None:
    with pytest.raises((FormatError, ValueError, TypeError)):
        build_dtype(described)


def test_description_nested_without_end_is_a_format_error() -> None:
    described = "<f8"
    for _ in range(100):
        described = ["sub", described, [1]]

    with pytest.raises(FormatError, match="nested too deeply"):
        build_dtype(described)

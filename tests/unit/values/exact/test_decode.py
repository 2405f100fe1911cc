"""Decoding: nothing runs, nothing is imported, and what is damaged is a FormatError."""

from __future__ import annotations

import sys

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import value_kinds as kinds
from tests.support.value_strategies import values

from callbox.errors import FormatError
from callbox.values.exact import decode, encode
from callbox.values.exact.wire import Tag, seal

BODY = [[], [], [], None]


def body(names=(), shells=(), steps=(), root=None) -> bytes:
    return seal(msgspec.msgpack.encode([list(names), list(shells), list(steps), root]))


UNION = [("types", "UnionType")]


@settings(max_examples=100)
@given(values, st.data())
def test_truncated_value_is_a_format_error(value, data) -> None:
    encoded = encode(value)
    length = data.draw(st.integers(0, len(encoded) - 1))

    with pytest.raises(FormatError):
        decode(encoded[:length])


@settings(max_examples=100)
@given(values, st.data())
def test_flipped_bit_is_a_format_error(value, data) -> None:
    encoded = bytearray(encode(value))
    bit = data.draw(st.integers(0, 8 * len(encoded) - 1))
    encoded[bit // 8] ^= 1 << bit % 8

    with pytest.raises(FormatError):
        decode(encoded)


@settings(max_examples=500)
@given(st.binary(max_size=60))
def test_any_body_is_a_value_or_a_format_error(data) -> None:
    try:
        decode(seal(data))
    except FormatError as error:
        assert str(error)


@settings(max_examples=200)
@given(values, st.data())
def test_damaged_body_with_a_right_checksum_is_a_value_or_a_format_error(value, data) -> None:
    encoded = bytearray(encode(value)[9:])
    at = data.draw(st.integers(0, len(encoded) - 1))
    encoded[at] = data.draw(st.integers(0, 255))
    try:
        decode(seal(bytes(encoded)))
    except FormatError as error:
        assert str(error)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not an encoded value"),
        (b"PK\x03\x04 something else", "not an encoded value"),
        (b"\x89CBV", "truncated"),
        (b"\x89CBV\x63" + bytes(10), "version 99"),
        (seal(b"\x80"), "malformed"),
        (seal(b"\xdd\xff\xff\xff\xff"), "malformed"),
        (seal(b"\x91" * 200_000), "malformed"),
    ],
)
def test_what_is_no_value_is_a_format_error_that_says_so(data, message) -> None:
    with pytest.raises(FormatError, match=message):
        decode(data)


@pytest.mark.parametrize(
    "data",
    [
        body(root=[0]),
        body(root=[-1]),
        body(root=[]),
        body(root={"a": 1}),
        body(steps=[[Tag.TUPLE, [0]]], root=[0]),
        body(steps=[[Tag.TUPLE, [5]]], root=[0]),
        body(shells=[Tag.TUPLE], root=[-1]),
        body(shells=[255], root=[-1]),
        body(steps=[[Tag.LIST, 1]], root=[0]),
        body(steps=[[1, -1, []]], shells=[Tag.LIST], root=[-1]),
        body(steps=[[1, 0, [1, 1]]], shells=[Tag.SET], root=[-1]),
        body(steps=[[1, 0, ["a", 1, "a", 2]]], shells=[Tag.DICT], root=[-1]),
        body(steps=[[1, 0, ["a"]]], shells=[Tag.DICT], root=[-1]),
        body(steps=[[1, 0, [[-1], 1]]], shells=[Tag.DICT], root=[-1]),
        body(steps=[[2, 0, ["a", 1]]], shells=[Tag.LIST], root=[-1]),
        body(steps=[[3, 0, ["a", 1]]], shells=[Tag.LIST], root=[-1]),
        body(steps=[[Tag.CLASS, 0]], root=[0]),
        body(UNION, steps=[[Tag.CLASS, 0], [Tag.TUPLE, 1, 2], [Tag.ALIAS, [0], [1]]], root=[2]),
        body(UNION, steps=[[Tag.CLASS, 0], [Tag.TUPLE], [Tag.ALIAS, [0], [1]]], root=[2]),
        body(steps=[[Tag.BYTEARRAY, 10**15]], root=[0]),
        body(steps=[[Tag.TEXT_SCALAR, 10**15]], root=[0]),
        body(steps=[[Tag.FRACTION, "1e99999999", 1]], root=[0]),
        body(steps=[[Tag.FRACTION, msgspec.msgpack.Ext(4, b"1E+99999999"), None]], root=[0]),
        body(steps=[[Tag.MEMORYVIEW, "B", [0], True, b""], [Tag.ARRAY, "i", 4, 10**9]], root=[1]),
    ],
)
def test_body_that_contradicts_itself_is_a_format_error(data) -> None:
    with pytest.raises(FormatError):
        decode(data)


def test_arrays_of_sizes_that_the_data_does_not_have_allocate_nothing() -> None:
    pytest.importorskip("numpy")
    huge = [Tag.NDARRAY, "O", "C", 1, 1 << 40]

    with pytest.raises(FormatError, match="items"):
        decode(body(steps=[huge], root=[0]))
    with pytest.raises(FormatError, match="bytes are not its data"):
        decode(body(steps=[[Tag.NDARRAY, '"<f8"', "C", 2, 1 << 40, 1 << 40, b""]], root=[0]))


def test_class_of_a_module_that_is_not_loaded_must_be_named() -> None:
    assert "antigravity" not in sys.modules

    with pytest.raises(FormatError, match=r"allow=\['antigravity'\]"):
        decode(body(names=[("antigravity", "fly")], steps=[[Tag.FUNCTION, 0]], root=[0]))
    assert "antigravity" not in sys.modules


def test_module_that_is_named_is_imported(tmp_path, monkeypatch) -> None:
    (tmp_path / "named_module.py").write_text("class Thing: pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    data = body(names=[("named_module", "Thing")], shells=[[Tag.OBJECT, 0]], root=[-1])

    thing = decode(data, allow=["named_*"])

    assert type(thing).__name__ == "Thing"
    monkeypatch.delitem(sys.modules, "named_module")


def test_module_that_fails_to_import_is_a_format_error(tmp_path, monkeypatch) -> None:
    (tmp_path / "broken_module.py").write_text("1 / 0\n")
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(FormatError, match="fails to import: division by zero"):
        decode(body(names=[("broken_module", "x")], steps=[[Tag.FUNCTION, 0]], root=[0]), allow=["broken_module"])


class Trap:
    """Counts every piece of its code that runs."""

    n_calls = 0

    def _count(self, *args, **kwargs):
        Trap.n_calls += 1

    __init__ = __setattr__ = __setstate__ = __getstate__ = __reduce_ex__ = __repr__ = __getattribute__ = _count

    def __new__(cls, *args):
        Trap.n_calls += 1
        return object.__new__(cls)

    @property
    def attribute(self):
        Trap.n_calls += 1


def test_no_code_of_the_class_runs() -> None:
    trap = object.__new__(Trap)
    object.__getattribute__(trap, "__dict__").update(attribute=1, other=[2])
    Trap.n_calls = 0

    decoded = decode(encode(trap))

    assert Trap.n_calls == 0
    assert object.__getattribute__(decoded, "__dict__") == {"attribute": 1, "other": [2]}


def test_object_of_a_class_with_state_in_c_is_not_made_empty() -> None:
    with pytest.raises(FormatError, match="ordinary subclass"):
        decode(body(names=[("_thread", "LockType")], shells=[[Tag.OBJECT, 0]], root=[-1]))


def test_state_that_an_object_has_no_place_for_is_a_format_error() -> None:
    name = kinds.Slotted.__module__, "Slotted"

    with pytest.raises(FormatError, match="no attribute 'colour'"):
        decode(body(names=[name], shells=[[Tag.OBJECT, 0]], steps=[[2, 0, ["colour", 1]]], root=[-1]))


def test_views_of_the_data_are_read_like_bytes() -> None:
    assert decode(memoryview(encode([1]))) == decode(bytearray(encode([1]))) == [1]

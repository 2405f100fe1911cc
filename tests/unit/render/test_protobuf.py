"""Protocol buffers."""

from __future__ import annotations

import numpy as np
import pytest

from callbox.render.protobuf import fixed64, integer, nested, padded_varints, text, varint


def read_varint(data: bytes) -> int:
    return sum((byte & 0x7F) << 7 * place for place, byte in enumerate(data))


@pytest.mark.parametrize(
    ("number", "written"), [(0, b"\0"), (1, b"\x01"), (127, b"\x7f"), (128, b"\x80\x01"), (300, b"\xac\x02")]
)
def test_varint_has_seven_bits_a_byte(number, written) -> None:
    assert varint(number) == written


def test_fields_begin_with_number_and_kind() -> None:
    assert integer(1, 150) == b"\x08\x96\x01"
    assert text(2, "testing") == b"\x12\x07testing"
    assert nested(3, integer(1, 150)) == b"\x1a\x03\x08\x96\x01"
    assert fixed64(47, 1) == b"\xf9\x02" + b"\x01" + bytes(7)


def test_negative_number_has_64_bits() -> None:
    assert integer(1, -1) == b"\x08" + b"\xff" * 9 + b"\x01"


def test_lone_surrogates_are_escaped() -> None:
    assert text(1, "\udce9") == nested(1, rb"\udce9")


def test_padded_varints_are_of_one_length_and_say_the_same() -> None:
    numbers = np.array([0, 1, 127, 128, 1 << 20, (1 << 28) - 1])

    rows = padded_varints(numbers, 4)

    assert rows.shape == (6, 4)
    assert [read_varint(bytes(row)) for row in rows] == numbers.tolist()
    assert [[byte >= 0x80 for byte in row] for row in rows.tolist()] == [[True, True, True, False]] * 6

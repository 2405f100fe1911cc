from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbox.engine.kernels import SLOT_DTYPE
from callbox.recording.packing import pack_octets, pack_slots, unpack_octets, unpack_slots


@given(slots=st.lists(st.tuples(st.integers(0, (1 << 32) - 1), st.integers(0, (1 << 32) - 1)), max_size=50))
def test_slots_come_back_as_they_were(slots) -> None:
    before = np.array(slots, SLOT_DTYPE)

    after = unpack_slots(memoryview(pack_slots(before)), len(before))

    assert after.tobytes() == before.tobytes()


@given(octets=st.binary(max_size=300))
def test_octets_come_back_as_they_were(octets) -> None:
    assert unpack_octets(memoryview(pack_octets(octets)), len(octets)) == octets


PACKED = pack_octets(b"call" * 100)


@pytest.mark.parametrize(
    ("packed", "n_bytes"),
    [(b"", 400), (PACKED[:-1], 400), (PACKED + b"x", 400), (PACKED, 399), (PACKED, 401), (b"no frame at all", 400)],
    ids=["empty", "cut", "longer", "fewer", "more", "junk"],
)
def test_other_bytes_are_a_value_error(packed, n_bytes) -> None:
    with pytest.raises(ValueError, match=r"were packed|Zstandard"):
        unpack_octets(memoryview(packed), n_bytes)


def test_a_small_frame_of_much_is_not_unpacked_to_its_end() -> None:
    with pytest.raises(ValueError, match="1000 bytes were packed"):
        unpack_octets(memoryview(pack_octets(bytes(1 << 24))), 1000)

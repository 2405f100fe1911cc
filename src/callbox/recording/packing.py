"""Blocks of slots and values as a box stores them: compressed by Zstandard.

Slots are laid out by column first, times as differences: neighbouring events are
alike in what they name, and close in time, which makes them a sixth of their size.
Source: `docs/format.md`, "Packed blocks".
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np

from callbox.engine.kernels import SLOT_DTYPE
from callbox.recording import box

if TYPE_CHECKING:
    from numpy.typing import NDArray

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_LEVEL = 1
"""Twice the level costs three times the time, for a tenth of the size."""
_MAX_WINDOW_LOG = 20
"""A hostile block must not make the decoder allocate more than it may hold."""
_N_PLANES = 4


def pack_slot_block(thread: int, high: int, first: int, slots: NDArray[np.void]) -> bytes:
    """Return the payload of a block of slots."""
    return box.BLOCK.pack(thread, high, first) + box.COUNT.pack(len(slots), 0) + pack_slots(slots)


def pack_value_block(thread: int, position: int, octets: memoryview) -> bytes:
    """Return the payload of a block of values."""
    return box.BLOCK.pack(thread, 0, position) + box.COUNT.pack(len(octets), 0) + pack_octets(octets)


def pack_slots(slots: NDArray[np.void]) -> bytes:
    """Compress slots: planes of the bytes of the differences of `ticks`, then the words."""
    ticks = slots["ticks"]
    differences = np.empty(len(ticks), np.uint32)
    differences[:1] = ticks[:1]
    np.subtract(ticks[1:], ticks[:-1], out=differences[1:])
    planes = np.ascontiguousarray(differences.view(np.uint8).reshape(-1, _N_PLANES).T)
    return zstd.compress(planes.tobytes() + slots["word"].tobytes(), _LEVEL)


def unpack_slots(packed: memoryview, n_slots: int) -> NDArray[np.void]:
    """Undo `pack_slots`.

    Raises:
        ValueError: these are no packed slots, or not so many.
    """
    octets = np.frombuffer(unpack_octets(packed, n_slots * SLOT_DTYPE.itemsize), np.uint8)
    n_ticks_bytes = n_slots * _N_PLANES
    differences = np.ascontiguousarray(octets[:n_ticks_bytes].reshape(_N_PLANES, -1).T).view("<u4").ravel()
    slots = np.empty(n_slots, SLOT_DTYPE)
    np.cumsum(differences, out=slots["ticks"], dtype=np.uint32)
    slots["word"] = octets[n_ticks_bytes:].view("<u4")
    return slots


def pack_octets(octets: bytes | memoryview) -> bytes:
    """Compress bytes."""
    return zstd.compress(octets, _LEVEL)


def unpack_octets(packed: memoryview, n_bytes: int) -> bytes:
    """Undo `pack_octets`.

    Raises:
        ValueError: this is no Zstandard frame, or not of so many bytes.
    """
    decoder = zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: _MAX_WINDOW_LOG})
    try:
        octets = decoder.decompress(packed, n_bytes + 1)
    except zstd.ZstdError as error:
        raise ValueError(str(error)) from error
    if len(octets) != n_bytes or not decoder.eof or decoder.unused_data:
        raise ValueError(f"{n_bytes} bytes were packed, and these are others")
    return octets

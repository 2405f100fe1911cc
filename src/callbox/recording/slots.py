"""Runs of undecoded slots: what they name, and how far the clock turns in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from callbox.engine.kernels import SLOT_DTYPE
from callbox.model import EventKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

SLOT_SIZE = SLOT_DTYPE.itemsize
N_CODES = 1 << 24
"""A slot has 24 bits for a function's id."""

_KIND_BITS = 8
_KIND_MASK = 0xFF
_SIGN_OF_TURN = 0x800000
_HIGH_MASK = 0xFFFFFFFF

_IS_KIND = np.zeros(1 << _KIND_BITS, np.bool_)
_IS_KIND[list(EventKind)] = True
_IS_KIND[EventKind.TIME :] = True  # prefixes: what a later callbox may add does not change the events
_NAMES_FUNCTION = np.zeros(1 << _KIND_BITS, np.bool_)
_NAMES_FUNCTION[EventKind.CALL : EventKind.TASK_SWITCH] = True


def iter_blocks(segments: Iterable[memoryview], max_slots: int) -> Iterator[memoryview]:
    """Cut segments into views of at most `max_slots` slots."""
    size = max_slots * SLOT_SIZE
    for segment in segments:
        octets = memoryview(segment).cast("B")
        for start in range(0, octets.nbytes, size):
            yield octets[start : start + size]


def words_of(block: memoryview | bytes) -> NDArray[np.uint32]:
    """Return the `kind | code << 8` words of a block."""
    words: NDArray[np.uint32] = np.frombuffer(block, SLOT_DTYPE)["word"]
    return words


def codes_of(words: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Return the function ids that events name, with repetitions."""
    codes: NDArray[np.uint32] = words[_NAMES_FUNCTION[words & _KIND_MASK]] >> _KIND_BITS
    return codes


def with_codes(words: NDArray[np.uint32], ids: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Return words whose events name `ids[code]` instead of their code; codes beyond the last id get that one."""
    codes = ids[np.minimum(words >> _KIND_BITS, len(ids) - 1)]
    return np.where(_NAMES_FUNCTION[words & _KIND_MASK], codes << _KIND_BITS | words & _KIND_MASK, words)


def is_known_kind(words: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Say of each slot whether it is a prefix, or an event that this version knows."""
    is_known: NDArray[np.bool_] = _IS_KIND[words & _KIND_MASK]
    return is_known


def sum_turns(words: NDArray[np.uint32]) -> int:
    """Return by how much the TIME slots change the high half of the clock."""
    turns = (words[words & _KIND_MASK == EventKind.TIME] >> _KIND_BITS).astype(np.int64)
    return int(((turns ^ _SIGN_OF_TURN) - _SIGN_OF_TURN).sum())


def count_up_to_last_event(words: NDArray[np.uint32]) -> int:
    """Return how many slots there are up to the last that is no prefix, that one included."""
    places = np.flatnonzero(words & _KIND_MASK < EventKind.TIME)
    return int(places[-1]) + 1 if len(places) else 0


def count_events(words: NDArray[np.uint32]) -> int:
    """Return how many slots are no prefixes."""
    return int(np.count_nonzero(words & _KIND_MASK < EventKind.TIME))


def bridge(high_before: int, high_after: int) -> bytes:
    """Return a slot that stands for missing ones: it turns the clock."""
    turn = (high_after - high_before) & (N_CODES - 1)
    return np.array([(0, EventKind.TIME | turn << _KIND_BITS)], SLOT_DTYPE).tobytes()


def step_high(high: int, turn: int) -> int:
    """Move the high half of the clock, a 32-bit counter that wraps."""
    return (high + turn) & _HIGH_MASK

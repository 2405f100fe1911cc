"""Numbers that stand for values: equal where their texts are, in all recordings that one process reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from callbox.values.describe import describe
from callbox.values.frozen import RECORD_KINDS, Cut, Inline, Tag

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from callbox.recording.values import RecordedValues

_KIND_SHIFT = np.uint64(48)
_STORED_WHOLE = frozenset({Tag.INT, Tag.BIG_INT, Tag.FLOAT, Tag.COMPLEX, Tag.STR, Tag.BYTES, Tag.BYTEARRAY})
"""Kinds of values whose bytes differ where their texts do, and hold no identity."""
_RECORDS = np.array(sorted(RECORD_KINDS), np.uint64)
_PLACE_MIX = np.uint64(0x9E3779B97F4A7C15)
_DIGEST_MIX = np.uint64(0xBF58476D1CE4E5B9)
_SHIFT = np.uint64(31)


@dataclass(frozen=True, slots=True)
class EventDigests:
    """What stands for the values of each event.

    Attributes:
        digests: shape `(n_events + 1,)`; the last one, which the row -1 finds, is that of no values.
        is_known: shape `(n_events + 1,)`; false where some of the event's values are not there any more.
    """

    digests: NDArray[np.uint64]
    is_known: NDArray[np.bool_]


def digest_events(values: RecordedValues, *, max_chars: int) -> EventDigests:
    """Digest the values of each event.

    Args:
        values: of a recording.
        max_chars: how much of the texts of containers and objects counts.
    """
    starts = values.starts.astype(np.int64)
    digests, is_lost = _digest_values(values, max_chars)
    places = np.arange(len(values.payloads))
    events = np.searchsorted(starts, places, side="right") - 1
    terms = digests ^ (places - starts[events] + 1).astype(np.uint64) * _PLACE_MIX
    terms *= _DIGEST_MIX
    terms ^= terms >> _SHIFT
    sums = np.concatenate((np.zeros(1, np.uint64), np.cumsum(terms)))
    n_lost = np.concatenate(([0], np.cumsum(is_lost)))
    return EventDigests(
        np.append(sums[starts[1:]] - sums[starts[:-1]], np.uint64(0)),
        np.append(n_lost[starts[1:]] == n_lost[starts[:-1]], True),
    )


def _digest_values(values: RecordedValues, max_chars: int) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
    """Return a number for each value, of what lies in its slot or of its record's text; and which are not there."""
    digests = values.payloads.copy()
    kinds = digests >> _KIND_SHIFT
    is_lost = kinds == Inline.MISSED
    places = np.flatnonzero(np.isin(kinds, _RECORDS))
    known: dict[bytes, int] = {}
    for place, arena in zip(places.tolist(), values.arenas()[places].tolist(), strict=True):
        record = values.record(place, arena)
        is_lost[place] = isinstance(record, Cut)
        key = record.name.encode() if isinstance(record, Cut) else bytes(record)
        if key not in known:
            is_text = key[0] in _STORED_WHOLE
            known[key] = hash(key if is_text else describe(values.thaw(place, arena), max_chars=max_chars))
        digests[place] = known[key] & 0xFFFFFFFFFFFFFFFF
    return digests, is_lost

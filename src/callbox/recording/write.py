"""Writing boxes: to a temporary file beside the target, which replaces it in one step."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from callbox.engine.kernels import SLOT_DTYPE
from callbox.model import ArenaCapture, Capture, ThreadCapture
from callbox.recording import box
from callbox.recording.packing import pack_slot_block, pack_value_block
from callbox.recording.reservation import replacing_box
from callbox.recording.sections import SectionWriter
from callbox.recording.slots import N_CODES, codes_of, count_events, iter_blocks, step_high, sum_turns, words_of


def write_box(capture: Capture, path: str | os.PathLike[str]) -> int:
    """Write a capture to a box, readable by its owner alone.

    The box appears whole or not at all; what stood at `path` stays until then.
    A capture of live memory must be of a stopped recorder.

    Args:
        capture: what to write; only functions that occur in it are written.
        path: the box to make or to replace.

    Returns:
        How many events are in it.

    Raises:
        RecordingError: the box cannot be written, or `path` names something that is no box.
    """
    with replacing_box(path) as file:
        return _write(file, capture)


@dataclass(frozen=True, slots=True)
class _Survey:
    """What must be known of a thread's slots before they are written."""

    turns: list[int]
    """Of the clock, in each block."""
    n_slots: int
    n_events: int


def _write(file: BinaryIO, capture: Capture) -> int:
    used = np.zeros(N_CODES, np.bool_)
    surveys = [_survey(thread, used) for thread in capture.threads]
    sections = SectionWriter(file)
    sections.write(box.HEAD, box.encode_table(capture.header))
    sections.write(box.FUNCTIONS, box.encode_table([f for f in capture.functions if used[f.id]]))
    rows = [_row(i, thread, survey) for i, (thread, survey) in enumerate(zip(capture.threads, surveys, strict=True))]
    sections.write(box.THREADS, box.encode_table(rows))
    for index, (thread, survey) in enumerate(zip(capture.threads, surveys, strict=True)):
        _write_slots(sections, index, thread, survey.turns)
    for index, thread in enumerate(capture.threads):
        _write_values(sections, index, thread.values)
    sections.close()
    return sum(survey.n_events for survey in surveys)


def _survey(thread: ThreadCapture, used: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> _Survey:
    """Look through a thread's slots, and mark the functions that they name."""
    turns = []
    n_slots = n_events = 0
    for block in iter_blocks(thread.segments, box.BLOCK_MAX_SLOTS):
        words = words_of(block)
        used[codes_of(words)] = True
        turns.append(sum_turns(words))
        n_slots += len(words)
        n_events += count_events(words)
    return _Survey(turns, n_slots, n_events)


def _row(number: int, thread: ThreadCapture, survey: _Survey) -> box.ThreadRow:
    return box.ThreadRow(
        number=number,
        ident=thread.ident,
        native_id=thread.native_id,
        name=thread.name,
        process_id=thread.process_id,
        n_events=thread.n_events,
        n_slots=survey.n_slots,
        values_head=thread.values.head,
        values_capacity=thread.values.capacity,
    )


def _write_slots(sections: SectionWriter, index: int, thread: ThreadCapture, turns: list[int]) -> None:
    high = step_high(thread.ticks_high, -sum(turns))
    n_before = 0
    for block, turn in zip(iter_blocks(thread.segments, box.BLOCK_MAX_SLOTS), turns, strict=True):
        high = step_high(high, turn)
        slots = np.frombuffer(block, SLOT_DTYPE)
        sections.write(box.PACKED_SLOTS, pack_slot_block(index, high, n_before, slots))
        n_before += len(slots)


def _write_values(sections: SectionWriter, index: int, values: ArenaCapture) -> None:
    for start, piece in values.pieces:
        octets = memoryview(piece).cast("B")
        for at in range(0, octets.nbytes, box.VALUE_BLOCK_MAX_BYTES):
            block = octets[at : at + box.VALUE_BLOCK_MAX_BYTES]
            sections.write(box.PACKED_VALUES, pack_value_block(index, start + at, block))

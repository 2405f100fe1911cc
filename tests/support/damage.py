"""Recordings damaged at random, and what must come of reading them: an answer, in words where something is missing."""

from __future__ import annotations

import random
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from callbox.errors import FormatError
from callbox.recording import Recording, open_recording

MAX_FLIPS = 8
MAX_JUNK = 64


@dataclass
class Answers:
    """How readings ended."""

    n_whole: int = 0
    """Nothing was found to be wrong."""
    n_partial: int = 0
    """Something was read, and something said to be missing."""
    n_refused: int = 0
    whole_but_different: list[str] = field(default_factory=list)
    """What was read as if nothing were wrong, and is not what was written."""

    @property
    def n(self) -> int:
        return self.n_whole + self.n_partial + self.n_refused


def read_all(path: Path) -> Recording | FormatError:
    """Read everything there is; a FormatError is an answer, any other exception is not."""
    try:
        recording = open_recording(path)
    except FormatError as error:
        return error
    assert len(recording.events) == recording.n_events
    assert len(recording.tree.calls) <= recording.n_events
    texts = recording.describe_values()
    if texts is not None:
        assert len(texts.identity) == len([texts.details(row) for row in range(len(recording.tree.calls))])
    return recording


def damage(data: bytes, chance: random.Random) -> bytes:
    """Flip bits, cut, repeat or overwrite a part."""
    result = bytearray(data)
    kind = chance.choice(("flip", "flip", "flip", "cut", "junk", "repeat", "zeros"))
    at = chance.randrange(len(data))
    size = chance.randrange(1, MAX_JUNK)
    if kind == "flip":
        for _ in range(chance.randint(1, MAX_FLIPS)):
            place = chance.randrange(8 * len(data))
            result[place // 8] ^= 1 << place % 8
    elif kind == "cut":
        del result[at:]
    elif kind == "junk":
        result[at : at + size] = chance.randbytes(size)
    elif kind == "repeat":
        result[at:at] = data[at : at + size]
    else:
        result[at : at + size] = bytes(size)
    return bytes(result)


def fuzz_box(original: Path, scratch: Path, n_rounds: int, seed: int) -> Answers:
    """Damage a box again and again, and read it."""
    chance = random.Random(seed)
    data = original.read_bytes()
    expected = read_all(original)
    assert isinstance(expected, Recording) and not expected.damage
    answers = Answers()
    for number in range(n_rounds):
        damaged = damage(data, chance)
        scratch.write_bytes(damaged)
        _count(answers, read_all(scratch), expected, f"round {number} of seed {seed}" if damaged != data else "")
    return answers


def fuzz_parts(folder: Path, scratch: Path, n_rounds: int, seed: int) -> Answers:
    """Damage one of the files beside a box that was never closed, and read them all.

    Args:
        folder: holds `box.cbx` and its parts.
        scratch: a folder to be made.
    """
    chance = random.Random(seed)
    answers = Answers()
    for _ in range(n_rounds):
        shutil.rmtree(scratch, ignore_errors=True)
        shutil.copytree(folder, scratch)
        victim = chance.choice(sorted(path for path in scratch.rglob("*") if path.is_file()))
        data = victim.read_bytes()
        if data:
            n = min(len(data), chance.choice((64, 300, 4200, len(data))))
            victim.write_bytes(damage(data[:n], chance) + data[n:])
        _count(answers, read_all(scratch / "box.cbx"), None, "")
    return answers


def _count(answers: Answers, answer: Recording | FormatError, expected: Recording | None, name: str) -> None:
    if isinstance(answer, FormatError):
        answers.n_refused += 1
    elif answer.damage or answer.notes:
        answers.n_partial += 1
    else:
        answers.n_whole += 1
        if expected is not None and name and answer.events.tobytes() != expected.events.tobytes():
            answers.whole_but_different.append(name)

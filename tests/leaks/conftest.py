"""What every leak test does: the same work many times, and a look at what it left."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from callbox.engine import Options, Recorder, engine_names, new_recorder
from callbox.engine.wrap import wrap

STATM = Path("/proc/self/statm")


@pytest.fixture(params=[*(name for name in engine_names() if name != "oracle"), "wrap"])
def new(request: pytest.FixtureRequest) -> Callable[..., Recorder]:
    """Make recorders of one engine after the other."""
    return lambda **options: new_recorder(Options(engine=request.param, **options))


add = wrap(sum)


@wrap
def change(items: list[int], item: int, *others: int, **more: object) -> int:
    items.append(item)
    return len(items) + len(others) + len(more)


def work() -> int:
    """Call, raise, suspend, resume, throw, leave suspended; in Python and in C, wrapped too."""

    @wrap
    def generate() -> Iterator[int]:
        try:
            yield 1
        except ValueError:
            yield len("two")

    for _ in range(3):
        generator = generate()
        next(generator)
        generator.throw(ValueError("thrown"))
    try:
        add(generate(), start="no number")
    except TypeError:
        return change([], add(generate()), more={"k": 1}) + add(generate())
    return 0


def growth(measure: Callable[[], int], once: Callable[[], object], n_rounds: int) -> int:
    """Do something again and again: how much more is in use at the end than when it was warm."""
    for _ in range(5):
        once()
    gc.collect()
    before = measure()
    for _ in range(n_rounds):
        once()
    gc.collect()
    return measure() - before


@pytest.fixture
def added_pages() -> Callable[[Callable[[], object], int], int]:
    """Count the pages of address space that work leaves behind."""
    if not STATM.exists():
        pytest.skip("the size of the address space is read from /proc")
    return lambda once, n_rounds: growth(lambda: int(STATM.read_text().split()[0]), once, n_rounds)


@pytest.fixture
def added_references() -> Callable[[Callable[[], object], int], int]:
    """Count the references that work leaves behind each time; at first it leaves more, which then is kept."""
    count = getattr(sys, "gettotalrefcount", None)
    if count is None:
        pytest.skip("only the debug build of Python counts references: nox -s leaks")
    return lambda once, n_rounds: min(growth(count, once, n_rounds) for _ in range(3))


@pytest.fixture
def record(new: Callable[..., Recorder]) -> Callable[..., Callable[[], None]]:
    """Make a round: record some work, and read it back."""

    def with_options(**options: object) -> Callable[[], None]:
        def once() -> None:
            recorder = new(**options)
            recorder.start()
            work()
            recorder.stop()
            assert recorder.capture().threads

        return once

    return with_options

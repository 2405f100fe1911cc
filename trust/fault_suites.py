"""What `faults.py` lets fail: calls of libc, and allocations of Python."""

from __future__ import annotations

import _testcapi
import contextlib
import errno
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from trust.faulting import (
    CORE,
    EVERYWHERE,
    FILES,
    MEMORY,
    SHORT_WRITE,
    WRITES,
    Fault,
    count_calls,
    events_of,
    find_in_child,
    in_child,
    judge,
    record,
    take_hook,
)
from trust.program import COMPUTED, RESULT, compute, program

from callbox.engine import ORACLE, Options, engine_names, new_recorder
from callbox.errors import CallboxError
from callbox.recording import open_recording, write_box

ENGINES = tuple(name for name in engine_names() if name != ORACLE)
MODES = ("profile", "trace")
Attempt = tuple[str, Callable[[], str]]

ALIKE = 10
"""Of the calls that make a recorder, most of which fill a table of secrets, one in ten fails."""

ALLOCATIONS = (
    Fault("the n-th allocation", MEMORY, errno.ENOMEM),
    Fault("all from the n-th allocation on", MEMORY, errno.ENOMEM, is_lasting=True),
)
CALLS = (
    Fault("disk full at the n-th call", FILES | WRITES, errno.ENOSPC),
    Fault("disk full from the n-th call on", FILES | WRITES, errno.ENOSPC, is_lasting=True),
    Fault("input/output error from the n-th call on", FILES | WRITES, errno.EIO, is_lasting=True),
    Fault("too many open files at the n-th call", FILES, errno.EMFILE),
    Fault("interrupted at the n-th write", WRITES, errno.EINTR),
    Fault("half written at the n-th write", WRITES, SHORT_WRITE),
)


def options_of(engine: str, mode: str) -> Options:
    """Keep every value: what is only named depends on the time that it took."""
    return Options(engine, mode, max_events=1 << 12, all_values=True)


# The core's calls


def of_memory(every: int) -> Iterator[Attempt]:
    """Let allocations of the core fail."""
    for is_in_files in (False, True):
        yield from of_core(ALLOCATIONS, is_in_files, every)


def of_files(every: int) -> Iterator[Attempt]:
    """Let calls of the core that write files fail."""
    yield from of_core(CALLS, True, every)


def of_core(faults: tuple[Fault, ...], is_in_files: bool, every: int) -> Iterator[Attempt]:
    """Let one call after the other fail: while a recorder is made, and while it records, in every engine and mode."""
    place = "files" if is_in_files else "memory"
    for fault in faults:
        attempt = partial(prepare_with, is_in_files=is_in_files)
        yield from each_call(f"made for rings in {place}", fault, attempt, every * ALIKE)
    for options in (options_of(engine, mode) for engine in ENGINES for mode in MODES):
        expected = find_in_child(lambda options=options: events_of(record(new_recorder(options))[1]))
        for fault in faults:
            attempt = partial(record_with, options=options, is_in_files=is_in_files, expected=expected)
            yield from each_call(f"{options.engine}, {options.mode}, rings in {place}", fault, attempt, every)


def each_call(name: str, fault: Fault, attempt: Callable[[Fault], str], every: int) -> Iterator[Attempt]:
    """Make an attempt for each call that could fail; what the attempt is without a fault tells how many there are."""
    n_calls = find_in_child(lambda: (attempt(fault), count_calls())[1])
    for first in range(1, n_calls + 1, every):
        yield f"{name}, {fault.name}", partial(in_child, partial(attempt, replace(fault, first=first)))


def prepare_with(fault: Fault, is_in_files: bool) -> str:
    """Make a recorder with a fault in the core; if that is refused, another one without."""
    options = options_of(ENGINES[0], "trace")
    recorder = None
    with tempfile.TemporaryDirectory() as folder:
        with contextlib.suppress(CallboxError, MemoryError), fault.at(CORE):
            recorder = new_recorder(options, folder if is_in_files else None)
        result, _ = record(recorder or new_recorder(options))
    ending = "refused" if recorder is None else "whole"
    return ending if result == RESULT else f"changed: {result}"


def record_with(fault: Fault, options: Options, is_in_files: bool, expected: list[list[str]]) -> str:
    """Record the program with a fault in the core."""
    with tempfile.TemporaryDirectory() as folder:
        recorder = new_recorder(options, folder if is_in_files else None)
        try:
            with fault.at(CORE):
                result, capture = record(recorder)
        except (CallboxError, MemoryError) as error:
            return "refused" if program() == RESULT else f"changed: after {error!r}"
        return judge(capture, result, expected)


# Python's allocations


def of_python(every: int) -> Iterator[Attempt]:
    """Let allocations of Python fail: the program feels it as often as with an empty hook in C, or alone.

    In one thread: CPython waits forever for one that has no memory to begin.
    """
    for engine in ENGINES:
        yield from of_allocations(f"alone, {engine}", partial(take_hook, engine), every)
        for options in (options_of(engine, mode) for mode in MODES):
            recorder = new_recorder(options)
            yield from of_allocations(f"{engine}, {options.mode}", recorder.start, every)


def of_allocations(name: str, begin: Callable[[], None], every: int) -> Iterator[Attempt]:
    """Let one allocation after the other fail, from the first of the program to the last."""
    n_most = 1
    while in_child(partial(run_without, begin, n_most, is_lasting=True)) != "whole":
        n_most *= 2
    for first in range(1, n_most + 1, every):
        yield name, partial(in_child, partial(run_without, begin, first))


def run_without(begin: Callable[[], None], first: int, *, is_lasting: bool = False) -> str:
    """Run the program without its n-th allocation, and again with all."""
    compute()  # what it keeps from its first run is there; what the recorder keeps is not
    begin()
    _testcapi.set_nomemory(first, 0 if is_lasting else first + 1)
    try:
        result = compute()
    except (MemoryError, SystemError):  # which CPython itself raises where it forgets to say what failed
        result = -1
    finally:
        _testcapi.remove_mem_hooks()
    again = compute()
    if again != COMPUTED:
        return f"changed: {again}, when there was memory again"
    return "whole" if result == COMPUTED else "felt"


# The box


def of_box(every: int) -> Iterator[Attempt]:
    """Let calls that write the box fail, whoever makes them: an older box stays."""
    for fault in CALLS:
        yield from each_call("over an older box", fault, write_with, every)


def write_with(fault: Fault) -> str:
    """Write a box over an older one."""
    _, capture = record(new_recorder(options_of(ENGINES[0], "trace")))
    ending = "refused"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "box.cbx")
        write_box(capture, path)
        older = path.stat().st_ino
        with contextlib.suppress(CallboxError), fault.at(EVERYWHERE):
            write_box(capture, path)
            ending = "whole"
        if list(Path(folder).iterdir()) != [path]:
            return f"silent: files left behind: {list(Path(folder).iterdir())}"
        if (path.stat().st_ino == older) != (ending == "refused"):
            return f"silent: {ending}, and the box is the {'older' if path.stat().st_ino == older else 'new'} one"
        return ending if events_of(open_recording(path).capture) == events_of(capture) else "silent: another box"

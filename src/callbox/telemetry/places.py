"""Where in the project's code a query or a connection comes from: the lines that led there, and which loop it was.

Only the project's own lines count. Libraries stand between them and the database, and
the test framework above them.
"""

from __future__ import annotations

import contextlib
import dis
import enum
import functools
import os
import sys
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import Any

from callbox.telemetry.start import FOLDER

_MAX_SHOWN = 8
_MAX_FRAMES = 24
"""So many of the project's calls tell one way to a query from another."""
_MAX_KNOWN = 20_000
_SCHEMES = ("stdlib", "platstdlib", "purelib", "platlib")
_HERE = os.path.dirname(os.path.dirname(os.path.realpath(__file__))) + os.sep  # noqa: PTH120


class Part(enum.Enum):
    """What a file that is not the project's is to a query."""

    LIBRARY = enum.auto()
    RELATION = enum.auto()
    """Loads what an object refers to, when it is first touched."""
    SCHEMA = enum.auto()
    """Makes or fills tables, and asks what it needs for that."""
    FRAMEWORK = enum.auto()
    """Runs tests: above it is none of the project's code."""
    BRIDGE = enum.auto()
    """Runs for a coroutine what may block: what led there is what led to the coroutine."""


_PARTS = (
    ("/_pytest/", Part.FRAMEWORK),
    ("/unittest/case.py", Part.FRAMEWORK),
    ("/django/db/models/fields/related_descriptors.py", Part.RELATION),
    ("/django/db/migrations/", Part.SCHEMA),
    ("/django/core/management/commands/", Part.SCHEMA),
    ("/alembic/", Part.SCHEMA),
    ("/asgiref/sync.py", Part.BRIDGE),
)
_COMPREHENSIONS = frozenset({"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"})
_WAITS = "JUMP_BACKWARD_NO_INTERRUPT"
_BACKWARD = frozenset(number for name, number in dis.opmap.items() if "BACKWARD" in name and name != _WAITS)
_CACHE = bytes([dis.opmap["CACHE"]])
Step = tuple[CodeType, int]
_awaiting: ContextVar[tuple[Step, ...]] = ContextVar("callbox_awaiting", default=())


@dataclass(frozen=True, slots=True)
class Place:
    """A line of the project's code: `file:line function`."""

    file: str
    line: int
    function: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.function}"


@dataclass(eq=False)
class Origin:
    """How the project's code came to where it is; what costs more than to note it waits until it is asked for.

    Not frozen: one is made for most queries, and to make a frozen one takes three times as long.

    Attributes:
        steps: code and instruction of each call that led there, the nearest first.
        is_relation: a library loads there what an object refers to.
        is_schema: a library makes tables there.
        is_below_test: the last of these steps was called by a test framework.
    """

    steps: tuple[Step, ...] = ()
    is_relation: bool = False
    is_schema: bool = False
    is_below_test: bool = False

    @functools.cached_property
    def path(self) -> tuple[Place, ...]:
        """The lines that led there, the nearest first; at most eight."""
        return tuple(_place_of(code, index) for code, index in self.steps[:_MAX_SHOWN])

    @functools.cached_property
    def loop(self) -> frozenset[tuple[int, int]]:
        """The instructions that led there, however often each: equal for every turn of a loop, and of a recursion."""
        return frozenset((id(code), index) for code, index in self.steps)

    @functools.cached_property
    def is_test_loop(self) -> bool:
        """Whether the test or the fixture goes round in a loop of its own, and the code that it calls has none."""
        return self.is_below_test and _has_loop_of_test_alone(self.steps)


NOWHERE = Origin()


def origin_of(frame: FrameType | None) -> Origin:
    """Return how the project's code came to a frame."""
    steps, *about = _walk(frame)
    # Code objects compare by content, which takes its time: they are known by identity.
    key = (*about, *[number for code, index in steps for number in (id(code), index)])
    origin = _origins.get(key)
    if origin is None:
        if len(_origins) >= _MAX_KNOWN:
            _origins.clear()
        origin = _origins[key] = Origin(tuple(steps), *about)
    return origin


def project_path(frame: FrameType | None) -> tuple[Place, ...]:
    """Return the places of the project's own code on the stack, the nearest first; at most eight."""
    return origin_of(frame).path


@contextlib.contextmanager
def awaiting(frame: FrameType | None) -> Iterator[None]:
    """Take a frame for what led to code that another thread runs for this coroutine."""
    token = _awaiting.set(tuple(_walk(frame)[0]))
    try:
        yield
    finally:
        _awaiting.reset(token)


def _walk(frame: FrameType | None) -> tuple[list[Step], bool, bool, bool]:
    """Return the project's instructions on the stack; what stands between them and the frame, and above them a test."""
    steps: list[Step] = []
    is_relation = is_schema = is_test = False
    greenlet = None
    parts, library = _parts, Part.LIBRARY
    while frame is not None:
        code = frame.f_code
        part = parts[code.co_filename]
        if part is None:
            steps.append((code, frame.f_lasti))
            if len(steps) >= _MAX_FRAMES:
                break
        elif part is library:
            pass  # most frames
        elif part is Part.FRAMEWORK:
            is_test = True
            break
        elif part is Part.BRIDGE and (before := _awaiting.get()):
            steps += before
            break
        elif not steps:
            is_relation = is_relation or part is Part.RELATION
            is_schema = is_schema or part is Part.SCHEMA
        frame = frame.f_back
        if frame is None and (greenlet := _parent_of(greenlet)) is not None:
            frame = greenlet.gr_frame
    return steps, is_relation, is_schema, is_test


def _parent_of(greenlet: Any) -> Any:
    """Return the greenlet that goes on when one, or the current one, has ended: SQLAlchemy awaits in greenlets."""
    module = sys.modules.get("greenlet")
    if module is None:
        return None
    return (module.getcurrent() if greenlet is None else greenlet).parent


def _has_loop_of_test_alone(steps: Sequence[Step]) -> bool:
    """Say whether of all that led to a query only the test is in a loop; a comprehension is part of its function."""
    n_inner = len(steps) - 1
    while n_inner > 0 and steps[n_inner - 1][0].co_name in _COMPREHENSIONS:
        n_inner -= 1
    return any(_is_in_loop(*step) for step in steps[n_inner:]) and not any(
        _is_in_loop(*step) for step in steps[:n_inner]
    )


def _is_in_loop(code: CodeType, index: int) -> bool:
    """Say whether a jump backwards goes round an instruction; those that only wait for a coroutine do not count."""
    return any(start <= index <= end for start, end in _loops_of(code))


@functools.lru_cache(maxsize=4096)
def _loops_of(code: CodeType) -> tuple[tuple[int, int], ...]:
    """Return the first and the last instruction of each loop; `dis` tells as much, and takes ten times as long."""
    compiled = code.co_code
    if _BACKWARD.isdisjoint(compiled[::2]):
        return ()  # most functions
    loops = []
    argument = 0
    for offset in range(0, len(compiled), 2):
        instruction, argument = compiled[offset], argument << 8 | compiled[offset + 1]
        if instruction in _BACKWARD:
            end = offset + 2
            while compiled[end : end + 1] == _CACHE:
                end += 2
            loops.append((end - 2 * argument, offset))
        if instruction != dis.EXTENDED_ARG:
            argument = 0
    return tuple(loops)


def _place_of(code: CodeType, index: int) -> Place:
    lines = (line for start, end, line in code.co_lines() if start <= index < end and line is not None)
    real = _real_path(code.co_filename)
    file = real.removeprefix(FOLDER + os.sep)
    return Place(file, next(lines, code.co_firstlineno), code.co_qualname)


@functools.lru_cache(maxsize=4096)
def _real_path(filename: str) -> str:
    return os.path.realpath(filename)


class _Parts(dict[str, "Part | None"]):
    """What files are to a query, by name; None for the project's own."""

    def __missing__(self, filename: str) -> Part | None:
        """Find out, once for each file."""
        part = self[filename] = _part_of(filename)
        return part


_parts = _Parts()
_origins: dict[tuple[int, ...], Origin] = {}


def _part_of(filename: str) -> Part | None:
    if filename.startswith("<"):
        return Part.LIBRARY  # generated code
    real = os.path.realpath(filename)
    is_library = real.startswith(_libraries()) or "site-packages" in real
    if not is_library and not any(real.startswith(folder) for folder in _installations(tuple(sys.path))):
        return None
    return next((part for piece, part in _PARTS if piece in real), Part.LIBRARY)


@functools.cache
def _libraries() -> tuple[str, ...]:
    """Return the folders of what is not the project's."""
    import sysconfig  # takes longer than many tests

    return (*sorted({os.path.realpath(sysconfig.get_path(name)) + os.sep for name in _SCHEMES}), _HERE)


@functools.lru_cache(maxsize=16)
def _installations(folders: tuple[str, ...]) -> list[str]:
    """Return those of some folders that distributions were installed in, as by `pip install --target`."""
    found = []
    for folder in folders:
        with contextlib.suppress(OSError):
            if any(name.endswith(".dist-info") for name in os.listdir(folder or ".")):  # noqa: PTH208
                found.append(os.path.realpath(folder) + os.sep)
    return found

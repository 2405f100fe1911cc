"""What a call touches besides its arguments: audit events, what it prints, random numbers it draws.

A call of a plain function owns what happens in its thread until it ends; one of a coroutine
what happens in its context, tasks that it starts included; one of a generator what happens
while a frame of its code is on the stack.
"""

from __future__ import annotations

import contextlib
import os
import random
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, TypeAlias

from callbox.testgen.inner import InnerRecord
from callbox.testgen.model import Effect, Kind

_MAX_EFFECTS = 20
_MAX_TEXT_CHARS = 20_000
_MAX_CONTENT_BYTES = 64 * 1024
_MAX_SEED = 100
_CODE_SUFFIXES = (".py", ".pyc", ".so", ".pyd")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_KINDS = {
    **dict.fromkeys(("os.listdir", "os.scandir", "glob.glob", "os.walk"), "reads file"),
    **dict.fromkeys(
        ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.chmod", "os.truncate", "os.link", "os.symlink"),
        "changes files",
    ),
    **dict.fromkeys(("shutil.copyfile", "shutil.move", "shutil.rmtree", "shutil.copytree"), "changes files"),
    **dict.fromkeys(("os.putenv", "os.unsetenv"), "environment"),
    **dict.fromkeys(("socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo"), "network"),
    **dict.fromkeys(("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork"), "process"),
    "sqlite3.connect": "database",
}
_OUT, _ERR = 1, 2

Place: TypeAlias = tuple[str, int, str]
"""File, first line and qualified name of a function."""


class Span:
    """What is noted while one call runs.

    Attributes:
        place: of its function.
        kind: of its function.
        effects: of the call itself, in their order.
        records: calls that it made to functions that are kept for replay.
        is_closed: whether it has ended.
    """

    __slots__ = ("_chunks", "effects", "is_closed", "kind", "place", "records", "state")

    def __init__(self, place: Place, kind: Kind, state: Any) -> None:
        self.place = place
        self.kind = kind
        self.effects: dict[tuple[str, str], None] = {}
        self.records: list[InnerRecord] = []
        self.is_closed = False
        self.state = state
        self._chunks: list[tuple[int, str]] = []

    def owner(self, stack: Sequence[Place]) -> InnerRecord | None:
        """Return the replayed call in which a stack stands, the innermost frame first; None: in none of this span."""
        for place in stack if self.records else ():
            if place == self.place:
                return None
            for record in reversed(self.records):
                if record.place == place:
                    return record
        return None

    def note_effect(self, effect: tuple[str, str], record: InnerRecord | None) -> None:
        """Note what was touched."""
        effects = self.effects if record is None else record.effects
        if len(effects) < _MAX_EFFECTS:
            effects[effect] = None

    def note_text(self, stream: int, text: str, record: InnerRecord | None) -> None:
        """Note what was printed, and that it was printed inside a replayed call, if it was."""
        if record is not None:
            start = sum(len(part) for number, part in self._chunks if number == stream)
            record.printed.setdefault(id(self), []).append((stream, start, start + len(text)))
        self._chunks.append((stream, text))

    def texts(self) -> tuple[str, str]:
        """Return what was printed to standard output and to standard error."""
        out, err = ("".join(text for number, text in self._chunks if number == stream) for stream in (_OUT, _ERR))
        return out, err


def is_long(texts: tuple[str, str]) -> bool:
    """Say whether a call printed more than a test should hold."""
    return any(len(text) > _MAX_TEXT_CHARS for text in texts)


class EffectWatch:
    """Notes effects for the calls that are open."""

    def __init__(self) -> None:
        self._threads: dict[int, list[Span]] = {}
        self._generators: list[Span] = []
        self._in_task: ContextVar[tuple[Span, ...]] = ContextVar("callbox_calls", default=())
        self._n_open = 0
        self._teed: list[Any] = []
        self._lock = threading.Lock()
        self._is_hooked = False

    def begin(self, place: Place, kind: Kind, *, may_draw: bool) -> Span:
        """Open a span for a call that begins here.

        Args:
            place: of its function.
            kind: of its function.
            may_draw: whether to see if it draws from `random`.
        """
        if not self._is_hooked:
            # An audit hook stays for the life of the process; without spans it does nothing.
            self._is_hooked = True
            sys.addaudithook(self._audit)
        span = Span(place, kind, random.getstate() if may_draw else None)
        with self._lock:
            if not self._n_open:
                self._tee(sys.stdout, _OUT)
                self._tee(sys.stderr, _ERR)
            self._n_open += 1
            if kind is Kind.FUNCTION:
                self._threads.setdefault(threading.get_ident(), []).append(span)
            elif kind is not Kind.COROUTINE:
                self._generators.append(span)
        if kind is Kind.COROUTINE:
            self._in_task.set((*self._in_task.get(), span))
        return span

    def end(self, span: Span) -> tuple[Effect, ...]:
        """Close a span and return the effects of the call itself."""
        span.is_closed = True
        with self._lock:
            self._n_open -= 1
            if span in self._generators:
                self._generators.remove(span)
            for ident, spans in list(self._threads.items()):
                if span in spans:
                    spans.remove(span)
                    if not spans:
                        del self._threads[ident]
            if not self._n_open:
                self._untee()
        if span.kind is Kind.COROUTINE:
            self._in_task.set(tuple(other for other in self._in_task.get() if other is not span))
        effects = freeze_effects(span.effects)
        if span.state is not None and random.getstate() != span.state:
            effects = (*effects, Effect("randomness", _find_seed(span.state)))
        return effects

    def close(self) -> None:
        """Leave the streams as they were, whatever is still open."""
        with self._lock:
            self._untee()

    def open_spans(self, frame: FrameType | None) -> list[tuple[Span, InnerRecord | None]]:
        """Return the spans that own what happens in a frame, each with the replayed call that it happens in."""
        found = [*self._threads.get(threading.get_ident(), ()), *(s for s in self._in_task.get() if not s.is_closed)]
        if not self._generators and not any(span.records for span in found):
            return [(span, None) for span in found]
        stack = list(_iter_places(frame))
        on_stack = set(stack)
        found += [span for span in self._generators if span.place in on_stack]
        return [(span, span.owner(stack)) for span in found]

    def _audit(self, event: str, args: tuple[Any, ...]) -> None:
        if not self._n_open:
            return
        effect = _classify(event, args)
        if effect is not None:
            for span, record in self.open_spans(sys._getframe(1)):
                span.note_effect(effect, record)

    def _tee(self, stream: Any, number: int) -> None:
        """Note what is written to a stream, by an attribute of this one object: whoever holds it keeps it."""
        try:
            write = stream.write
            stream.write = self._writer(write, number)
        except AttributeError:
            return
        self._teed.append(stream)

    def _writer(self, write: Callable[[str], int], number: int) -> Callable[[str], int]:
        def note(text: str, /) -> int:
            n_chars = write(text)  # what it does not take was not printed
            for span, record in self.open_spans(sys._getframe(1)):
                span.note_text(number, text, record)
            return n_chars

        return note

    def _untee(self) -> None:
        while self._teed:
            with contextlib.suppress(AttributeError):
                del self._teed.pop().write


def freeze_effects(effects: dict[tuple[str, str], None]) -> tuple[Effect, ...]:
    """Return what was noted, with the content of files as it is now."""
    return tuple(Effect(kind, _encodable(detail), _read(kind, detail)) for kind, detail in effects)


def _encodable(text: str) -> str:
    """Return a text that UTF-8 has: a file's name may be bytes that no encoding knows."""
    return text.encode("utf-8", "backslashreplace").decode()


def has_surrogates(texts: tuple[str, str]) -> bool:
    """Say whether a call printed what is no text, such as a file's name that no encoding knows."""
    return any("\ud800" <= char <= "\udfff" for text in texts if not text.isascii() for char in text)


def place_of(code: CodeType) -> Place:
    """Return what a function is known by on a stack."""
    return code.co_filename, code.co_firstlineno, code.co_qualname


def _iter_places(frame: FrameType | None) -> Iterator[Place]:
    while frame is not None:
        yield place_of(frame.f_code)
        frame = frame.f_back


def _classify(event: str, args: tuple[Any, ...]) -> tuple[str, str] | None:
    if event == "open":
        return _classify_open(*args)
    kind = _KINDS.get(event)
    if kind is None:
        return None
    detail = args[1] if event.startswith("socket.") and len(args) > 1 else args[0] if args else ""
    return kind, detail if isinstance(detail, str) else repr(detail) if type(detail) in (tuple, bytes) else ""


def _classify_open(path: Any, mode: Any, flags: Any) -> tuple[str, str] | None:
    if isinstance(path, (bytes, os.PathLike)):
        path = os.fsdecode(path)
    if not isinstance(path, str) or path.endswith(_CODE_SUFFIXES):
        return None
    is_writing = set(mode) & set("wax+") if isinstance(mode, str) else flags & _WRITING if type(flags) is int else 0
    return ("writes file" if is_writing else "reads file"), path


def _read(kind: str, path: str) -> bytes | None:
    """Return what a file holds, if it is a small ordinary one."""
    if kind not in ("reads file", "writes file"):
        return None
    try:
        file = Path(path)
        return file.read_bytes() if file.is_file() and file.stat().st_size <= _MAX_CONTENT_BYTES else None
    except (OSError, ValueError):
        return None


def _find_seed(state: Any) -> str:
    """Return the small seed that gives a state, if there is one."""
    return next((str(seed) for seed in range(_MAX_SEED) if random.Random(seed).getstate() == state), "")


def draws(module: dict[str, Any]) -> bool:
    """Say whether a module's functions may draw from `random`: whether it holds the module, or functions of it."""
    functions = {id(value) for value in vars(random).values() if callable(value)}
    return any(value is random or id(value) in functions for value in list(module.values()))

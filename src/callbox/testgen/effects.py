"""What a call touches besides its arguments: audit events of its thread, what it prints, random numbers it draws."""

from __future__ import annotations

import contextlib
import os
import random
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from callbox.testgen.model import Effect

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


class Span:
    """What is noted while one call runs."""

    __slots__ = ("effects", "err", "is_long", "out", "state")

    def __init__(self, state: Any) -> None:
        self.effects: dict[tuple[str, str], None] = {}
        self.out: list[str] = []
        self.err: list[str] = []
        self.state = state
        self.is_long = False

    def text(self, parts: list[str]) -> str:
        """Return what was printed; marks the span if that is too much to be kept."""
        whole = "".join(parts)
        self.is_long = self.is_long or len(whole) > _MAX_TEXT_CHARS
        return whole[:_MAX_TEXT_CHARS]


class EffectWatch:
    """Notes effects for the calls that each thread has open."""

    def __init__(self) -> None:
        self._spans: dict[int, list[Span]] = {}
        self._teed: list[Any] = []
        self._lock = threading.Lock()
        self._is_hooked = False

    def begin(self, *, may_draw: bool) -> Span:
        """Open a span for a call of this thread.

        Args:
            may_draw: whether to see if it draws from `random`.
        """
        if not self._is_hooked:
            # An audit hook stays for the life of the process; without spans it does nothing.
            self._is_hooked = True
            sys.addaudithook(self._audit)
        span = Span(random.getstate() if may_draw else None)
        with self._lock:
            if not self._spans:
                self._tee(sys.stdout, "out")
                self._tee(sys.stderr, "err")
            self._spans.setdefault(threading.get_ident(), []).append(span)
        return span

    def end(self, span: Span) -> tuple[Effect, ...]:
        """Close a span and return its effects."""
        with self._lock:
            for ident, spans in list(self._spans.items()):
                if span in spans:
                    spans.remove(span)
                    if not spans:
                        del self._spans[ident]
            if not self._spans:
                self._untee()
        effects = [Effect(kind, detail, _read(kind, detail)) for kind, detail in span.effects]
        if span.state is not None and random.getstate() != span.state:
            effects.append(Effect("randomness", _find_seed(span.state)))
        return tuple(effects)

    def _audit(self, event: str, args: tuple[Any, ...]) -> None:
        if not self._spans:
            return
        spans = self._spans.get(threading.get_ident())
        if spans is None:
            return
        kind = _classify(event, args)
        if kind is not None:
            for span in spans:
                if len(span.effects) < _MAX_EFFECTS:
                    span.effects[kind] = None

    def _tee(self, stream: Any, field: str) -> None:
        """Note what is written to a stream, by an attribute of this one object: whoever holds it keeps it."""
        try:
            write = stream.write
            stream.write = self._writer(write, field)
        except AttributeError:
            return
        self._teed.append(stream)

    def _writer(self, write: Callable[[str], int], field: str) -> Callable[[str], int]:
        def note(text: str, /) -> int:
            for span in self._spans.get(threading.get_ident(), ()):
                getattr(span, field).append(text)
            return write(text)

        return note

    def _untee(self) -> None:
        while self._teed:
            with contextlib.suppress(AttributeError):
                del self._teed.pop().write


def _classify(event: str, args: tuple[Any, ...]) -> tuple[str, str] | None:
    if event == "open":
        return _classify_open(*args)
    kind = _KINDS.get(event)
    if kind is None:
        return None
    detail = args[1] if event.startswith("socket.") and len(args) > 1 else args[0] if args else ""
    return kind, detail if isinstance(detail, str) else repr(detail) if type(detail) in (tuple, bytes) else ""


def _classify_open(path: Any, mode: Any, flags: Any) -> tuple[str, str] | None:
    if isinstance(path, os.PathLike):
        path = os.fspath(path)
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

"""One recording of calls in this process: begun, ended, carried over forks."""

from __future__ import annotations

import atexit
import contextlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from callbox.engine.observe import observe, unobserve
from callbox.errors import CallboxError, RecordingError
from callbox.testgen.call_store import FOLDER, CallStore
from callbox.testgen.capture import CaptureOptions, Capturer
from callbox.testgen.model import Call, Target
from callbox.testgen.stand_in import Replacement, StandIn, describe_builtin, find_builtins
from callbox.testgen.targets import Targets
from callbox.values.redact import project_redactor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from callbox.testgen.call_files import CallFiles


class Session:
    """Records calls of chosen functions into a store until it is ended.

    Attributes:
        targets: which functions, and which of the patterns were met.
        n_calls: calls that were kept.
        n_seen: calls that were seen.
        n_seen_elsewhere: calls that were seen in other processes, which the program started; known at the end.
        functions: those that calls were kept of.
        problem: why nothing more could be written; empty if all was.
        tell: called when calls were written.
    """

    def __init__(self, targets: Targets, options: CaptureOptions, store: CallStore | CallFiles) -> None:
        self.targets = targets
        self.n_calls = 0
        self.n_seen = 0
        self.n_seen_elsewhere = 0
        self.functions: set[Target] = set()
        self.problem = ""
        self.tell: Callable[[], None] = _tell_nobody
        self._n_before = 0
        self._replacements: list[tuple[str, Replacement]] = []
        self._store = store
        self._capturer = Capturer(targets, options, self._keep)

    def begin(self) -> None:
        """Start recording.

        Raises:
            RecordingError: calls are being recorded already, or the store cannot be written.
            FormatError: the store is something else, or of another version.
            ConfigError: what is to be redacted makes no sense: no call could be kept.
        """
        project_redactor()
        self._store.prepare()
        self._n_before = self._store.n_seen()
        observe(self._capturer.choose)
        _sessions.append(self)
        self._stand_in()

    def flush(self) -> None:
        """Write what was recorded so far."""
        self._capturer.flush()

    def end(self) -> None:
        """Stop recording and write what is left; a second time does nothing."""
        if self not in _sessions:
            return
        unobserve(self._capturer.choose)
        for pattern, replacement in self._replacements:
            replacement.undo()
            if replacement.was_called:
                self._met(pattern)
        self._replacements.clear()
        _sessions.remove(self)
        self._capturer.effects.close()
        self._capturer.flush()
        with contextlib.suppress(CallboxError):
            self._look_elsewhere()
        self._store.close()

    def _look_elsewhere(self) -> None:
        """Take note of what other processes have recorded."""
        self.n_seen_elsewhere = max(0, self._store.n_seen() - self._n_before - self.n_seen)
        if self.n_seen_elsewhere:
            for target, _, _ in self._store.targets():
                self.targets.meet(target)

    def write_at_once(self) -> None:
        """Write each call when it ends: this process may end without its exit handlers."""
        self._capturer.is_eager = True

    def adopt(self) -> None:
        """Go on in a forked child."""
        self.n_calls = self.n_seen = 0
        self.tell = _tell_nobody
        self._capturer.forget()
        self.write_at_once()

    def _stand_in(self) -> None:
        """Put stand-ins in the place of functions that are written in C."""
        replayed = self._capturer.options.replayed
        recorded = find_builtins(self.targets.patterns, self.targets.script)
        mocked = find_builtins(replayed.patterns, replayed.script) if replayed is not None else {}
        for pattern, (module, name) in {**mocked, **recorded}.items():
            function = vars(module)[name]
            target = describe_builtin(function, module, name)
            observer = self._capturer.observe(
                target, vars(module), is_kept=pattern in recorded, is_replayed=pattern in mocked
            )
            self._replacements.append((pattern, Replacement(function, StandIn(function, target, observer))))

    def _met(self, pattern: str) -> None:
        for targets in (self.targets, self._capturer.options.replayed):
            if targets is not None and pattern in targets.patterns:
                targets.met.add(pattern)

    def has_calls(self) -> bool:
        """Say whether this session saw calls, here or in a process that was started."""
        return self._store.n_seen() > self._n_before

    def _keep(self, calls: list[Call], seen: list[tuple[Target, int]]) -> None:
        """Write calls; a store that cannot be written is no matter of the program's."""
        if self.problem or not (calls or seen):
            return
        try:
            kept = self._store.add(calls, seen)
        except CallboxError as error:
            self.problem = str(error)
            return
        self.n_calls += len(kept)
        self.n_seen += sum(n for _, n in seen)
        self.functions.update(call.target for call in kept)
        self.tell()


def _tell_nobody() -> None:
    pass


_sessions: list[Session] = []


def _after_fork_in_child() -> None:
    for session in _sessions:
        session.adopt()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)


def install(
    *targets: str,
    storage_dir: str | Path = FOLDER,
    limit: int = 10,
    nested: bool = False,
    mock: Sequence[str] = (),
) -> Callable[[], None]:
    """Record calls in this process, a running service for example, until it ends or `uninstall` is called.

    Args:
        targets: functions, classes, modules or globs, as for `callbox record`.
        storage_dir: folder of the store.
        limit: different calls to keep of each function; 0 for all.
        nested: record calls inside calls of the same function too.
        mock: functions whose calls are kept with the recorded calls that make them, for `callbox gen --mock`.

    Returns:
        `uninstall`.

    Raises:
        RecordingError: calls are being recorded already, or the store cannot be written.
        ConfigError: a setting makes no sense.
    """
    options = CaptureOptions(limit, nested, Targets(mock) if mock else None)
    session = Session(Targets(targets), options, CallStore(Path(storage_dir).absolute()))
    session.begin()
    atexit.register(session.end)
    return uninstall


def uninstall() -> None:
    """Stop recording what `install` began, and write what is left.

    Raises:
        RecordingError: something that was recorded could not be written.
    """
    while _sessions:
        session = _sessions[-1]
        session.end()
        atexit.unregister(session.end)
        if session.problem:
            raise RecordingError(f"calls are missing: {session.problem}")

"""`install`: capture in production what nobody catches, at a price that is known beforehand."""

from __future__ import annotations

import faulthandler
import random
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, TextIO

from callbox.errors import CallboxError, ConfigError, RecordingError
from callbox.failures.bucket import TokenBucket
from callbox.failures.capture import Subject
from callbox.failures.catch import Catcher
from callbox.failures.dump import dump_threads
from callbox.failures.extractor import FailureExtractor
from callbox.failures.flight import FlightRecorder
from callbox.failures.hooks import Hook, all_hooks
from callbox.failures.model import Failure
from callbox.failures.options import find_mode, options_of, resolve_mode

Sink = Callable[[Failure], object]
_DEFAULT_RATE_PER_S = 10.0


@dataclass(frozen=True, slots=True)
class ProductionOptions:
    """What is installed.

    Attributes:
        mode: "static", "profile" or "trace".
        include: globs on the names of modules whose calls are recorded.
        rate_limit: captures a second; others are only counted.
        sample: share of failures that are captured, 0 to 1.
        sinks: called with each failure.
        is_stored: whether failures are written to the project's store.
        is_signal_handled: whether SIGUSR2 writes a dump.
        captures: how much is captured, by names of `CaptureOptions`.
    """

    mode: str
    include: tuple[str, ...] = ()
    rate_limit: float = _DEFAULT_RATE_PER_S
    sample: float = 1.0
    sinks: tuple[Sink, ...] = ()
    is_stored: bool = True
    is_signal_handled: bool = True
    captures: tuple[tuple[str, Any], ...] = ()

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if not self.rate_limit > 0:
            raise ConfigError(f"rate_limit is {self.rate_limit!r}: it must be captures a second, more than 0")
        if not 0 < self.sample <= 1:
            raise ConfigError(f"sample is {self.sample!r}: it must be a share, more than 0 and at most 1")


class Installation:
    """What `install` has put in place."""

    def __init__(self, options: ProductionOptions, *, draw: Callable[[], float] = random.random) -> None:
        """Prepare; nothing is installed yet.

        Args:
            options: what to install.
            draw: returns a number from 0 up to 1.
        """
        self.options = options
        self._draw = draw
        self._bucket = TokenBucket(options.rate_limit)
        self.recorder: FlightRecorder | None = None
        self._hooks: Sequence[Hook] = all_hooks(self.tell)
        self._signal_before: Any = None
        self._fatal_file: TextIO | None = None
        self.capture_options = options_of(options.mode, {"include_locals": True, **dict(options.captures)})

    def start(self) -> None:
        """Put everything in place.

        Raises:
            EngineError: the hook that the recorder needs is taken.
        """
        if self.options.mode != "static":
            self.recorder = FlightRecorder(self.options.mode, self.options.include)
            self.recorder.start()
        for hook in self._hooks:
            hook.install()
        self._watch_signals()

    def stop(self) -> None:
        """Take everything out that is still ours."""
        for hook in reversed(self._hooks):
            hook.remove()
        if self._signal_before is not None and signal.getsignal(signal.SIGUSR2) == self._on_signal:
            signal.signal(signal.SIGUSR2, self._signal_before)
        self._signal_before = None
        if self.recorder is not None and self.recorder.is_recording:
            self.recorder.stop()
        self.recorder = None
        if self._fatal_file is not None:
            faulthandler.disable()
            self._fatal_file.close()
            self._fatal_file = None
        FailureExtractor().flush()

    def tell(self, error: BaseException, origin: str, metadata: dict[str, Any], name: str = "") -> Failure | None:
        """Capture an exception, if it may be."""
        catcher = Catcher(
            self.capture_options,
            origin=origin,
            last_calls=self.recorder.last_calls if self.recorder is not None else None,
            sinks=self.options.sinks,
            is_kept=self.options.is_stored,
            may_capture=self._may_capture,
        )
        return catcher.catch(error, Subject(name=name, metadata=metadata))

    def dump(self, reason: str) -> Failure:
        """Keep what every thread does now, with its last calls."""
        calls = self.recorder.last_calls() if self.recorder is not None else ""
        failure = dump_threads(reason, self.capture_options, calls)
        if self.options.is_stored:
            FailureExtractor().add_failure(failure)
        for sink in self.options.sinks:
            sink(failure)
        return failure

    def _may_capture(self) -> bool:
        return (self.options.sample >= 1 or self._draw() < self.options.sample) and self._bucket.take()

    def _watch_signals(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        if self.options.is_signal_handled and hasattr(signal, "SIGUSR2"):
            self._signal_before = signal.getsignal(signal.SIGUSR2) or signal.SIG_DFL
            signal.signal(signal.SIGUSR2, self._on_signal)
        if not faulthandler.is_enabled() and sys.stderr is not None:
            self._open_fatal_file()

    def _open_fatal_file(self) -> None:
        """Let fatal signals leave the stacks of all threads beside the store."""
        from callbox.failures.history import find_path

        folder = find_path().parent
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._fatal_file = (folder / "fatal.txt").open("a", encoding="utf-8")
            Path(self._fatal_file.name).chmod(0o600)
        except OSError:
            return
        faulthandler.enable(self._fatal_file)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        try:
            self.dump("SIGUSR2")
        except CallboxError as error:
            print(f"callbox: {error}", file=sys.stderr)


_installed: Installation | None = None


def install(
    mode: str | None = None,
    include: str | Iterable[str] = (),
    *,
    rate_limit: float = _DEFAULT_RATE_PER_S,
    sample: float = 1.0,
    sinks: Iterable[Sink] = (),
    **more: Any,
) -> Installation:
    """Capture, from now on, what nobody catches, and what is logged with an exception.

    That is `sys.excepthook`, exceptions of threads and of asyncio, those that Python
    cannot raise, and `logging.exception`; SIGUSR2 writes a dump, fatal signals leave the
    stacks of all threads in `.callbox/fatal.txt`.

    Args:
        mode: "static" records nothing until something fails, "profile" and "trace" keep the last calls;
            or the name of an environment. None goes by the environment, and is "static" without.
        include: globs on names of modules whose calls are recorded; none: all but the standard library's.
        rate_limit: captures a second; what comes faster is only counted.
        sample: share of failures that are captured, 0 to 1.
        sinks: called with each failure, e.g. those of `callbox.failures.sinks`.
        more: `store=False` keeps failures out of the project's store, `handle_signal=False` leaves SIGUSR2 alone;
            the other names are those of `CaptureOptions`.

    Returns:
        What was installed; `uninstall` takes it out.

    Raises:
        RecordingError: it is installed already.
        ConfigError: an option is wrong.
    """
    global _installed
    if _installed is not None:
        raise RecordingError("callbox is installed already: call uninstall() first")
    is_stored = bool(more.pop("store", True))
    is_signal_handled = bool(more.pop("handle_signal", True))
    options = ProductionOptions(
        mode=resolve_mode(mode) if mode else find_mode() or "static",
        include=(include,) if isinstance(include, str) else tuple(include),
        rate_limit=rate_limit,
        sample=sample,
        sinks=tuple(sinks),
        is_stored=is_stored,
        is_signal_handled=is_signal_handled,
        captures=tuple(more.items()),
    )
    installation = Installation(options)
    installation.start()
    _installed = installation
    return installation


def uninstall() -> None:
    """Take out what `install` has put in place; nothing happens if there is nothing."""
    global _installed
    if _installed is not None:
        _installed.stop()
        _installed = None


def installed() -> Installation:
    """Return what is installed.

    Raises:
        RecordingError: nothing is.
    """
    if _installed is None:
        raise RecordingError("callbox is not installed: call callbox.install() when the program begins")
    return _installed


def dump(reason: str) -> Failure:
    """Keep what every thread does now, with its last calls.

    Raises:
        RecordingError: callbox is not installed.
    """
    return installed().dump(reason)


class Watched:
    """Around a stretch of work: what it raises is captured, and goes on."""

    def __init__(self, name: str, origin: str = "task", **metadata: Any) -> None:
        """Name the work, and what else is to be known of it."""
        self._name = name
        self._origin = origin
        self._metadata = metadata

    def __enter__(self) -> Watched:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Capture what was raised."""
        if error is not None and _installed is not None:
            _installed.tell(error, self._origin, self._metadata, self._name)

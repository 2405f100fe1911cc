"""`install`: capture in production what nobody catches, at a price that is known beforehand."""

from __future__ import annotations

import atexit
import dataclasses
import functools
import os
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from callbox.errors import CallboxError, ConfigError, RecordingError, reason
from callbox.failures.bucket import TokenBucket
from callbox.failures.capture import Subject
from callbox.failures.catch import Catcher, problems
from callbox.failures.dump import dump_threads
from callbox.failures.errands import Errands
from callbox.failures.extractor import FailureExtractor
from callbox.failures.history import find_path
from callbox.failures.hooks import Hook, all_hooks
from callbox.failures.options import find_mode, options_of, resolve_mode
from callbox.failures.outcomes import captured_as, is_failure, mark_captured
from callbox.failures.signals import SignalWatch
from callbox.failures.work import CURRENT

if TYPE_CHECKING:
    from callbox.engine.budget import Spending
    from callbox.failures.flight import FlightRecorder
    from callbox.failures.flight_box import FlightBox
    from callbox.failures.model import Failure

Sink = Callable[["Failure"], object]
DEFAULT_BUDGET = 0.02
DEFAULT_RATE_PER_S = 10.0
BOX_NAME = "flight.cbx"
SAMPLED_OUT = ""
"""What an exception is marked with that is not in the sample: nobody is to draw for it again."""


@dataclass(frozen=True, slots=True)
class ProductionOptions:
    """What is installed.

    Attributes:
        mode: "static", "profile" or "trace".
        include: globs on the names of modules whose calls are recorded.
        budget: what recording may cost, as a share of the program's own time; None for no limit.
        rate_limit: captures a second; others are only counted.
        sample: share of failures that are captured, 0 to 1.
        sinks: called with each failure.
        is_stored: whether failures are written to the project's store.
        box: the box that the recorder's rings lie in; None: in memory.
        is_signal_handled: whether SIGUSR2 writes a dump.
        captures: how much is captured, by names of `CaptureOptions`.
    """

    mode: str
    include: tuple[str, ...] = ()
    budget: float | None = DEFAULT_BUDGET
    rate_limit: float = DEFAULT_RATE_PER_S
    sample: float = 1.0
    sinks: tuple[Sink, ...] = ()
    is_stored: bool = True
    box: Path | None = None
    is_signal_handled: bool = True
    captures: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if self.budget is not None and not self.budget > 0:
            raise ConfigError(
                f"budget is {self.budget!r}: it must be a share of the program's time, like 0.02, or None for no limit"
            )
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
        self.capture_options = options_of(options.mode, {"include_locals": True, **options.captures})
        self.recorder: FlightRecorder | None = None
        self.notes: tuple[str, ...] = ()
        self.n_sampled_out = 0
        self._draw = draw
        self._bucket = TokenBucket(options.rate_limit)
        self._hooks: Sequence[Hook] = all_hooks(self._tell_uncaught)
        self._signals = SignalWatch(find_path().parent, self._dump_on_signal if options.is_signal_handled else None)
        self._errands = Errands()
        self._box: FlightBox | None = None
        self._is_active = False

    @property
    def spending(self) -> Spending | None:
        """What recording costs at present; None where nothing is recorded, or without a budget."""
        return self.recorder.spending if self.recorder is not None else None

    def start(self) -> None:
        """Put everything in place, or nothing.

        Raises:
            EngineError: the hook that the recorder needs is taken.
        """
        try:
            if self.options.mode != "static":
                self._start_recorder()
            for hook in self._hooks:
                hook.install()
            self._signals.install()
        except BaseException:
            self.stop()
            raise
        self._is_active = True
        atexit.register(self._end)

    def stop(self) -> None:
        """Take everything out that is still ours; what others have put over it does nothing any more."""
        self._is_active = False
        atexit.unregister(self._end)
        for hook in reversed(self._hooks):
            hook.remove()
        self._signals.remove()
        self._end()
        self.recorder = None

    def tell(self, error: BaseException, origin: str, subject: Callable[[], Subject] | None = None) -> Failure | None:
        """Capture an exception, if it may be. Nothing is raised.

        Args:
            error: what was raised.
            origin: who tells.
            subject: says what failed, if that is known.
        """
        if not self._is_active or not self._is_in_sample(error):
            return None
        catcher = Catcher(
            self.capture_options,
            origin=origin,
            last_calls=self.recorder.last_calls if self.recorder is not None else None,
            sinks=(self._tell_sinks,),
            is_kept=self.options.is_stored,
            may_capture=self._bucket.take,
        )
        return catcher.catch(error, subject)

    def dump(self, reason: str) -> Failure:
        """Keep what every thread does now, with its last calls."""
        failure = self._look(reason)
        self._keep(failure)
        return failure

    def _look(self, reason: str) -> Failure:
        calls = self.recorder.last_calls() if self.recorder is not None else ""
        return dump_threads(reason, self.capture_options, calls)

    def _keep(self, failure: Failure) -> None:
        if self.options.is_stored:
            FailureExtractor().add_failure(failure)
        self._tell_sinks(failure)

    def _tell_uncaught(self, error: BaseException, origin: str, metadata: dict[str, Any]) -> None:
        """Capture what a hook tells; it belongs to the request or job that the thread or task is busy with."""
        work = CURRENT.get()
        self.tell(error, origin, lambda: Subject(name=work.name, metadata={**work.metadata, **metadata}))

    def _tell_sinks(self, failure: Failure) -> None:
        for sink in self.options.sinks:
            _try(functools.partial(sink, failure))

    def _is_in_sample(self, error: BaseException) -> bool:
        try:
            if self.options.sample >= 1 or not is_failure(error) or captured_as(error) is not None:
                return True
            if self._draw() < self.options.sample:
                return True
            mark_captured(error, SAMPLED_OUT)
        except Exception as own:
            problems.count(own)
        self.n_sampled_out += 1
        return False

    def _dump_on_signal(self) -> None:
        """Look at once, from within whatever the main thread is doing; store and sinks are for another thread."""
        try:
            failure = self._look("SIGUSR2")
        except Exception as error:
            problems.count(error)
        else:
            self._errands.run(functools.partial(self._keep, failure))

    def _start_recorder(self) -> None:
        # what records and reads needs NumPy: not in a program that records nothing
        from callbox.failures.flight import FlightRecorder

        mode, include, budget = self.options.mode, self.options.include, self.options.budget
        self._box = self._prepare_box()
        folder = str(self._box.folder) if self._box is not None else None
        self.recorder = FlightRecorder(mode, include, budget=budget, folder=folder)
        if self._box is not None:
            try:
                self._box.join(self.recorder.header)
            except (CallboxError, OSError) as error:
                self._go_without_box(error)
                self.recorder = FlightRecorder(mode, include, budget=budget)
        self.recorder.start()

    def _prepare_box(self) -> FlightBox | None:
        from callbox.engine.options import Options
        from callbox.engine.recorder import ring_bytes
        from callbox.failures.flight import DEFAULT_EVENTS
        from callbox.failures.flight_box import FlightBox

        if self.options.box is None:
            return None
        box = FlightBox(self.options.box)
        try:
            box.prepare(ring_bytes(Options(mode=self.options.mode, max_events=DEFAULT_EVENTS)))
        except OSError as error:
            self._go_without_box(error)
            return None
        return box

    def _go_without_box(self, error: Exception) -> None:
        """Record in memory: a program must not fail because its recorder cannot have a file."""
        self.notes += (
            f"no rings in {self.options.box}: {reason(error)}; the last calls are lost if the process crashes",
        )
        self._box = None

    def _end(self) -> None:
        """Stop recording, write what waits; in a process that ends in order nothing is left in the box."""
        if self.recorder is not None and self.recorder.is_recording:
            self.recorder.stop()
        if self._box is not None:
            self._box.leave()
        self._errands.wait()
        FailureExtractor().flush()
        for sink in self.options.sinks:
            flush = getattr(sink, "flush", None)
            if flush is not None:
                _try(flush)


def _try(ask: Callable[[], object]) -> None:
    """Ask something of a sink; the others are asked all the same."""
    try:
        ask()
    except Exception as error:
        problems.count(error)


_installed: Installation | None = None


def install(
    mode: str | None = None,
    include: str | Iterable[str] = (),
    *,
    budget: float | None = DEFAULT_BUDGET,
    rate_limit: float = DEFAULT_RATE_PER_S,
    sample: float = 1.0,
    sinks: Iterable[Sink] = (),
    store: bool = True,
    box: bool | str | os.PathLike[str] = True,
    handle_signal: bool = True,
    **captures: Any,
) -> Installation:
    """Capture, from now on, what nobody catches, and what is logged with an exception.

    That is `sys.excepthook`, exceptions of threads and of asyncio, those that Python
    cannot raise, and `logging.exception`; SIGUSR2 writes a dump, fatal signals leave the
    stacks of all threads in `.callbox/fatal.txt`, and the last calls in the box. What
    was installed before is taken out, so that a module may be loaded again.

    Args:
        mode: "static" records nothing until something fails, "profile" and "trace" keep the last calls;
            or the name of an environment. None goes by the environment, and is "static" without.
        include: globs on names of modules whose calls are recorded; none: all but the standard library's.
        budget: what recording may cost, as a share of the program's own time; above it less is recorded, step by
            step. None for no limit.
        rate_limit: captures a second; what comes faster is only counted.
        sample: share of failures that are captured, 0 to 1.
        sinks: called with each failure, e.g. those of `callbox.failures.sinks`.
        store: whether failures are written to the project's store.
        box: where the last calls outlive a crash; True: `.callbox/flight.cbx` of the project; False: nowhere.
        handle_signal: whether SIGUSR2 writes a dump.
        captures: how much is captured, by names of `CaptureOptions`.

    Returns:
        What was installed; `uninstall` takes it out.

    Raises:
        ConfigError: an option is wrong.
        EngineError: the hook that the recorder needs is taken.
    """
    global _installed
    installation = Installation(
        ProductionOptions(
            mode=resolve_mode(mode) if mode else find_mode() or "static",
            include=(include,) if isinstance(include, str) else tuple(include),
            budget=budget,
            rate_limit=rate_limit,
            sample=sample,
            sinks=tuple(sinks),
            is_stored=store,
            box=_box_path(box),
            is_signal_handled=handle_signal,
            captures=captures,
        )
    )
    uninstall()
    installation.start()
    _installed = installation
    return installation


def _box_path(box: bool | str | os.PathLike[str]) -> Path | None:
    if box is True:
        return find_path().parent / BOX_NAME
    return None if box is False else Path(box)


def uninstall() -> None:
    """Take out what `install` has put in place; nothing happens if there is nothing."""
    global _installed
    if _installed is not None:
        _installed.stop()
        _installed = None


def current() -> Installation | None:
    """Return what is installed, or None."""
    return _installed


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

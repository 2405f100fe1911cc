"""Which engine records: the one asked for, or the best that can start here."""

from __future__ import annotations

import dataclasses
import os
import platform
import sys
from typing import TYPE_CHECKING

from callbox import _core
from callbox.engine.recorder import NativeRecorder, Recorder, platform_name, read_clock
from callbox.engine.redaction import redact_command
from callbox.errors import ConfigError, EngineError
from callbox.model import Capture, Header

if TYPE_CHECKING:
    from callbox.engine.budget import Spending
    from callbox.engine.options import Options

AUTO = "auto"
ORACLE = "oracle"
WRAP = "wrap"
"""Sees only what is wrapped: it is taken where it is asked for, and stands in for no other."""

_NATIVE = ("frameeval", "monitoring", "setprofile")
"""Every engine in C there is, on one Python or another: the cheapest first."""


def engine_names() -> tuple[str, ...]:
    """Name the engines that exist on this Python, in the order in which "auto" tries them; the oracle is last."""
    compiled = _core.engines()
    return (*(name for name in _NATIVE if name in compiled), ORACLE)


def choose_engine(options: Options) -> tuple[str, str]:
    """Choose the engine for a recording.

    Returns:
        The engine that is tried first, and why it is.

    Raises:
        ConfigError: there is no engine of that name.
        EngineError: the engine of that name does not exist on this Python, or no engine does.
    """
    if options.engine != AUTO:
        _check_name(options.engine)
        return options.engine, "it was asked for by name"
    first, *_ = _candidates(options)
    if options.c_calls and first == "setprofile":
        return first, "it sees C calls without a second hook beside it"
    if first == "setprofile":
        return first, "it is the only engine in C on this Python"
    return first, "it costs least on this Python"


def new_recorder(options: Options, folder: str | None = None) -> Recorder:
    """Make a recorder with the engine that the options ask for.

    With "auto", the recorder starts the best engine whose hook is free, and the
    recording's notes name the ones that were not.

    Args:
        options: what to record.
        folder: an existing folder for rings that outlive the process; the oracle and mode "static" make none.

    Raises:
        ConfigError: there is no engine of that name.
        EngineError: the engine does not exist on this Python, or cannot do what is asked.
    """
    if options.engine != AUTO:
        _check_name(options.engine)
    if options.mode == "static":
        return IdleRecorder(options)
    if options.engine == ORACLE:
        from callbox.engine.oracle import OracleRecorder

        if options.overhead_budget is not None:
            raise EngineError("engine 'oracle' keeps to no overhead budget: choose another, or leave the budget out")
        return OracleRecorder(options)
    if options.engine == WRAP and options.overhead_budget is not None:
        raise EngineError("engine 'wrap' keeps to no overhead budget: choose another, or leave the budget out")
    if options.engine == AUTO:
        return AutoRecorder(options, folder)
    return NativeRecorder(options, options.engine, folder)


class AutoRecorder:
    """Records with the first engine that can start, and keeps to it."""

    def __init__(self, options: Options, folder: str | None = None) -> None:
        """Prepare the engines.

        Raises:
            EngineError: there is none on this Python.
        """
        self._options = options
        self._folder = folder
        self._untried = _candidates(options)
        self._refusals: list[str] = []
        self._has_started = False
        self._recorder = self._next_recorder()

    @property
    def is_recording(self) -> bool:
        """Whether the hook is installed."""
        return self._recorder.is_recording

    @property
    def spending(self) -> Spending | None:
        """What recording costs at present; None without a budget."""
        return self._recorder.spending

    def start(self) -> None:
        """Install the hook of the first engine whose hook is free; later, of the same engine again.

        Raises:
            EngineError: every engine's hook is taken.
        """
        while True:
            try:
                self._recorder.start()
            except EngineError as error:
                if self._has_started:
                    raise
                self._fall_back(error)
            else:
                self._has_started = True
                return

    def stop(self) -> None:
        """Remove the hook where it is still ours."""
        self._recorder.stop()

    def clear(self) -> None:
        """Forget what was recorded; a running recording goes on."""
        self._recorder.clear()

    def capture(self) -> Capture:
        """Hand over what was recorded, and which engines could not record it."""
        capture = self._recorder.capture()
        return dataclasses.replace(capture, header=self._with_refusals(capture.header))

    def finish(self) -> Capture:
        """Stop for good, and hand over what was recorded, without a copy."""
        capture = self._recorder.finish()
        return dataclasses.replace(capture, header=self._with_refusals(capture.header))

    @property
    def header(self) -> Header:
        """How the recording was made so far, and which engines could not record it."""
        return self._with_refusals(self._recorder.header)

    def _with_refusals(self, header: Header) -> Header:
        return dataclasses.replace(header, notes=(*self._refusals, *header.notes))

    def _fall_back(self, error: EngineError) -> None:
        self._refusals.append(str(error))
        if not self._untried:
            # Whoever starts again later, when a hook is free, begins anew.
            reasons, self._refusals = "; ".join(self._refusals), []
            self._untried = _candidates(self._options)
            self._recorder = self._next_recorder()
            raise EngineError(f"no engine can start: {reasons}") from error
        self._recorder = self._next_recorder()

    def _next_recorder(self) -> NativeRecorder:
        return NativeRecorder(self._options, self._untried.pop(0), self._folder)


class IdleRecorder:
    """What mode "static" has in place of an engine: it records no calls at all."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._started = self._ended = read_clock()
        self._is_recording = False

    @property
    def is_recording(self) -> bool:
        """Whether it was started and not stopped."""
        return self._is_recording

    def start(self) -> None:
        """Begin to record nothing."""
        self._started = read_clock()
        self._is_recording = True

    def stop(self) -> None:
        """End it."""
        if self._is_recording:
            self._ended = read_clock()
        self._is_recording = False

    def clear(self) -> None:
        """Forget nothing, as there is nothing."""

    @property
    def header(self) -> Header:
        """How nothing was recorded."""
        return Header(
            engine="none",
            mode=self._options.mode,
            filters=self._options.filters,
            python=platform.python_version(),
            platform=platform_name(),
            command=redact_command(sys.argv, self._options.redact),
            process_id=os.getpid(),
            started=self._started,
            ended=read_clock() if self._is_recording else self._ended,
        )

    def capture(self) -> Capture:
        """Hand over an empty capture."""
        return Capture(self.header, (), ())

    def finish(self) -> Capture:
        """Stop, and hand over an empty capture."""
        self.stop()
        return self.capture()


def _check_name(name: str) -> None:
    known = (*engine_names(), WRAP)
    if name in known:
        return
    if name in _NATIVE:
        raise EngineError(f"engine {name!r} does not exist on Python {platform.python_version()}: {_choices(known)}")
    raise ConfigError(f"unknown engine {name!r}: {_choices(known)}")


def _choices(names: tuple[str, ...]) -> str:
    return f"choose one of {', '.join((AUTO, *names))}"


def _candidates(options: Options) -> list[str]:
    """Name the engines in C that can record what is asked, the best first."""
    names = [name for name in engine_names() if name != ORACLE]
    if not names:
        raise EngineError("this build of callbox has no engine in C: reinstall it, or choose engine='oracle'")
    if options.c_calls and "monitoring" not in names:
        # The evaluator sees no C calls: it would need the profile hook beside it, and pay for both.
        names.sort(key=lambda name: name != "setprofile")
    return names

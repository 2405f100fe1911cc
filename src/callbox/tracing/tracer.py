"""`FunctionTracer`: record the calls of a block, of a function, or between two points."""

from __future__ import annotations

import os
import sys
import threading
import warnings
from typing import TYPE_CHECKING, Any, TypeVar

from callbox.config import project_redact_rules
from callbox.engine.choice import new_recorder
from callbox.engine.globs import is_own, matches
from callbox.engine.options import Options
from callbox.errors import CallboxError, CallboxWarning, ConfigError, RecordingError
from callbox.secrets import RedactRules
from callbox.tracing.assertions import CallAssertions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

    import numpy as np
    from numpy.typing import NDArray

    from callbox.engine.recorder import Recorder
    from callbox.model import CallEvent, Capture
    from callbox.recording import Recording
    from callbox.tracing.callgraph import CallGraph
    from callbox.tracing.choice import ValueChoice

# What reads recordings needs NumPy. It is imported when they are read, and not
# into a program that is being recorded.

F = TypeVar("F", bound="Callable[..., Any]")

_N_SUGGESTIONS = 3


class FunctionTracer(CallAssertions):
    """Records calls while it is started, in every thread of the process.

    It may be started again and again; what it records is kept until `clear`. It
    may be read at any time; while it runs, that shows what was recorded so far.

        with FunctionTracer(["myapp.*"]) as tracer:
            work()
        print(tracer.format_trace())

    As a decorator it records while the function runs.
    """

    def __init__(
        self,
        filter_modules: str | Iterable[str] | None = None,
        *,
        mode: str = "profile",
        engine: str = "auto",
        c_calls: bool = False,
        max_events: int = 1 << 20,
        max_depth: int | None = None,
        memory: bool = False,
        redact: RedactRules | None = None,
        all_values: bool = False,
        path: str | os.PathLike[str] | None = None,
        overhead_budget: float | None = None,
        capture_args: bool | None = None,
        capture_returns: bool | None = None,
        capture_exceptions: bool | None = None,
    ) -> None:
        """Set up a tracer; nothing is recorded until it starts.

        Args:
            filter_modules: globs on module names, `myapp.*`; `!` in front excludes, the last
                match wins; only exclusions, or none at all, select everything else.
            mode: "static" records nothing, "profile" calls and times, "trace" also arguments, results and exceptions.
            engine: "auto" or the name of an engine.
            c_calls: record the C functions that selected Python functions call.
            max_events: how many events each thread keeps, the newest ones.
            max_depth: levels of selected calls to record; None for all.
            memory: count bytes and blocks that are allocated.
            redact: what is a secret besides what always is, and what is none; None: as the project configures it.
            all_values: keep all values; else, beyond an eighth of the time, those of frequent calls are only named.
            path: where `stop` saves the recording.
            overhead_budget: keep less, step by step, where it costs more of the program's own time, like 0.05 of it.
            capture_args: keep arguments. To choose one of these three makes the mode "trace", unless all are False;
                those that are not mentioned are kept.
            capture_returns: keep results.
            capture_exceptions: keep exceptions.

        Raises:
            ConfigError: an option is wrong.
            EngineError: the engine does not exist on this Python, or cannot do what is asked.
        """
        chosen = (capture_args, capture_returns, capture_exceptions)
        self._has_choice = chosen != (None, None, None)
        self._kept = tuple(choice is not False for choice in chosen)
        if self._has_choice and mode != "static":
            mode = "trace" if any(self._kept) else "profile"
        filters = (filter_modules,) if isinstance(filter_modules, str) else tuple(filter_modules or ())
        self._options = Options(
            *(engine, mode, filters, max_events, max_depth, c_calls, memory),
            redact=redact or project_redact_rules(),
            all_values=all_values,
            overhead_budget=overhead_budget,
        )
        self._path = path
        self._recorder: Recorder = new_recorder(self._options)
        self._has_reserved_path = False
        self._recording: Recording | None = None
        self._events: list[CallEvent] | None = None
        self._use = _Use(self)

    @property
    def is_recording(self) -> bool:
        """Whether the tracer is started."""
        return self._recorder.is_recording

    def start(self) -> None:
        """Begin to record.

        Raises:
            RecordingError: the tracer is started already.
            ConfigError: the path to save to cannot be written.
            EngineError: the hook that the engine needs is taken.
        """
        if self._recorder.is_recording:
            raise RecordingError("this tracer is already recording: stop it first, or use another one beside it")
        self._reserve_path()
        self._forget_reading()
        self._recorder.start()

    def stop(self) -> None:
        """Stop recording; save, if the tracer has a path.

        Raises:
            RecordingError: the tracer is not started, or the recording cannot be saved.
        """
        if not self._recorder.is_recording:
            raise RecordingError("this tracer is not recording: start it first")
        self._recorder.stop()
        if self._path is not None:
            self.save(self._path)
        self._warn()

    start_tracing = start
    stop_tracing = stop

    def __enter__(self) -> FunctionTracer:
        """Begin to record."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop, unless the block has done so itself."""
        if not self._recorder.is_recording:
            return
        try:
            self.stop()
        except (CallboxError, CallboxWarning) as ours:
            if error is None:
                raise
            # The error of the block is the news; ours must not stand in front of it.
            error.add_note(f"callbox: {ours}")

    def __call__(self, function: F) -> F:
        """Wrap a function to be recorded while it runs; see `callbox.tracing.decorator.decorate`."""
        from callbox.tracing.decorator import decorate

        return decorate(function, self._use)

    def clear(self) -> None:
        """Forget what was recorded; a tracer that is started goes on."""
        self._recorder.clear()
        self._forget_reading()

    clear_events = clear

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the recording to a box.

        Raises:
            RecordingError: it cannot be written.
        """
        from callbox.recording import write_box

        write_box(self._capture(), path)

    def get_trace(self) -> Recording:
        """Return what was recorded; it does not change when the tracer goes on."""
        from callbox.recording import Recording

        if self._recorder.is_recording:
            return Recording(self._capture())
        if self._recording is None:
            self._recording = Recording(self._capture())
        return self._recording

    @property
    def recording(self) -> Recording:
        """What was recorded, as `get_trace` returns it."""
        return self.get_trace()

    @property
    def dropped(self) -> int:
        """Events that were recorded and then overwritten by newer ones."""
        return self.get_trace().dropped

    @property
    def events(self) -> list[CallEvent]:
        """Every event, in order of time."""
        if self._recorder.is_recording:
            return self.filter_events()
        if self._events is None:
            self._events = self.filter_events()
        return self._events

    def get_events(self) -> list[CallEvent]:
        """Return every event, in order of time; the list is the caller's own."""
        return list(self.events)

    def filter_events(
        self,
        *,
        function: str | None = None,
        module: str | None = None,
        event_type: str | None = None,
        min_duration: float | None = None,
        thread_id: int | None = None,
    ) -> list[CallEvent]:
        """Return the events that agree with every criterion given, in order of time.

        Args:
            function: glob on the name, the qualified name, or the full name with its module.
            module: glob on the module's name, as in `filter_modules`.
            event_type: as in `CallEvent.event_type`.
            min_duration: seconds; takes starts and ends of calls that lasted at least so long.
            thread_id: as in `CallEvent.thread_id`.
        """
        from callbox.tracing.events import EventFilter, iter_events

        selection = EventFilter(
            function=function, module=module, event_type=event_type, min_duration=min_duration, thread_id=thread_id
        )
        events = iter_events(self.get_trace(), selection)
        choice = self._choice()
        return list(map(choice.strip, events) if choice else events)

    def to_numpy(self) -> NDArray[np.void]:
        """Return the events as an array of shape `(n_events,)` with the fields `EVENT_FIELDS`, read-only."""
        return self.get_trace().events

    def get_metrics(self) -> dict[str, Any]:
        """Return times, counts, depth, recursion, exceptions and memory; see `Metrics.to_dict`."""
        from callbox.tracing.metrics import compute_metrics

        return compute_metrics(self.get_trace().tree).to_dict()

    def get_call_graph(self) -> CallGraph:
        """Return who called whom."""
        from callbox.tracing.callgraph import CallGraph

        return CallGraph(self.get_trace().tree)

    def format_trace(self, format: str = "tree", *, format_type: str | None = None, **options: Any) -> str:  # noqa: A002
        """Write what was recorded as text.

        Args:
            format: "tree", "flat", "json" or "dot".
            format_type: another name for `format`.
            options: those of the function in `callbox.render` that writes it: `show_times`,
                `max_lines`, `fold_repeats`, ...

        Raises:
            ConfigError: there is no such format.
        """
        from callbox import render
        from callbox.tracing.callgraph import CallGraph

        chosen = format_type or format
        recording = self.get_trace()
        choice, described = self._choice(), recording.describe_values()
        values = {"values": choice.texts(described) if choice else described}
        if chosen == "tree":
            return render.format_tree(recording.tree, **(values | options))
        if chosen == "flat":
            return render.format_flat(recording.events, recording.tree, **(values | options))
        if chosen == "json":
            return render.format_json(recording.tree, **(values | options))
        if chosen == "dot":
            return render.format_dot(CallGraph(recording.tree), **options)
        raise ConfigError(f"unknown format {chosen!r}: choose one of tree, flat, json, dot")

    def _choice(self) -> ValueChoice | None:
        """Return which values are kept; None if all are."""
        if not self._has_choice or self._options.mode != "trace" or all(self._kept):
            return None
        from callbox.tracing.choice import ValueChoice

        return ValueChoice(*self._kept)

    def _capture(self) -> Capture:
        capture, choice = self._recorder.capture(), self._choice()
        return choice.keep(capture) if choice else capture

    def _forget_reading(self) -> None:
        self._recording = None
        self._events = None

    def _reserve_path(self) -> None:
        """Prove that the path can be written, before anything is recorded in vain."""
        if self._path is None or self._has_reserved_path:
            return
        from callbox.recording import reserve_box

        reserve_box(self._path, self._recorder.header)
        self._has_reserved_path = True

    def _warn(self) -> None:
        """Warn of whatever the recording lacks. That another engine recorded it is a note, and no lack."""
        hints = {f"filter {pattern!r} matched no module": pattern for pattern in self._options.filters}
        for note in self._recorder.header.notes:
            if note in hints:
                warnings.warn(f"{note} that ran: {_hint(hints[note])}", CallboxWarning, stacklevel=_stack_level())
            elif not note.startswith("engine "):
                warnings.warn(note, CallboxWarning, stacklevel=_stack_level())


class _Use:
    """Keeps a tracer started while decorated functions run, however many at once."""

    def __init__(self, tracer: FunctionTracer) -> None:
        self._tracer = tracer
        self._lock = threading.Lock()
        self._n_running = 0
        self._has_started = False

    def __enter__(self) -> None:
        with self._lock:
            if self._n_running == 0 and not self._tracer.is_recording:
                self._tracer.start()
                self._has_started = True
            self._n_running += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._lock:
            self._n_running -= 1
            if self._n_running == 0 and self._has_started:
                self._has_started = False
                self._tracer.__exit__(kind, error, traceback)


def _hint(pattern: str) -> str:
    """Say what a pattern that matched nothing may have meant."""
    import difflib

    glob = pattern.removeprefix("!")
    loaded = sorted(name for name in tuple(sys.modules) if not is_own(name))
    matching = [name for name in loaded if matches(glob, name)]
    if matching:
        return f"{matching[0]} is loaded, but none of its functions was called"
    stem = glob.removesuffix(".*").strip("*.")
    inside = [name for name in loaded if f".{stem}." in f".{name}."]
    near = dict.fromkeys(inside + difflib.get_close_matches(stem, loaded))
    if near:
        return f"did you mean one of {', '.join([*near][:_N_SUGGESTIONS])}?"
    return "no module that is loaded has a name like it"


def _stack_level() -> int:
    """Return the `stacklevel` at which a warning points at the code that uses callbox."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("callbox."):
        level, frame = level + 1, frame.f_back
    return level

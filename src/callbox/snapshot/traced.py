"""`TracedSnapshot`: what a block or a function did, as a text that is the same whenever it does the same."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any, TypeVar

from callbox.errors import CaptureError, NothingFoundError
from callbox.model import Outcome
from callbox.snapshot.detail import Matchers, detail_of, names_of
from callbox.tracing import FunctionTracer
from callbox.tracing.assertions import CallAssertions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

    from callbox.recording import Recording
    from callbox.snapshot.labels import ValueFilter
    from callbox.tracing.callgraph import CallGraph

F = TypeVar("F", bound="Callable[..., Any]")

_MAX_EVENTS = 1 << 22
"""Of each thread: rings take memory as they fill. A snapshot of more is nothing that anyone could read."""


class TracedSnapshot(CallAssertions):
    """Records calls, and writes them for a snapshot: what was called, with what, what came of it, in which order.

        traced = TracedSnapshot(filter_modules=["shop.*"])
        with traced:
            checkout(cart)
        assert traced.format_trace() == snapshot

    Times and other metrics are no part of the text; `get_metrics` has them.
    """

    def __init__(
        self,
        detail_level: str = "standard",
        *,
        filter_modules: str | Iterable[str] | None = None,
        include: str | Iterable[str] | None = None,
        exclude: str | Iterable[str] | None = None,
        max_depth: int | None = None,
        matchers: Matchers | None = None,
    ) -> None:
        """Set up a snapshot; nothing is recorded until it starts.

        Args:
            detail_level: "minimal" writes functions and kinds of exceptions, "standard" also arguments and results,
                "verbose" also modules, receivers of methods, and longer values.
            filter_modules: globs on module names, as in `FunctionTracer`; None for all that is neither of the
                standard library nor installed.
            include: globs on functions, `shop.order.*` or `Order.*`; only these are written.
            exclude: globs on functions that are not written; what they called is.
            max_depth: levels of calls to write; None for all.
            matchers: what to write in the place of values, by globs on `module.function.parameter`,
                `module.function.return` or `module.function.raise`.

        Raises:
            ConfigError: an option is wrong.
        """
        self._detail = detail_of(detail_level)
        self._filters = names_of(filter_modules)
        # All values: which of them an eighth of the time holds depends on the machine, a snapshot must not.
        self._tracer = FunctionTracer(self._filters or None, mode="trace", all_values=True, max_events=_MAX_EVENTS)
        self._include, self._exclude = names_of(include), names_of(exclude)
        self._max_depth = max_depth
        self._matchers = dict(matchers or {})
        self._main_thread = threading.get_ident()

    @property
    def is_recording(self) -> bool:
        """Whether it is started."""
        return self._tracer.is_recording

    def start(self) -> None:
        """Begin to record, after what was recorded before.

        Raises:
            RecordingError: it is started already.
            EngineError: the hook that the engine needs is taken.
        """
        self._main_thread = threading.get_ident()
        self._tracer.start()

    def stop(self) -> None:
        """Stop recording.

        Raises:
            RecordingError: it is not started.
        """
        self._tracer.stop()

    def __enter__(self) -> TracedSnapshot:
        """Begin to record."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop, unless the block has done so itself."""
        self._tracer.__exit__(kind, error, traceback)

    def __call__(self, function: F) -> F:
        """Wrap a function to be recorded while it runs."""
        return self._tracer(function)

    def capture_trace(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Call a function and record it alone.

        Returns:
            "result", what it returned; "trace", the text.
        """
        self.clear()
        with self:
            result = function(*args, **kwargs)
        return {"result": result, "trace": self.format_trace()}

    def clear(self) -> None:
        """Forget what was recorded."""
        self._tracer.clear()

    def get_trace(self) -> Recording:
        """Return what was recorded."""
        return self._tracer.get_trace()

    def get_metrics(self) -> dict[str, Any]:
        """Return times, counts and depth; see `FunctionTracer.get_metrics`."""
        return self._tracer.get_metrics()

    def get_call_graph(self) -> CallGraph:
        """Return who called whom."""
        return self._tracer.get_call_graph()

    def format_trace(self, *, metrics: bool = False) -> str:
        """Write what was recorded.

        Args:
            metrics: also write how many calls there were and how deep; times never.

        Raises:
            NothingFoundError: there is nothing to write; a snapshot of nothing would hold for ever.
            CaptureError: parts of the recording are lost.
        """
        return self.write(metrics=metrics)

    def write(self, value_filter: ValueFilter | None = None, *, metrics: bool = False) -> str:
        """Write what was recorded, with values as `value_filter` has them; see `format_trace`."""
        # Reading recordings needs NumPy, which a program that is being recorded may not want.
        from callbox.snapshot.build import build_parts
        from callbox.snapshot.labels import Labels
        from callbox.snapshot.lines import write_lines
        from callbox.snapshot.selection import Selection, select_calls
        from callbox.snapshot.stable import Places, Stabiliser

        recording = self.get_trace()
        self._check_whole(recording)
        header = recording.header
        chosen = select_calls(
            recording.tree, Selection(self._include, self._exclude, not self._filters, self._max_depth)
        )
        stabiliser = Stabiliser(header.started, header.ended, Places.of_process())
        labels = Labels(recording, stabiliser, self._detail, self._matchers, value_filter)
        if not len(chosen.rows):
            raise NothingFoundError(self._say_nothing(recording))
        lines = list(write_lines(build_parts(recording, chosen, labels, self._main_thread)))
        if metrics:
            n_raised = int((recording.tree.calls["outcome"][chosen.rows] == Outcome.RAISED).sum())
            lines.append(f"metrics: calls={len(chosen.rows):,}, raised={n_raised:,}, levels={chosen.n_levels:,}")
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.format_trace()

    def __repr__(self) -> str:
        state = "recording" if self.is_recording else "stopped"
        return f"<TracedSnapshot, {state}, of {', '.join(self._filters) or 'all own code'}>"

    def _check_whole(self, recording: Recording) -> None:
        """Refuse what lacks something: which calls are lost is chance."""
        if recording.dropped:
            raise CaptureError(
                f"{_here()}the recording lost {recording.dropped:,} of its oldest events: record less, "
                "with narrower filter_modules or a shorter block"
            )
        for thread in recording.capture.threads:
            if thread.values.head > thread.values.capacity > 0:
                raise CaptureError(
                    f"{_here()}the recording lost the oldest of its values: record less, with narrower filter_modules "
                    "or a shorter block"
                )

    def _say_nothing(self, recording: Recording) -> str:
        if recording.functions:
            seen = sorted({function.full_name for function in recording.functions.values()})
            shown = ", ".join(seen[:3]) + (", …" if len(seen) > 3 else "")
            return (
                f"{_here()}no call is left to snapshot: {len(recording.tree.calls):,} were recorded, of {shown}; "
                f"choose other include, exclude or filter_modules"
            )
        if self._filters:
            return (
                f"{_here()}nothing was recorded: filter_modules {list(self._filters)} matched no call; write module "
                "names like 'myapp.*'"
            )
        return f"{_here()}nothing was recorded: no Python function was called while {self!r} was started"


def _here() -> str:
    """Name the test that runs."""
    test = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")[0]
    return f"{test}: " if test else ""

"""One recording on show: what the page asks of it, worked out when it is asked for."""

from __future__ import annotations

import threading
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from callbox.errors import NothingFoundError
from callbox.model import GREENLET
from callbox.render.text import printable
from callbox.view.details import Details
from callbox.view.exceptions import ExceptionList
from callbox.view.flame import FlameGraph, build_flame_graph
from callbox.view.graph import draw_graph
from callbox.view.lanes import TASK, Lane, find_lanes
from callbox.view.track import as_columns

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Executor

    from numpy.typing import NDArray

    from callbox.model import Function
    from callbox.recording import Recording
    from callbox.view.track import Rectangles

EXCEPTIONS_PER_PAGE = 200
_MAX_MESSAGE_CHARS = 300
_MAX_STATIC_PAGES = 20


class Exhibit:
    """A recording with what its page shows. Times are nanoseconds since its first call.

    Safe to be asked by several threads at once: one works, the others wait.
    """

    def __init__(self, recording: Recording, name: str) -> None:
        """Show a recording.

        Args:
            recording: with at least one call.
            name: what it is called, mostly its file's name.
        """
        self._recording = recording
        self._name = name
        self._calls = recording.tree.calls
        self._epoch_ns = int(self._calls["t_start_ns"].min())
        self._lock = threading.RLock()
        self._details = Details(recording, self._epoch_ns)

    @cached_property
    def codes(self) -> NDArray[np.uint32]:
        """The function of each call, shape `(n_calls,)`."""
        return np.ascontiguousarray(self._calls["code"])

    @cached_property
    def outcomes(self) -> NDArray[np.uint8]:
        """How each call ended, shape `(n_calls,)`."""
        return np.ascontiguousarray(self._calls["outcome"])

    @cached_property
    def lanes(self) -> list[Lane]:
        """Threads and greenlets, then tasks."""
        with self._lock:
            return find_lanes(self._recording.events, self._recording.tree)

    @cached_property
    def flame_graph(self) -> FlameGraph:
        """Calls joined by their callers."""
        with self._lock:
            return build_flame_graph(self._calls)

    @cached_property
    def exceptions(self) -> ExceptionList:
        """Exceptions that left a call."""
        with self._lock:
            return ExceptionList(self._calls)

    @cached_property
    def dot(self) -> str:
        """The call graph in DOT."""
        from callbox.tracing.callgraph import CallGraph

        with self._lock:
            return draw_graph(CallGraph(self._recording.tree))

    def prepare(self, pool: Executor) -> None:
        """Work out the lanes, and have a pool go on with what the page asks for first."""
        for lane in self.lanes:
            if lane.kind != TASK:
                pool.submit(getattr, lane, "track")

    def summary(self) -> dict[str, Any]:
        """Describe the recording, its functions and its lanes."""
        recording, header = self._recording, self._recording.header
        tree = recording.tree
        return {
            "name": printable(self._name),
            "command": [printable(word) for word in header.command],
            "engine": header.engine,
            "mode": header.mode,
            "python": header.python,
            "exit_status": printable(header.exit_status),
            "notes": [printable(note) for note in (*recording.damage, *recording.notes)],
            "dropped": recording.dropped,
            "events": recording.n_events,
            "calls": len(self._calls),
            "epoch_ms": self._epoch_ns / 1e6,
            "duration": max(int(self._calls["t_end_ns"].max()) - self._epoch_ns, 1),
            "has_values": recording.values is not None,
            "functions": [_describe_function(function) for function in tree.functions.values()],
            "lanes": [lane.describe(tree) for lane in self.lanes],
        }

    def tile(self, lane: int, zoom: int, index: int, block: int) -> dict[str, Any]:
        """Return the rectangles of a tile, and those of waiting calls behind them; see `callbox.view.track`."""
        if not 0 <= lane < len(self.lanes):
            raise NothingFoundError(f"there is no lane {lane}: there are {len(self.lanes)}")
        with self._lock:
            chosen = self.lanes[lane]
            columns = self._columns(chosen.track.tile(zoom, index, block))
            waits = chosen.waits
            if waits is not None:
                columns["waits"] = self._columns(waits.tile(zoom, index, block))
        return columns

    def hotspots(self) -> list[dict[str, Any]]:
        """Return what each function cost, the most self time first."""
        with self._lock:
            return self._hotspots

    def flame(self, root: int) -> dict[str, Any]:
        """Return a node of the flame graph and what is below it."""
        graph = self.flame_graph
        if not 0 <= root < len(graph.parent):
            raise NothingFoundError(f"the flame graph has no node {root}")
        return graph.below(root)

    def call(self, row: int, **limits: int) -> dict[str, Any]:
        """Describe a call, and where the time line shows it; `limits` as `Details.call` takes them."""
        self._check_row(row)
        with self._lock:
            return {**self._details.call(row, **limits), "places": self.places(row)}

    def function(self, code: int) -> dict[str, Any]:
        """Describe a function."""
        if code not in self._recording.functions:
            raise NothingFoundError(f"there is no function {code}")
        with self._lock:
            return self._details.function(code)

    def places(self, row: int) -> dict[str, dict[str, int]]:
        """Return where a call stands: lane, level, start and end, by `threads` and by `tasks`."""
        found = {}
        task = int(self._calls["task"][row])
        thread = int(self._calls["thread"][row])
        start_ns = int(self._calls["t_start_ns"][row]) - self._epoch_ns
        for number, lane in enumerate(self.lanes):
            is_task = lane.kind == TASK
            greenlet = task & ~GREENLET if task >= GREENLET else 0
            if lane.thread == thread and lane.number == (task if is_task else greenlet):
                place = lane.track.at(row, start_ns)
                if place is not None:
                    level, start, end = place
                    key = "tasks" if is_task else "threads"
                    found[key] = {"lane": number, "level": level, "start": start, "end": end}
        return found

    def following(self, codes: Sequence[int], after_ns: int, *, backwards: bool) -> dict[str, Any]:
        """Find the next call of some functions; the first or last one where there is none further on.

        Args:
            codes: the functions.
            after_ns: starts after this time, or, backwards, before it.
            backwards: whether to look for earlier calls.

        Returns:
            `row`, null where the functions have no calls, its `places`, and `count`, how many calls they have.
        """
        with self._lock:
            known = [code for code in codes if code in self._recording.functions]
            rows = np.flatnonzero(np.isin(self.codes, np.array(known, np.uint32)))
            if not len(rows):
                return {"row": None, "count": 0}
            starts = self._calls["t_start_ns"][rows] - self._epoch_ns
            is_further = starts < after_ns if backwards else starts > after_ns
            candidates = np.flatnonzero(is_further) if is_further.any() else np.arange(len(rows))
            best = candidates[starts[candidates].argmax() if backwards else starts[candidates].argmin()]
            row = int(rows[best])
            return {"row": row, "count": len(rows), "places": self.places(row), "entry": self._details.entry(row)}

    def exception_page(self, page: int) -> dict[str, Any]:
        """Return some of the exceptions in order of time, with the calls that each left."""
        with self._lock:
            origins = self.exceptions.origins
            shown = origins[page * EXCEPTIONS_PER_PAGE : (page + 1) * EXCEPTIONS_PER_PAGE].tolist()
            return {
                "count": len(origins),
                "per_page": EXCEPTIONS_PER_PAGE,
                "entries": [self._exception(origin) for origin in shown],
            }

    def all_exception_pages(self) -> list[dict[str, Any]]:
        """Return the first exceptions, as many as a person may read, page by page."""
        first = self.exception_page(0)
        n_pages = min(-(-first["count"] // EXCEPTIONS_PER_PAGE), _MAX_STATIC_PAGES)
        return [first, *(self.exception_page(page) for page in range(1, n_pages))]

    def notable_rows(self, n: int) -> list[int]:
        """Return calls that a person may want to know more of: those that raised, then the longest; at most `n`."""
        raised = self.exceptions.origins[:n]
        longest = np.argsort(-self._calls["inclusive_ns"], kind="stable")[:n]
        return list(dict.fromkeys([*raised.tolist(), *longest.tolist()]))[:n]

    def least_duration(self, n_segments: int) -> int:
        """Return how long a segment must be to be among the longest of all lanes."""
        durations = np.concatenate([lane.segments.end_ns - lane.segments.start_ns for lane in self.lanes])
        return int(np.partition(durations, len(durations) - n_segments)[len(durations) - n_segments]) + 1

    @cached_property
    def _hotspots(self) -> list[dict[str, Any]]:
        from callbox.tracing.metrics import compute_metrics

        return [
            {
                "code": entry.function.id,
                "calls": entry.n_calls,
                "raised": entry.n_raised,
                "self": entry.self_ns,
                "inclusive": entry.inclusive_ns,
                "mean": entry.mean_ns,
                "max": entry.max_ns,
            }
            for entry in compute_metrics(self._recording.tree).functions
        ]

    def _exception(self, origin: int) -> dict[str, Any]:
        flight = self.exceptions.flight(origin)
        handler = flight.handler
        return {
            **self._details.entry(origin),
            "text": self._details.exception(origin, _MAX_MESSAGE_CHARS),
            "left": [int(self._calls["code"][row]) for row in flight.rows],
            "handler": int(self._calls["code"][handler]) if handler >= 0 else None,
            "escaped": handler < 0,
        }

    def _columns(self, rectangles: Rectangles) -> dict[str, Any]:
        return as_columns(rectangles, self.codes, self.outcomes)

    def _check_row(self, row: int) -> None:
        if not 0 <= row < len(self._calls):
            raise NothingFoundError(f"there is no call {row}: there are {len(self._calls):,}")


def _describe_function(function: Function) -> dict[str, Any]:
    return {
        "id": function.id,
        "name": printable(function.qualified_name),
        "module": printable(function.module_name),
        "file": printable(function.filename),
        "line": function.line_number,
        "c": function.is_c,
    }

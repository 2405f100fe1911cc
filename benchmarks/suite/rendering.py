"""What it costs to write a recording down for people and for machines."""

from __future__ import annotations

from callbox.recording.recording import Recording
from callbox.render.dot import format_dot
from callbox.render.flat import format_flat
from callbox.render.json_text import format_json
from callbox.render.tree import format_tree
from callbox.tracing.callgraph import CallGraph
from suite.synthetic import build_capture

_CACHE: dict[int, Recording] = {}


def recording_of(n_events: int) -> Recording:
    """Return a synthetic recording, made once per process."""
    if n_events not in _CACHE:
        _CACHE[n_events] = Recording(build_capture(n_events))
    return _CACHE[n_events]


class Texts:
    """The texts that `callbox show` prints."""

    params = (20_000, 400_000)
    param_names = ("n_events",)

    def setup(self, n_events: int) -> None:
        self.recording = recording_of(n_events)
        self.tree = self.recording.tree
        self.events = self.recording.events
        self.graph = CallGraph(self.tree)

    def time_tree(self, n_events: int) -> str:
        return format_tree(self.tree, show_times=True)

    def time_flat(self, n_events: int) -> str:
        return format_flat(self.events, self.tree)

    def time_dot(self, n_events: int) -> str:
        return format_dot(self.graph)


class WholeTree:
    """The whole tree, with and without folding repeats."""

    params = (False, True)
    param_names = ("fold_repeats",)
    timeout = 120.0

    def setup(self, fold_repeats: bool) -> None:
        self.tree = recording_of(20_000).tree

    def time_whole_tree(self, fold_repeats: bool) -> str:
        return format_tree(self.tree, fold_repeats=fold_repeats, max_lines=None)

    def track_lines(self, fold_repeats: bool) -> int:
        return format_tree(self.tree, fold_repeats=fold_repeats, max_lines=None).count("\n") + 1

    track_lines.unit = "lines"  # type: ignore[attr-defined]


def time_json() -> str:
    return format_json(recording_of(20_000).tree)


def setup_json() -> None:
    recording_of(20_000)


time_json.setup = setup_json  # type: ignore[attr-defined]

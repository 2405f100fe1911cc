"""What it costs to read a recording back: decoding, folding, boxes."""

from __future__ import annotations

from pathlib import Path

from callbox.engine.kernels import decode_capture, fold_events
from callbox.recording.read import open_recording
from callbox.recording.recording import Recording
from callbox.recording.write import write_box
from suite.synthetic import build_capture

N_EVENTS = 500_000


class Kernels:
    """The two loops in C, by how many threads the events come from."""

    params = (1, 8)
    param_names = ("n_threads",)

    def setup(self, n_threads: int) -> None:
        self.capture = build_capture(N_EVENTS, n_threads)
        self.events, self.alloc, self.threads = decode_capture(self.capture)
        self.t_end_ns = self.capture.header.ended.epoch_ns

    def time_decode(self, n_threads: int) -> None:
        decode_capture(self.capture)

    def time_fold(self, n_threads: int) -> None:
        fold_events(self.events, self.alloc, self.t_end_ns)

    def peakmem_decode_and_fold(self, n_threads: int) -> None:
        events, alloc, _threads = decode_capture(self.capture)
        fold_events(events, alloc, self.t_end_ns)


class Box:
    """Boxes of several sizes, written once for all benchmarks of the class."""

    params = (20_000, 200_000, 2_000_000)
    param_names = ("n_events",)
    timeout = 120.0

    def setup_cache(self) -> dict[int, str]:
        paths = {n_events: str(Path(f"events-{n_events}.cbx").resolve()) for n_events in self.params}
        for n_events, path in paths.items():
            write_box(build_capture(n_events), path)
        return paths

    def setup(self, paths: dict[int, str], n_events: int) -> None:
        self.path = Path(paths[n_events])
        self.capture = open_recording(self.path).capture
        self.copy = self.path.with_name("copy.cbx")

    def teardown(self, paths: dict[int, str], n_events: int) -> None:
        self.copy.unlink(missing_ok=True)

    def time_open(self, paths: dict[int, str], n_events: int) -> None:
        open_recording(self.path)

    def time_write(self, paths: dict[int, str], n_events: int) -> None:
        write_box(self.capture, self.copy)

    def time_read_calls(self, paths: dict[int, str], n_events: int) -> int:
        return len(open_recording(self.path).tree.calls)

    def peakmem_read_calls(self, paths: dict[int, str], n_events: int) -> int:
        return len(open_recording(self.path).tree.calls)

    def track_box_bytes_per_call(self, paths: dict[int, str], n_events: int) -> float:
        return self.path.stat().st_size / len(Recording(self.capture).tree.calls)

    track_box_bytes_per_call.unit = "bytes"  # type: ignore[attr-defined]

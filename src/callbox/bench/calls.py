"""Which code a benchmark's body called, and how much: the engine's record of a run, in a few words."""

from __future__ import annotations

import hashlib
import sys
import tempfile
from pathlib import Path

from callbox.bench.model import Source
from callbox.bench.suite import Suite
from callbox.config import project_redact_rules
from callbox.engine import Options, new_recorder
from callbox.model import Capture
from callbox.recording import Recording, write_box

_MAX_SLOTS = 1 << 18


class CallRecord:
    """Records the calls of one execution after the other."""

    def __init__(self, suite: Suite, *, with_values: bool = False) -> None:
        """Prepare.

        Args:
            suite: whose code is not counted as code under test.
            with_values: record arguments and results too.
        """
        self._suite = suite
        mode = "trace" if with_values else "profile"
        self._recorder = new_recorder(
            Options(mode=mode, filters=_filters(suite), max_events=_MAX_SLOTS, redact=project_redact_rules())
        )
        self._capture: Capture | None = None

    def __enter__(self) -> CallRecord:
        self._recorder.clear()
        self._recorder.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._recorder.stop()
        self._capture = None

    @property
    def capture(self) -> Capture:
        """The last execution's record."""
        if self._capture is None:
            self._capture = self._recorder.capture()
        return self._capture

    def n_calls(self) -> int:
        """Count the calls, those that no longer fit in the ring too."""
        return sum(thread.n_events for thread in self.capture.threads) // 2

    def callees(self) -> tuple[str, ...]:
        """Name the functions under test that the suite's own code called, sorted."""
        recording = Recording(self.capture)
        calls = recording.tree.calls
        names = {number: function.full_name for number, function in recording.functions.items()}
        own = {n for n, f in recording.functions.items() if self._is_own(f.module_name)}
        found = set()
        for code, parent in set(zip(calls["code"].tolist(), calls["parent"].tolist(), strict=True)):
            if code not in own and (parent < 0 or int(calls["code"][parent]) in own):
                found.add(names[code])
        return tuple(sorted(found))

    def sources(self) -> tuple[Source, ...]:
        """Say which files the modules under test were imported from."""
        modules = {f.module_name for f in Recording(self.capture).functions.values() if not f.is_c}
        tops = {name.partition(".")[0] for name in (*modules, self._suite.project) if name}
        names = {name for name in modules | tops if name in sys.modules and not self._is_own(name)}
        base = self._suite.project_root or str(Path(self._suite.root).parent)
        return tuple(source for name in sorted(names) for source in _source_of(name, base))

    def box(self) -> bytes:
        """Return the last execution's record as a box."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "calls.cbx")
            write_box(self.capture, path)
            return path.read_bytes()

    def _is_own(self, module: str) -> bool:
        return module.partition(".")[0] == self._suite.package or module == "__main__"


def _filters(suite: Suite) -> tuple[str, ...]:
    """Select the code under test: the project where it is known and importable by its name, else all but Python's."""
    if suite.project.isidentifier() and suite.project in sys.modules:
        return (f"{suite.project}.*", f"{suite.package}.*")
    names = sorted(name for name in sys.stdlib_module_names if name != "__main__")
    outside = (*names, "asv_runner", "time_machine")
    return tuple(f"!{name}.*" for name in outside)


def _source_of(name: str, base: str) -> list[Source]:
    path = getattr(sys.modules[name], "__file__", None)
    if not isinstance(path, str):
        return []
    try:
        content = Path(path).read_bytes()
    except OSError:
        return []
    return [Source(name, _place_of(Path(path).resolve(), base), hashlib.sha256(content).hexdigest())]


def _place_of(path: Path, base: str) -> str:
    """Return where a file lies, in words that hold for another checkout and another environment."""
    if path.is_relative_to(base):
        return path.relative_to(base).as_posix()
    for folder in path.parents:
        if folder.name in ("site-packages", "dist-packages"):
            return path.relative_to(folder.parent).as_posix()
    return str(path)

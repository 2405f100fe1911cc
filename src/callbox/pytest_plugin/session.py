"""Recording the tests of a session: all of them into one box, or those that fail each into its own."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from callbox.config import project_redact_rules
from callbox.engine.choice import new_recorder
from callbox.engine.globs import is_selected
from callbox.engine.options import MODES, Options
from callbox.engine.recorder import read_clock
from callbox.errors import CallboxError
from callbox.pytest_plugin.links import add_link
from callbox.pytest_plugin.marker import mark_of
from callbox.replacement import make_folder
from callbox.store.own_modules import own_patterns

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from callbox.engine.recorder import Recorder
    from callbox.model import Capture
    from callbox.recording import Recording

_WORKER_KEY = "callbox_summary"
_SECTION = "callbox: last calls"
_MAX_NAME_BYTES = 180
"""File systems take 255, of which there are others."""
_NO_NAME = re.compile(r"[^\w.\[\]=-]+")


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """What a session was asked to record.

    Attributes:
        keep_mode: mode in which every test is recorded and kept; None: they are not kept.
        failure_mode: mode in which every test is recorded to print the last calls of those that fail, and to keep
            their recordings; None: neither is done.
        include: globs on module names; none takes the project's own code.
        folder: where boxes go.
        max_events: how many events each thread keeps.
        n_last_calls: how many calls to print.
    """

    keep_mode: str | None
    failure_mode: str | None
    include: tuple[str, ...]
    folder: Path
    max_events: int
    n_last_calls: int

    @property
    def mode(self) -> str | None:
        """The mode in which a test is recorded that has no marker: the one that records more; None: it is not."""
        asked = [mode for mode in (self.keep_mode, self.failure_mode) if mode is not None]
        return max(asked, key=MODES.index, default=None)


@dataclass(slots=True)
class Summary:
    """What was recorded, to be told at the end; workers send it to their controller."""

    n_tests: int = 0
    n_events: int = 0
    n_dropped: int = 0
    boxes: list[str] = dataclasses.field(default_factory=list)
    problems: list[str] = dataclasses.field(default_factory=list)

    def add(self, other: Summary) -> None:
        """Add what another worker recorded."""
        self.n_tests += other.n_tests
        self.n_events += other.n_events
        self.n_dropped += other.n_dropped
        self.boxes += other.boxes
        self.problems += [problem for problem in other.problems if problem not in self.problems]


class TestRecorder:
    """The plugin that records; there is one for each process that runs tests, and one for their controller."""

    __test__ = False

    def __init__(self, config: pytest.Config, options: SessionOptions) -> None:
        """Prepare a recording; it begins with the first test.

        Raises:
            ConfigError: an option is wrong.
        """
        self._config = config
        self._options = options
        # Not the variable: runs that a worker's tests start have it, too.
        self._worker: str = getattr(config, "workerinput", {}).get("workerid", "")
        self._patterns = options.include or own_patterns(config.rootpath)
        self._recorder = self._new_recorder(options.mode, self._patterns) if options.mode else None
        self._current: Recorder | None = None
        """The recorder of the test that runs."""
        self._started_ns = 0
        self._summary = Summary()

    def _new_recorder(self, mode: str, patterns: tuple[str, ...]) -> Recorder:
        return new_recorder(
            Options(mode=mode, filters=patterns, max_events=self._options.max_events, redact=project_redact_rules())
        )

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Record a test with its setup and teardown."""
        mark = mark_of(item)
        recorder = self._recorder
        if mark is not None:
            recorder = self._new_recorder(mark.mode, mark.include or self._patterns)
        if recorder is None:
            return (yield)
        self._begin(recorder)
        try:
            return (yield)
        finally:
            self._current = None
            if recorder is not self._recorder:
                self._count(recorder.capture())
                recorder.stop()

    def _begin(self, recorder: Recorder) -> None:
        self._summary.n_tests += 1
        self._current = recorder
        if not recorder.is_recording:
            recorder.start()
        elif self._options.keep_mode is None:
            # A failure shall show, and keep, what its own test did.
            recorder.clear()
        self._started_ns = read_clock().epoch_ns

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Add the last calls to the report of a failure."""
        report = yield
        if report.failed and self._current is not None and (self._options.failure_mode or mark_of(item)):
            try:
                self._report_failure(item, report, self._current)
            except (CallboxError, OSError) as error:
                report.sections.append((_SECTION, f"they cannot be shown: {error}"))
        if report.failed and self._current is self._recorder and self._options.keep_mode is not None:
            add_link(item, "its calls", "show", *self._function_option(item, report), self._shown(self._box))
        return report

    def _report_failure(self, item: pytest.Item, report: pytest.TestReport, recorder: Recorder) -> None:
        from callbox.recording import Recording, write_box

        recording = Recording(recorder.capture())
        text = _last_calls(recording, self._started_ns, self._options.n_last_calls)
        if self._options.keep_mode is None or recorder is not self._recorder:
            path = self._options.folder / f"{_file_name(report.nodeid)}.cbx"
            self._make_folder()
            write_box(recording.capture, path)
            self._summary.boxes.append(str(path))
            add_link(item, "all of its calls", "show", self._shown(path))
        report.sections.append((_SECTION, text))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """Stop, and keep the recording."""
        if self._recorder is not None and self._recorder.is_recording:
            self._recorder.stop()
            capture = self._recorder.capture()
            self._count(capture)
            if self._options.keep_mode is not None:
                self._keep(capture)
        if self._worker:
            self._config.workeroutput[_WORKER_KEY] = dataclasses.asdict(self._summary)  # type: ignore[attr-defined]

    def _keep(self, capture: Capture) -> None:
        from callbox.recording import write_box

        try:
            self._make_folder()
            write_box(capture, self._box)
        except (CallboxError, OSError) as error:
            self._summary.problems.append(f"the recording is lost: {error}")
        else:
            self._summary.boxes.append(str(self._box))

    def _function_option(self, item: pytest.Item, report: pytest.TestReport) -> tuple[str, ...]:
        """Choose the calls of a test from those of all, if the test's own function was called and recorded."""
        function = getattr(item, "function", None)
        if report.when != "call" or function is None or not is_selected(self._patterns, function.__module__):
            return ()
        return "--function", f"{function.__module__}.{function.__qualname__}"

    @property
    def _box(self) -> Path:
        """Where the recording of all tests goes that this process runs."""
        return self._options.folder / f"tests{'-' if self._worker else ''}{self._worker}.cbx"

    def _shown(self, path: Path) -> str:
        return _relative(path, self._config.invocation_params.dir)

    def _make_folder(self) -> None:
        make_folder(self._options.folder)

    def _count(self, capture: Capture) -> None:
        self._summary.n_events += sum(thread.n_events for thread in capture.threads)
        for note in capture.header.notes:
            if not note.startswith("filter ") and note not in self._summary.problems:
                self._summary.problems.append(note)
        if self._options.keep_mode is not None:
            from callbox.recording import Recording

            self._summary.n_dropped += Recording(capture).dropped

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take what a worker tells."""
        told = getattr(node, "workeroutput", {}).get(_WORKER_KEY)
        if told is not None:
            self._summary.add(Summary(**told))

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Tell what was recorded, and where it is."""
        if not self._summary.n_tests and not self._summary.problems:
            return
        terminalreporter.section("callbox")
        for line in _summary_lines(self._summary, self._config.invocation_params.dir):
            terminalreporter.line(line)


def _last_calls(recording: Recording, since_ns: int, n_calls: int) -> str:
    """Write the newest calls of a test, which began at `since_ns`."""
    from callbox.render import format_tree
    from callbox.tracing.selection import select_newest

    n_own = int((recording.tree.calls["t_start_ns"] >= since_ns).sum())
    if not n_own:
        return "none: nothing that is recorded was called"
    tree = select_newest(recording.tree, min(n_calls, n_own))
    return format_tree(tree, values=recording.describe_values(tree), max_lines=2 * n_calls)


def _summary_lines(summary: Summary, here: Path) -> list[str]:
    from callbox.render.text import count

    lines = [f"{count(summary.n_tests, 'test')} recorded, {count(summary.n_events, 'event')}"]
    if summary.n_dropped:
        lines.append(
            f"{summary.n_dropped:,} older events were dropped: raise callbox_max_events, or record less with "
            "--callbox-include"
        )
    lines += [f"callbox show {shlex.quote(_relative(path, here))}" for path in summary.boxes]
    return lines + summary.problems


def _relative(path: Path | str, here: Path) -> str:
    relative = os.path.relpath(path, here)
    return str(path) if relative.startswith("..") else relative


def _file_name(node_id: str) -> str:
    """Make a file name of a test's name; a digest tells those apart whose parameters differ in what it cannot hold."""
    place, bracket, parameters = node_id.partition("[")
    kept = _NO_NAME.sub("-", parameters)
    name = _NO_NAME.sub("-", place) + bracket + kept
    size_bytes = len(name.encode())
    if kept == parameters and size_bytes <= _MAX_NAME_BYTES:
        return name
    if size_bytes > _MAX_NAME_BYTES:  # its end is where parameters are
        name = f"{_cut(name, 0, _MAX_NAME_BYTES // 3)}…{_cut(name, size_bytes - _MAX_NAME_BYTES // 2, size_bytes)}"
    return f"{name}-{hashlib.blake2b(node_id.encode('utf-8', 'surrogatepass'), digest_size=4).hexdigest()}"


def _cut(text: str, start: int, end: int) -> str:
    return text.encode()[start:end].decode(errors="ignore")

"""`--callbox-failures`: every failure captured without a decorator, shown, stored and reported."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from callbox.errors import CallboxError
from callbox.failures import FailureExtractor, OutputConfig, Passed
from callbox.failures.capture import Subject, describe_arguments
from callbox.failures.catch import Catcher, problems
from callbox.failures.flight import FlightRecorder
from callbox.failures.history import History, find_path
from callbox.failures.options import find_mode, options_of
from callbox.failures.output import write_report
from callbox.failures.spool import Spool
from callbox.failures.words import sections
from callbox.pytest_plugin.links import add_link
from callbox.store.own_modules import own_patterns

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from callbox.failures.model import Failure

NAME = "callbox-failures"
STORE_ONLY = "-"
"""What the option says that names no report."""
_SESSION_KEY = "callbox_failures_session"
_WORKER_KEY = "callbox_failures"


@dataclass(slots=True)
class Told:
    """What a worker tells of its session."""

    failures: int = 0
    problems: list[str] = field(default_factory=list)


class FailurePlugin:
    """Captures the failures of a session; one for each process that runs tests, and one for their controller."""

    def __init__(self, config: pytest.Config, report: str) -> None:
        """Prepare.

        Args:
            config: of the session.
            report: a file for a report, its format by its ending; `STORE_ONLY` for none.
        """
        self._config = config
        self._report = None if report == STORE_ONLY else config.invocation_params.dir / report
        self._is_worker = hasattr(config, "workerinput")
        self.session = config.workerinput[_SESSION_KEY] if self._is_worker else uuid.uuid4().hex[:12]  # type: ignore[attr-defined]
        self._history = History(find_path(config.rootpath))
        self._extractor = FailureExtractor()
        self._extractor.use_store(Spool(self._history))
        mode = find_mode() or "trace"
        self._options = options_of(
            mode, {"include_locals": True, "skip_stdlib": True, "include_fixtures": True, "reproduce": True}
        )
        self._recorder = None if mode == "static" else FlightRecorder(mode, own_patterns(config.rootpath))
        last_calls = self._recorder.last_calls if self._recorder is not None else None
        self._catcher = Catcher(self._options, origin="pytest", last_calls=last_calls)
        self._told = Told()

    def pytest_runtest_setup(self) -> None:
        """Begin to record with the first test; tell no more of the one before."""
        if self._recorder is None:
            return
        if self._recorder.is_recording:
            self._recorder.mark()
            return
        try:
            self._recorder.start()
        except CallboxError as error:
            self._told.problems.append(f"calls are not recorded: {error}")
            self._recorder = None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Capture what a test raised."""
        report = yield
        if report.failed and call.excinfo is not None:
            failure = self._catcher.catch(call.excinfo.value, self._subject(item, call.when))
            if failure is not None:
                self._told.failures += 1
                report.sections += sections(failure)
                _link(item, failure)
        elif report.passed and call.when == "call":
            arguments = describe_arguments(_parameters(item), self._options)
            self._extractor.add_passed(Passed(item.nodeid, call.start, _module(item), call.duration, arguments))
        return report

    def _subject(self, item: pytest.Item, phase: str) -> Subject:
        parameters = _parameters(item)
        funcargs = dict(getattr(item, "funcargs", None) or {})
        function = getattr(item, "function", None)
        return Subject(
            name=item.nodeid,
            module=_module(item),
            code=getattr(function, "__code__", None),
            arguments=parameters,
            fixtures={
                name: value for name, value in funcargs.items() if name not in parameters and not _is_internal(name)
            },
            is_test=True,
            metadata={"phase": phase, "run": self.session},
        )

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker whose session it is part of."""
        node.workerinput[_SESSION_KEY] = self.session

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take what a worker tells."""
        told = getattr(node, "workeroutput", {}).get(_WORKER_KEY)
        if told is not None:
            self._told.failures += told[0]
            self._told.problems += [problem for problem in told[1] if problem not in self._told.problems]

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """Stop recording, and write what waits to be written."""
        if self._recorder is not None and self._recorder.is_recording:
            self._recorder.stop()
        self._extractor.flush()
        if problems.n_errors:
            self._told.problems.append(f"{problems.n_errors} captures failed, the last with {problems.last}")
        if self._extractor.problem:
            self._told.problems.append(self._extractor.problem)
        if self._is_worker:
            self._config.workeroutput[_WORKER_KEY] = (self._told.failures, self._told.problems)  # type: ignore[attr-defined]

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Write the report, and tell where failures are."""
        lines = list(self._told.problems)
        if self._report is not None:
            lines.append(self._write(self._report))
        if self._told.failures:
            lines.append(f"{self._told.failures} kept in {self._history.path}: callbox failures list")
        if lines:
            terminalreporter.section("callbox failures")
            for line in lines:
                terminalreporter.line(line)

    def pytest_unconfigure(self) -> None:
        """Write to the project's own store again."""
        self._extractor.use_store(None)
        self._history.close()

    def _write(self, path: Path) -> str:
        try:
            own = [f for f in self._history.failures()[::-1] if f.metadata.get("run") == self.session]
            write_report(OutputConfig(path), own)
        except CallboxError as error:
            return f"the report is not written: {error}"
        return f"wrote {path}"


def _link(item: pytest.Item, failure: Failure) -> None:
    """Say how to see all of a failure, and how to make it again where that is possible."""
    add_link(item, "its failure", "failures", "show", failure.id)
    if any(not each.reason for each in failure.reproductions):
        add_link(item, "its reproducer", "failures", "test", failure.id)


def _parameters(item: pytest.Item) -> dict[str, Any]:
    return dict(getattr(getattr(item, "callspec", None), "params", {}))


def _is_internal(name: str) -> bool:
    return name == "request" or name.startswith("_")


def _module(item: pytest.Item) -> str:
    return getattr(getattr(item, "module", None), "__name__", "")

"""pytest with a record for each test: `pytest --callbox-telemetry`, or `python -m callbox.telemetry.pytest [ARG ...]`.

Under xdist the workers send their records to the controller, which writes them; a test
whose worker died is recorded as crashed.
"""

from __future__ import annotations

import contextlib
import dataclasses
import sys
from collections.abc import Generator, Sequence
from typing import Any

import pytest

from callbox.errors import CallboxError
from callbox.telemetry.budgets import MARKER as BUDGET_MARKER
from callbox.telemetry.budgets import Budget
from callbox.telemetry.collector import Collector
from callbox.telemetry.fixtures import FixtureWatch
from callbox.telemetry.lines import PytestCovLines
from callbox.telemetry.records import BAD, Identity
from callbox.telemetry.settings import TelemetrySettings, parse_limit
from callbox.telemetry.sink import Sink, decode, encode

NAME = "callbox-telemetry"
MARKER = "allow_network: this test may reach other machines; what it reaches is recorded"
_OUTBOX = "callbox_telemetry"
_PASSED = ("passed", "")


class _Outbox:
    """Keeps the record of the test that just ended, for the report that goes to the controller."""

    def __init__(self) -> None:
        self.record = ""

    def write(self, _prefix: str, record: dict[str, Any]) -> None:
        self.record = encode(record).decode()

    def close(self) -> None:
        """Keep nothing open."""

    def take(self) -> str:
        """Return the record, once; "" if there is none."""
        record, self.record = self.record, ""
        return record


class TelemetryPlugin:
    """Records the tests of a session."""

    def __init__(self, config: pytest.Config, settings: TelemetrySettings) -> None:
        self._config = config
        self._is_worker = hasattr(config, "workerinput")
        self._is_controller = not self._is_worker and bool(config.getoption("numprocesses", 0))
        self._is_junit_asked_for = bool(config.getoption("xmlpath", None))
        self._outbox = _Outbox()
        sink = self._outbox if self._is_worker else _open_sink(config, settings.output)
        if self._is_controller:
            settings = dataclasses.replace(settings, coverage=False)  # it runs no test
        is_measured = bool(config.getoption("cov_source", None)) and not config.getoption("no_cov", False)
        lines = PytestCovLines() if is_measured else None
        self._collector = Collector(settings, sink, lines=lines, is_worker=self._is_worker)
        self._installed = self._collector.installed()
        self._installed.__enter__()
        self._status = _PASSED
        self._is_set_up = False
        """Whether the test that runs has been set up before, so that a set-up begins another try."""

    def enter_fixture(self, name: str) -> str:
        """Count queries to a fixture from now on; return the one that they were counted to."""
        return self._collector.enter_fixture(name)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Begin a record and end it."""
        self._status = _PASSED
        self._is_set_up = False
        self._collector.begin(identify(item), "setup")
        try:
            return (yield)
        except BaseException as error:
            self._status = "error", f"interrupted: {type(error).__name__}"
            raise
        finally:
            self._end()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self) -> Generator[None, object, object]:
        """Count what fixtures do to the set-up."""
        if self._is_set_up:
            self._collector.begin_again(self._status[0])
            self._status = _PASSED
        self._is_set_up = True
        with self._collector.phase("setup"):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Count what the test does to the call, and fail it if it is over its budget."""
        with self._collector.phase("call"):
            result = yield
        excess = self._collector.excess(_own_budget(item))
        if excess:
            pytest.fail(excess, pytrace=False)
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self) -> Generator[None, object, object]:
        """Count what fixtures do afterwards to the tear-down."""
        with self._collector.phase("teardown"):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Note the outcome."""
        report = yield
        self._note(report)
        if self._is_junit_asked_for and report.when == "teardown":
            report.user_properties += self._collector.properties()
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: Any) -> None:
        """In a worker, send the record along with the last report; in the controller, write it.

        Of a worker that died the controller writes a record for its test.
        """
        if self._is_worker and report.when == "teardown" and report.outcome != "rerun":
            self._end()
            setattr(report, _OUTBOX, self._outbox.take())
        elif self._is_controller:
            record = getattr(report, _OUTBOX, "")
            if record:
                self._collector.write(decode(record))
            elif report.when not in ("setup", "call", "teardown"):
                self._collector.begin(Identity(report.nodeid, report.nodeid.rpartition("::")[2], file=report.fspath))
                self._collector.end("crashed", error=_last_line(report))

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Write what a worker could not send with a report: the record of a test that was interrupted."""
        record = getattr(node, "workeroutput", {}).get(_OUTBOX)
        if record:
            self._collector.write(decode(record))

    def pytest_collectreport(self, report: Any) -> None:
        """Record what cannot be collected."""
        if report.failed and not self._is_worker:
            self._collector.begin(Identity(report.nodeid, report.nodeid, file=str(report.fspath)))
            self._collector.end("error", error=f"collection: {_last_line(report)}")

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Write the summary."""
        self._installed.__exit__(None, None, None)
        if self._is_worker:
            self._config.workeroutput[_OUTBOX] = self._outbox.take()  # type: ignore[attr-defined]
        else:
            self._collector.finish(int(exitstatus))

    def _end(self) -> None:
        """End the record of the test that runs, unless its last report has done so."""
        self._collector.end(self._status[0], error=self._status[1])

    def _note(self, report: Any) -> None:
        """Keep the first outcome that is bad; else what the call's report says."""
        if self._status[0] in BAD:
            return
        expected = hasattr(report, "wasxfail")
        if report.failed:
            self._status = ("failed" if report.when == "call" else "error", _last_line(report))
        elif report.skipped:
            self._status = ("xfailed" if expected else "skipped", _reason(report))
        elif expected and report.when == "call":
            self._status = ("xpassed", "")


def _open_sink(config: pytest.Config, output: str) -> Sink:
    """Open what records go to; standard output is the one beneath pytest's capture."""
    capture = config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled() if capture else contextlib.nullcontext():
        return Sink(output)


def identify(item: pytest.Item) -> Identity:
    """Return what pytest calls a test."""
    file, line, _ = item.location
    owner = getattr(item, "cls", None)
    return Identity(
        id=item.nodeid,
        name=item.name,
        class_name=owner.__qualname__ if owner else "",
        module=getattr(getattr(item, "module", None), "__name__", ""),
        file=file,
        line=(line or 0) + 1,
        tags=tuple(sorted({mark.name for mark in item.iter_markers()})),
        fixtures=tuple(getattr(item, "fixturenames", ())),
    )


def _own_budget(item: pytest.Item) -> int | None:
    mark = item.get_closest_marker("query_budget")
    return None if mark is None else _max_queries(*mark.args, **mark.kwargs)


def _max_queries(max_queries: int) -> int:
    return max_queries


def _budget(config: pytest.Config, budget: Budget) -> Budget:
    """Return the budget of the environment, else that of pytest's configuration."""
    max_queries, max_ms = (str(config.getini(f"callbox_{field.name}")) for field in dataclasses.fields(Budget))
    return Budget(
        parse_limit("callbox_max_queries", max_queries, int) if budget.max_queries is None else budget.max_queries,
        parse_limit("callbox_max_duration_ms", max_ms, float)
        if budget.max_duration_ms is None
        else budget.max_duration_ms,
    )


def _last_line(report: Any) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    text = crash.message if crash is not None else str(report.longrepr or "")
    lines = text.strip().splitlines()
    return lines[0] if crash is not None and lines else lines[-1] if lines else ""


def _reason(report: Any) -> str:
    if hasattr(report, "wasxfail"):
        return str(report.wasxfail)
    longrepr = report.longrepr
    return str(longrepr[2]).removeprefix("Skipped: ") if isinstance(longrepr, tuple) else ""


def register(config: pytest.Config) -> None:
    """Add the plugin to a session.

    Raises:
        pytest.UsageError: a setting is wrong.
    """
    config.addinivalue_line("markers", MARKER)
    config.addinivalue_line("markers", BUDGET_MARKER)
    try:
        settings = TelemetrySettings.load()
        for option in ("output", "network", "coverage", "otlp", "update_queries"):
            if given := config.getoption(f"telemetry_{option}"):
                settings = dataclasses.replace(settings, **{option: given})
        settings = dataclasses.replace(settings, budget=_budget(config, settings.budget))
        plugin = TelemetryPlugin(config, settings)
    except CallboxError as error:
        raise pytest.UsageError(f"callbox: {error}") from error
    config.pluginmanager.register(plugin, NAME)
    config.pluginmanager.register(FixtureWatch(plugin.enter_fixture))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run pytest with records on standard output, or where `--callbox-telemetry=FILE` says."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not any(word.startswith("--callbox-telemetry") for word in words):
        words.insert(0, "--callbox-telemetry")
    return int(pytest.main(words))


if __name__ == "__main__":
    sys.path.insert(0, "")
    sys.exit(main())

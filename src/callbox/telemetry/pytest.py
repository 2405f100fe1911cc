"""pytest with a record for each test: `pytest --callbox-telemetry`, or `python -m callbox.telemetry.pytest [ARG ...]`.

Under xdist the workers send their records to the controller, which writes them; a test
whose worker died is recorded as crashed.
"""

from __future__ import annotations

import contextlib
import dataclasses
import sys
from collections.abc import Callable, Generator, Sequence
from typing import Any

from callbox.errors import refuse

try:
    import pytest
except ModuleNotFoundError:
    if __name__ == "__main__":
        sys.exit(refuse("callbox.telemetry.pytest needs pytest: pip install 'callbox[pytest]'"))
    raise

from callbox.errors import CallboxError
from callbox.telemetry.budgets import MARKER as BUDGET_MARKER
from callbox.telemetry.budgets import Budget
from callbox.telemetry.collector import Collector
from callbox.telemetry.fixtures import FixtureWatch
from callbox.telemetry.lines import PytestCovLines
from callbox.telemetry.records import BAD, Identity, clean_id
from callbox.telemetry.settings import TelemetrySettings, parse_limit
from callbox.telemetry.sink import Sink, decode, encode

NAME = "callbox-telemetry"
MARKER = "allow_network: this test may reach other machines; what it reaches is recorded"
_OUTBOX = "callbox_telemetry"
_PASSED = ("passed", "")
_FOLLOWING = {"setup": "call", "call": "call", "teardown": "setup"}
"""What happens after the report of a phase counts to; pytest says itself when the tear-down begins."""
BUDGET_NAME = BUDGET_MARKER.partition("(")[0]


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


class _Limits:
    """Holds the calls of tests to what they may cost."""

    def __init__(self, collector: Collector) -> None:
        self._collector = collector

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Fail a test whose call is over its budget."""
        own_budget = _own_budget(item)
        self._collector.enter_limited()
        result = yield
        excess = self._collector.excess(own_budget)
        if excess:
            pytest.fail(excess, pytrace=False)
        return result


class TelemetryPlugin:
    """Records the tests of a session."""

    def __init__(self, config: pytest.Config, settings: TelemetrySettings) -> None:
        self._config = config
        self.on_failure: Callable[[], object] | None = None
        """Called once, when something fails, before others hear of it."""
        self._is_worker = hasattr(config, "workerinput")
        self._is_junit_asked_for = bool(config.getoption("xmlpath", None))
        self._outbox = _Outbox()
        sink = self._outbox if self._is_worker else _open_sink(config, settings.output)
        is_measured = bool(config.getoption("cov_source", None)) and not config.getoption("no_cov", False)
        lines = PytestCovLines() if is_measured else None
        self._collector = Collector(settings, sink, lines=lines, is_worker=self._is_worker)
        self._installed = self._collector.installed()
        self._installed.__enter__()
        self._is_finished = False
        self._status = _PASSED
        self._has_limits = False
        """Whether calls are held to budgets."""
        if self._collector.is_limited:
            self._limit()
        self._is_set_up = False
        """Whether the test that runs has been set up before, so that a set-up begins another try."""

    def enter_fixture(self, name: str) -> str:
        """Count queries to a fixture from now on; return the one that they were counted to."""
        return self._collector.enter_fixture(name)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Begin a record and end it."""
        identity = identify(item)
        self._status = _PASSED
        self._is_set_up = False
        if BUDGET_NAME in identity.tags and not self._has_limits:
            self._limit()
        self._collector.begin(identity, "setup")
        try:
            return (yield)
        except BaseException as error:
            self._status = "error", f"interrupted: {type(error).__name__}"
            raise
        finally:
            self._end()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_teardown(self) -> None:
        """Count what follows to the tear-down; a subtest's report does not end the call."""
        self._collector.enter("teardown")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Note the outcome of a phase and its duration; another set-up is another try."""
        report = yield
        when = report.when or "call"
        if when == "setup":
            if self._is_set_up:
                self._collector.begin_again(self._status[0])
                self._status = _PASSED
            self._is_set_up = True
        if report.outcome != "passed" or "wasxfail" in vars(report):
            self._note(report)
        elif when == "call" and self._status[0] not in BAD:
            self._status = _PASSED  # whatever came of its subtests before
        self._collector.end_phase(when, report.duration, _FOLLOWING[when])
        if when == "teardown" and self._is_junit_asked_for:
            report.user_properties += self._collector.properties()
        return report

    def pytest_collectreport(self, report: Any) -> None:
        """Record what cannot be collected."""
        if report.failed and not self._is_worker:
            self._collector.begin(Identity(report.nodeid, report.nodeid, file=str(report.fspath)))
            self._collector.end("error", error=f"collection: {_last_line(report)}")

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Write the summary; a session that only collects has none."""
        if self._config.getoption("collectonly", False):
            return
        self._is_finished = True
        self._installed.__exit__(None, None, None)
        if not self._is_worker:
            self._collector.finish(int(exitstatus))

    def pytest_unconfigure(self) -> None:
        """Leave nothing where no tests were to run, as with `--markers`."""
        if not self._is_finished:
            self._installed.__exit__(None, None, None)
            self._collector.abandon()

    def _limit(self) -> None:
        """Hold calls to budgets from now on: most sessions have none, and pay for no hook."""
        self._has_limits = True
        self._config.pluginmanager.register(_Limits(self._collector), f"{NAME}-limits")

    def _end(self) -> None:
        """End the record of the test that runs, unless its last report has done so."""
        self._collector.end(self._status[0], error=self._status[1])

    def _note(self, report: Any) -> None:
        """Keep the first outcome that is bad; else what the call's report says."""
        if report.failed and self.on_failure is not None:
            self.on_failure()
            self.on_failure = None
        if self._status[0] in BAD:
            return
        expected = hasattr(report, "wasxfail")
        if report.failed:
            self._status = ("failed" if report.when == "call" else "error", _last_line(report))
        elif report.skipped:
            self._status = ("xfailed" if expected else "skipped", _reason(report))
        elif expected and report.when == "call":
            self._status = ("xpassed", "")


class WorkerPlugin(TelemetryPlugin):
    """Records the tests that a worker of xdist runs, and sends the records to the controller."""

    _is_sent = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: Any) -> None:
        """Send the record along with a report of tear-down, which may not be the last where tests are run again."""
        if report.when == "teardown":
            record = self._collector.preview(self._status[0], error=self._status[1])
            setattr(report, _OUTBOX, "" if record is None else encode(record).decode())
            self._is_sent = True

    def _end(self) -> None:
        super()._end()
        if self._is_sent:
            self._outbox.take()
        self._is_sent = False

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Send what no report took along: the record of a test that was interrupted."""
        super().pytest_sessionfinish(exitstatus)
        self._config.workeroutput[_OUTBOX] = self._outbox.take()  # type: ignore[attr-defined]


class ControllerPlugin(TelemetryPlugin):
    """Writes the records that workers of xdist send."""

    def __init__(self, config: pytest.Config, settings: TelemetrySettings) -> None:
        super().__init__(config, dataclasses.replace(settings, coverage=False))  # it runs no test
        self._waiting: dict[object, dict[str, Any]] = {}
        """The record of each worker's last test, which may be run again."""

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Note that a worker begins a test."""
        self._collector.announce(nodeid)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: Any) -> None:
        """Write the record that came before the one that comes; of a worker that died, one for its test."""
        record, worker = getattr(report, _OUTBOX, ""), getattr(report, "node", None)
        if record:
            if self._waiting.get(worker, {}).get("id") != clean_id(report.nodeid):
                self._write_waiting(worker)
            self._waiting[worker] = decode(record)
            self._collector.expect(self._waiting[worker])
        elif report.when not in ("setup", "call", "teardown"):
            self._collector.begin(Identity(report.nodeid, report.nodeid.rpartition("::")[2], file=report.fspath))
            self._collector.end("crashed", error=_last_line(report))

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Write what a worker has left."""
        self._write_waiting(node)
        record = getattr(node, "workeroutput", {}).get(_OUTBOX)
        if record:
            self._collector.write(decode(record))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Write what workers have left that did not say good-bye, and the summary."""
        for worker in [*self._waiting]:
            self._write_waiting(worker)
        super().pytest_sessionfinish(exitstatus)

    def _write_waiting(self, worker: object) -> None:
        record = self._waiting.pop(worker, None)
        if record:
            self._collector.write(record)


def _plugin_for(config: pytest.Config) -> type[TelemetryPlugin]:
    """Return the plugin for what this process is to a session."""
    if hasattr(config, "workerinput"):
        return WorkerPlugin
    return ControllerPlugin if config.getoption("numprocesses", 0) else TelemetryPlugin


def _open_sink(config: pytest.Config, output: str) -> Sink:
    """Open what records go to; standard output is the one beneath pytest's capture."""
    capture = config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled() if capture else contextlib.nullcontext():
        return Sink(output)


def identify(item: pytest.Item) -> Identity:
    """Return what pytest calls a test."""
    file, line, _ = item.location
    class_name, module, names = _surroundings(item)
    if item.own_markers:
        names = tuple(sorted({*names, *(mark.name for mark in item.own_markers)}))
    fixtures = tuple(getattr(item, "fixturenames", ()))
    return Identity(item.nodeid, item.name, class_name, module, file, (line or 0) + 1, names, fixtures)


def _surroundings(item: pytest.Item) -> tuple[str, str, tuple[str, ...]]:
    """Return the class and the module of a test, and the names of the marks around it: most tests have a neighbour."""
    parent = item.parent
    if _neighbours[0] is not parent:
        owner = getattr(item, "cls", None)
        module = getattr(getattr(item, "module", None), "__name__", "")
        names = {mark.name for node in (parent.listchain() if parent else ()) for mark in node.own_markers}
        _neighbours[:] = parent, (owner.__qualname__ if owner else "", module, tuple(sorted(names)))
    found: tuple[str, str, tuple[str, ...]] = _neighbours[1]
    return found


_neighbours: list[Any] = [None, ("", "", ())]
"""The parent of the test before, and what surrounds the tests in it."""


def _own_budget(item: pytest.Item) -> int | None:
    mark = item.get_closest_marker(BUDGET_NAME)
    if mark is None:
        return None
    given = [*mark.args, *mark.kwargs.values()]
    if len(given) != 1 or not mark.kwargs.keys() <= {"max_queries"} or type(given[0]) is not int or given[0] < 0:
        pytest.fail(f"{BUDGET_NAME} takes one number of 0 or more: @pytest.mark.{BUDGET_NAME}(5)", pytrace=False)
    return given[0]


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


def register(config: pytest.Config) -> TelemetryPlugin:
    """Add the plugin to a session, and return it.

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
        plugin = _plugin_for(config)(config, settings)
    except CallboxError as error:
        raise pytest.UsageError(f"callbox: {error}") from error
    config.pluginmanager.register(plugin, NAME)
    config.pluginmanager.register(FixtureWatch(plugin.enter_fixture))
    return plugin


def main(arguments: Sequence[str] | None = None) -> int:
    """Run pytest with records on standard output, or where `--telemetry-output FILE` says."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not any(word.startswith("--callbox-telemetry") for word in words):
        words.insert(0, "--callbox-telemetry")
    return int(pytest.main(words))


if __name__ == "__main__":
    sys.path.insert(0, "")
    sys.exit(main())

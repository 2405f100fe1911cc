"""callbox in pytest: options, fixtures and a marker.

Every pytest run on a machine with callbox loads this module: it imports nothing but pytest, and what does the work
is imported when a run asks for it. `-p no:callbox` leaves it out.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from callbox.snapshot import TracedSnapshot
    from callbox.tracing import FunctionTracer

NAME = "callbox"
_RECORDER = "callbox-recording"
MODES = ("static", "profile", "trace")
REPORT_SUFFIXES = (".json", ".md", ".markdown", ".yaml", ".yml", ".xml", ".csv", ".html", ".htm")
MARKER = (
    "callbox(mode='trace', include=None): record this test; `include` are globs on module names. "
    "If it fails, its last calls are printed and its recording is kept"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("callbox", "callbox, a flight recorder")
    group.addoption(
        "--callbox",
        nargs="?",
        const="profile",
        type=_mode,
        metavar="MODE",
        help="record every test, with MODE profile (calls and times) or trace (also values); keep the recording",
    )
    group.addoption(
        "--callbox-on-failure",
        nargs="?",
        const="profile",
        type=_mode,
        metavar="MODE",
        help="record every test, print the last calls of those that fail, and keep their recordings",
    )
    group.addoption(
        "--callbox-failures",
        nargs="?",
        const="-",
        type=_report,
        metavar="REPORT",
        help="capture every failure with its locals and last calls, for `callbox failures`; with REPORT, e.g. "
        "failures.html, also write a report",
    )
    group.addoption(
        "--callbox-telemetry", action="store_true", help="write a record of each test: queries, network, durations"
    )
    group.addoption("--telemetry-output", metavar="FILE", help="where records go; default: - for stdout")
    group.addoption(
        "--telemetry-network",
        choices=("block", "record", "off"),
        help="connections to other machines; default: block, and record",
    )
    group.addoption("--telemetry-coverage", action="store_true", help="the lines that each test runs, by coverage.py")
    group.addoption("--telemetry-update-queries", action="store_true", help="write how many queries each test makes")
    group.addoption("--telemetry-otlp", metavar="URL", help="send spans and metrics to this receiver of OpenTelemetry")
    group.addoption(
        "--callbox-include",
        action="append",
        metavar="GLOB",
        help="modules to record, or with ! in front not to; default: the project's own code",
    )
    group.addoption("--callbox-dir", metavar="FOLDER", help="where recordings go; default: .callbox in the root folder")
    parser.addini("callbox", "mode in which every test is recorded, as with --callbox=MODE", default="")
    parser.addini("callbox_on_failure", "mode in which failures are recorded, as --callbox-on-failure", default="")
    parser.addini("callbox_include", "modules to record, as --callbox-include", type="args", default=[])
    parser.addini("callbox_dir", "where recordings go, as --callbox-dir", default="")
    parser.addini("callbox_max_events", "how many events each thread keeps, the newest ones", default=str(1 << 23))
    parser.addini("callbox_max_queries", "with --callbox-telemetry, the queries that a test may make", default="")
    parser.addini("callbox_max_duration_ms", "with --callbox-telemetry, how long a test may take", default="")
    parser.addini("callbox_last_calls", "how many calls to print under a failure", default="30")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker, and do what the options ask for."""
    config.addinivalue_line("markers", MARKER)
    if _option(config, "callbox") or _option(config, "callbox_on_failure"):
        _record_tests(config)
    if config.getoption("callbox_telemetry"):
        from callbox.telemetry.pytest import register

        plugin = register(config)
        # Until a test fails there is nothing to link to, and no hook to pay for.
        plugin.on_failure = _linking(config)
    report = config.getoption("callbox_failures")
    if report:
        from callbox.pytest_plugin.failures import NAME as FAILURES
        from callbox.pytest_plugin.failures import FailurePlugin

        config.pluginmanager.register(FailurePlugin(config, report), FAILURES)
        _linking(config)()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Record tests if one of them is marked; prepare syrupy if one of them compares snapshots."""
    marked = [item for item in items if item.get_closest_marker(NAME)]
    if marked:
        from callbox.pytest_plugin.marker import check_marks

        check_marks(marked)
        if not config.pluginmanager.has_plugin(_RECORDER):
            _record_tests(config)
    if config.pluginmanager.has_plugin("syrupy") and any("snapshot" in _fixtures(item) for item in items):
        from callbox.snapshot import amber

        amber.install()
        config.add_cleanup(amber.uninstall)


@pytest.fixture
def function_tracer(request: pytest.FixtureRequest) -> Iterator[FunctionTracer]:
    """A `FunctionTracer` in mode "trace" for this test; the marker `callbox` chooses mode and modules."""
    from callbox.pytest_plugin.lending import lend_tracer

    yield from lend_tracer(request)


@pytest.fixture
def traced_snapshot(request: pytest.FixtureRequest) -> Iterator[TracedSnapshot]:
    """A `TracedSnapshot` for this test; the marker `callbox` chooses modules."""
    from callbox.pytest_plugin.lending import lend_snapshot

    yield from lend_snapshot(request)


@pytest.fixture
def callbox_recording(request: pytest.FixtureRequest) -> Iterator[FunctionTracer]:
    """A `FunctionTracer` that is started before the test, and stopped after it."""
    from callbox.pytest_plugin.lending import lend_recording

    yield from lend_recording(request)


def _record_tests(config: pytest.Config) -> None:
    from callbox.errors import ConfigError
    from callbox.pytest_plugin.session import SessionOptions, TestRecorder

    try:
        options = SessionOptions(
            keep_mode=_mode_option(config, "callbox"),
            failure_mode=_mode_option(config, "callbox_on_failure"),
            include=tuple(config.getoption("--callbox-include") or config.getini("callbox_include")),
            folder=_folder(config),
            max_events=_number(config, "callbox_max_events"),
            n_last_calls=_number(config, "callbox_last_calls"),
        )
        recorder = TestRecorder(config, options)
    except (ConfigError, argparse.ArgumentTypeError) as error:
        raise pytest.UsageError(f"callbox: {error}") from error
    config.pluginmanager.register(recorder, _RECORDER)
    _linking(config)()


def _linking(config: pytest.Config) -> Callable[[], None]:
    from callbox.pytest_plugin.links import prepare

    return prepare(config, has_telemetry=config.getoption("callbox_telemetry"))


def _fixtures(item: pytest.Item) -> list[str]:
    return getattr(item, "fixturenames", [])


def _folder(config: pytest.Config) -> Any:
    return config.rootpath / (config.getoption("--callbox-dir") or config.getini("callbox_dir") or ".callbox")


def _option(config: pytest.Config, name: str) -> Any:
    return config.getoption(name) or config.getini(name)


def _mode_option(config: pytest.Config, name: str) -> str | None:
    chosen = _option(config, name)
    return _mode(chosen) if chosen else None


def _number(config: pytest.Config, name: str) -> int:
    text = config.getini(name)
    if not text.isdecimal():
        raise pytest.UsageError(f"callbox: {name} = {text!r} in the configuration is no whole number, 0 or more")
    return int(text)


def _report(path: str) -> str:
    if path != "-" and not path.endswith(REPORT_SUFFIXES):
        raise argparse.ArgumentTypeError(
            f"report {path!r}: its name must end in one of {', '.join(REPORT_SUFFIXES)}; paths of tests go before "
            "--callbox-failures"
        )
    return path


def _mode(text: str) -> str:
    if text not in MODES:
        hint = "; paths of tests go before --callbox, or write --callbox=profile" if "/" in text or "." in text else ""
        raise argparse.ArgumentTypeError(f"mode {text!r}: choose one of {', '.join(MODES)}{hint}")
    return text

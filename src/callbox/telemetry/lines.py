"""Which lines each test runs, through coverage.py: one context for each test.

A process that is measured already is not measured twice: the contexts of pytest-cov are
read, and where there are none the record says how to get them.

Source: coverage.py's documentation, "Measurement contexts"; its core "sysmon" has none.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from callbox.telemetry.lines_kept import LinesKept

if TYPE_CHECKING:
    from coverage import Coverage, CoverageData

OFF = "off"
_COLLECTED = "collected"
_NOT_INSTALLED = "coverage is not installed: pip install 'callbox[telemetry]'"
_MEASURED = "another coverage measures this process: leave it out, or use pytest-cov with --cov-context=test"
_NO_CONTEXTS = "pytest-cov keeps no contexts: add --cov-context=test"
_NO_CORE = "the core sysmon of coverage has no contexts: set COVERAGE_CORE=ctrace"
_MAX_KNOWN = 4096
Bits = frozenset[Any]
"""What tells lines of one file: numbers, or sets of numbers as bytes, as coverage's database has them."""
_HERE = str(Path(__file__).resolve().parent.parent)


class LineCoverage:
    """Measures lines between `begin` and `end` of a test."""

    def __init__(self) -> None:
        self._status = OFF
        self._measuring: Coverage | None = None
        self._data: CoverageData | None = None
        self._kept: LinesKept | None = None
        self._process_id = os.getpid()
        self._reports: dict[str, tuple[Any, frozenset[int]]] = {}
        self._known: dict[tuple[str, Bits, Bits], dict[str, Any]] = {}

    def start(self) -> None:
        """Measure this thread and those that it starts; a forked process goes on with what it inherits."""
        try:
            from coverage import Coverage
        except ImportError:
            self._status = _NOT_INSTALLED
            return
        if _running and _running[0]._process_id != os.getpid():
            first = _running[0]
            self._measuring, self._data, self._kept = first._measuring, first._data, first._kept
        elif Coverage.current() is not None:
            self._status = _MEASURED
            return
        else:
            self._measuring = _own_coverage()
            self._data = self._measuring.get_data()
            self._measuring.start()
            self._kept = _keep_lines(self._measuring)
        self._status = _COLLECTED
        _running[:] = [self]

    def stop(self) -> None:
        """Measure no more."""
        if self._measuring is not None:
            self._measuring.stop()
            self._measuring = None
            self._status = OFF
            _running.clear()

    def begin(self, test: str) -> None:
        """Count what runs from now on to a test."""
        if self._measuring is not None:
            self._measuring.switch_context(test)

    def end(self, test: str) -> dict[str, Any]:
        """Return what the test ran, and count what follows to none."""
        if self._measuring is None or self._data is None:
            return {"status": self._status}
        self._measuring.switch_context("")
        found = _lines_of(self._data, [test]) if self._kept is None else self._kept.of_test()
        return self._record(self._measuring, found)

    def _record(self, measuring: Coverage, found: Mapping[str, tuple[Bits, Bits]]) -> dict[str, Any]:
        """Return the part of a record that tells of lines.

        Lines that ran when their module was imported are neither covered by the test nor missing.

        Args:
            measuring: what measures.
            found: the files that the test ran: what tells its lines, and those that ran outside of any test.
        """
        for file in found.keys() - self._reports.keys():
            self._reports[file] = _statements_of(measuring, file)
        files = [self._file_record(file, *bits) for file, bits in sorted(found.items())]
        n_covered = sum(file["lines_covered"] for file in files)
        n_total = sum(file["lines_total"] for file in files)
        return {
            "lines_covered": n_covered,
            "lines_total": n_total,
            "coverage_percent": _percent(n_covered, n_total),
            "files": files,
            "status": _COLLECTED,
        }

    def _file_record(self, file: str, run: Bits, outside: Bits) -> dict[str, Any]:
        """Return what is told of a file: the same for the next test that runs the same lines of it."""
        known = self._known.get((file, run, outside))
        if known is not None:
            return known
        translate, statements = self._reports[file]
        covered = translate(_numbers(run)) & statements
        missing = sorted(statements - covered - translate(_numbers(outside)))
        n_total = len(covered) + len(missing)
        record = {
            "file": file,
            "lines_covered": len(covered),
            "lines_total": n_total,
            "coverage_percent": _percent(len(covered), n_total),
            "missing_lines": missing,
        }
        if len(self._known) >= _MAX_KNOWN:
            self._known.clear()
        self._known[file, run, outside] = record
        return record


class PytestCovLines(LineCoverage):
    """Reads the contexts that `pytest --cov --cov-context=test` keeps."""

    def start(self) -> None:
        """Wait: pytest-cov starts in its own time."""
        self._status = _NO_CONTEXTS

    def end(self, test: str) -> dict[str, Any]:
        """Return what the test ran."""
        from coverage import Coverage

        measuring = Coverage.current()
        if measuring is None:
            return {"status": "pytest-cov does not measure this process"}
        if dict(measuring.sys_info()).get("core") == "SysMonitor":
            return {"status": _NO_CORE}
        measuring.switch_context("")
        # get_data() would warn in the middle of a run about what was not measured yet.
        data = measuring._data
        contexts = [f"{test}|{phase}" for phase in ("setup", "run", "teardown")]
        if data is None or not set(contexts) & data.measured_contexts():
            return {"status": _NO_CONTEXTS}
        return self._record(measuring, _lines_of(data, contexts))


_running: list[LineCoverage] = []
"""The one of this process, or of the process that it was forked from."""


def _own_coverage() -> Coverage:
    """Return a coverage with the project's configuration, in memory, on a core that has contexts."""
    from coverage import Coverage

    measuring = Coverage(data_file=None, messages=False)
    measuring.set_option("run:core", "ctrace")
    measuring.set_option("run:dynamic_context", None)
    measuring.set_option("run:context", None)
    measuring.set_option("run:parallel", False)
    omitted: Any = measuring.get_option("run:omit") or []
    measuring.set_option("run:omit", [*omitted, f"{_HERE}/*"])
    unwanted: Any = measuring.get_option("run:disable_warnings") or []
    measuring.set_option("run:disable_warnings", [*unwanted, "no-data-collected", "module-not-imported"])
    return measuring


def _keep_lines(measuring: Coverage) -> LinesKept | None:
    """Keep what is measured in sets; None where plugins tell the lines of templates, which need the database."""
    collector = measuring._collector
    if collector is None or measuring._plugins.file_tracers:
        return None
    kept = LinesKept()
    collector.use_data(kept, None)  # type: ignore[arg-type]
    return kept


def _statements_of(measuring: Coverage, file: str) -> tuple[Any, frozenset[int]]:
    """Return what maps lines to where their statement begins, and where all begin; generated code has none."""
    from coverage.exceptions import CoverageException

    try:
        # Coverage.analysis2 would do, but it also looks for files that never ran, each time.
        reporter = measuring._get_file_reporter(file)
        return reporter.translate_lines, frozenset(reporter.lines())
    except CoverageException:
        return set, frozenset()


def _lines_of(data: CoverageData, contexts: Sequence[str]) -> dict[str, tuple[Bits, Bits]]:
    """Return the lines that ran in some contexts, and outside of any, of the files that ran in them.

    One statement asks for all: `data.lines` would be asked for each file and context, with several statements each.

    Source: coverage.py's documentation, "Coverage.py database schema".
    """
    table, columns = ("arc", "fromno, tono") if data.has_arcs() else ("line_bits", "numbits")
    marks = ", ".join("?" for _ in contexts)
    query = (
        f"select path, context = '', {columns} from {table} join file on file.id = file_id join context on "
        f"context.id = context_id where context in ('', {marks}) and file_id in (select file_id from {table} "
        f"where context_id in (select id from context where context in ({marks})))"
    )
    found: dict[str, tuple[set[Any], set[Any]]] = {}
    with data._connect() as connection, connection.execute(query, (*contexts, *contexts)) as rows:
        for path, is_outside, *bits in rows:
            found.setdefault(path, (set(), set()))[is_outside].update(bits)
    return {path: (frozenset(run), frozenset(outside)) for path, (run, outside) in found.items()}


def _numbers(bits: Bits) -> set[int]:
    """Return the numbers of lines that rows of a table tell: the ends of arcs, or sets of lines."""
    numbers: set[int] = set()
    for each in bits:
        numbers.update((each,) if isinstance(each, int) else _decoded(each))
    return {number for number in numbers if number > 0}


@functools.lru_cache(maxsize=4096)
def _decoded(numbits: bytes) -> list[int]:
    from coverage.numbits import numbits_to_nums

    return numbits_to_nums(numbits)


def _percent(n: int, n_all: int) -> float:
    return round(100 * n / n_all, 2) if n_all else 100.0

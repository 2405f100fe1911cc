"""Figures, defaults and lists of words that pages give are those of the code."""

from __future__ import annotations

import inspect
import re
import typing

import pytest
from tests.support.pages import ROOT, find_pages

from callbox import config, install
from callbox.bench import child, limits, parts
from callbox.bench.campaign import _BATCH
from callbox.cli import exits, gen, waiting
from callbox.cli.bench_options import BenchOptions
from callbox.engine import kernels, recorder
from callbox.engine.options import MODES, Options
from callbox.failures import (
    decorator,
    extractor,
    flight,
    flight_box,
    frames,
    metrics,
    options,
    raised,
    reproduce,
    sinks,
)
from callbox.failures.history import Bounds
from callbox.model import EventKind, Outcome
from callbox.recording import box, merge, packing, read, rings, tables
from callbox.snapshot import capture_args
from callbox.telemetry import comparison, history, n_plus_one, queries, records, sql
from callbox.telemetry.settings import TelemetrySettings
from callbox.testgen import capture, inner, observed_types, probe, vocabulary
from callbox.testgen import effects as touched
from callbox.tracing import timing
from callbox.values.freeze import FreezeLimits
from callbox.view import server, static, track

MIB = 1 << 20


def of_core(header: str, name: str) -> int:
    """Read a number that the C core is compiled with."""
    [number] = re.findall(rf"#define {name} \(?(?:UINT64_C\()?(\d+)", (ROOT / "csrc" / header).read_text("utf-8"))
    return int(number)


def default_of(function: object, name: str) -> object:
    return inspect.signature(typing.cast(typing.Any, function)).parameters[name].default


def nox_sessions() -> list[str]:
    """Read which sessions `nox` runs that is told none."""
    [listed] = re.findall(r"^nox\.options\.sessions = (\[.*\])$", (ROOT / "noxfile.py").read_text(), re.MULTILINE)
    return re.findall(r'"(\w+)"', listed)


def words_of(page: str) -> str:
    """Return a page without its line ends, for sentences may lie anywhere in a line."""
    return " ".join(find_pages()[page].read_text(encoding="utf-8").split())


def small(number: float) -> str:
    return f"{number:.0e}".replace("e-0", "e-")


FAILURES = FreezeLimits()
BOUNDS = Bounds()
INSIDE_S, INSIDE_SHARE = capture._INSIDE
OUTSIDE_S, OUTSIDE_SHARE = capture._OUTSIDE
SHARE = {8: "an eighth", 16: "a sixteenth"}[of_core("freeze.h", "CB_FREEZE_SHARE")]
DEPTH, PARTS, BYTES, ITEMS = (
    of_core("freeze.h", f"CB_FREEZE_MAX_{what}") for what in ("DEPTH", "NODES", "BYTES", "ITEMS")
)
CHARS = of_core("chars.h", "CB_CHARS_MAX")
WINDOW_MS = of_core("budget.c", "WINDOW_NS") // 1_000_000
SPELLED = {
    0.5: "half",
    3: "three",
    4: "four",
    5: "five",
    6: "six",
    8: "eight",
    10: "ten",
    16: "sixteen",
    200: "two hundred",
}

CAPTURED = {name: default_of(capture_args, name) for name in ("retention", "overwrite", "ignore_args", "enabled")}

SENTENCES = [
    ("docs/architecture.md", f"events of {kernels.EVENT_DTYPE.itemsize} bytes"),
    ("docs/architecture.md", f"calls of {kernels.CALL_DTYPE.itemsize} bytes"),
    ("docs/development.md", f"runs the {SPELLED[len(nox_sessions())]} that a commit needs"),
    ("docs/bench.md", f"the first {SPELLED[parts.MAX_KEPT]} values and the last"),
    ("docs/bench.md", f"beyond {child._MAX_PRINTED_BYTES >> 10} KiB its length and hash"),
    ("docs/bench.md", f"a timeout ({limits.DEFAULT_TIMEOUT_S:.0f} s, or the benchmark's own)"),
    ("docs/bench.md", f"a limit of data ({BenchOptions.memory_mb >> 10} GiB)"),
    ("docs/bench.md", f"The import is paid once for {SPELLED[_BATCH]} cases"),
    ("docs/bench.md", f"by default {small(BenchOptions.rtol)} and {small(BenchOptions.atol)}"),
    ("docs/choosing.md", f"more than {SHARE} of the time"),
    ("docs/diff.md", f"more than {timing.MIN_SHARE:.0%} of the recording"),
    ("docs/diff.md", f"The noise is {SPELLED[int(timing.N_SIGMAS)]} standard deviations"),
    ("docs/diff.md", f"With less than {SPELLED[timing._MIN_FUNCTIONS]} functions of {SPELLED[timing._MIN_CALLS]} calls "
     f"it is {timing._DEFAULT_RUN_NOISE:.0%}"),
    ("docs/failures.md", f"{FAILURES.max_items} items of a container, {FAILURES.max_chars} characters of a text, "
     f"{FAILURES.max_nodes} containers and objects of a value, {FAILURES.max_all_nodes:,} of a failure"),
    ("docs/failures.md", f"{options.MAX_FRAMES} frames, variables of the innermost {frames._MAX_WITH_LOCALS}, "
     f"sources of the innermost {frames._MAX_SOURCES}; {raised.MAX_RELATED} exceptions that belong together"),
    ("docs/failures.md", f"The store keeps {BOUNDS.max_failures:,} failures, {BOUNDS.max_per_kind} of a kind in full, "
     f"{BOUNDS.max_bytes // MIB} MiB, {BOUNDS.max_age_s / 86400:.0f} days"),
    ("docs/failures.md", f"{decorator._bucket._size:,.0f} failures at once and {decorator._bucket._rate:.0f} a second"),
    ("docs/failures.md", f"up to {reproduce._MAX_FRAMES}; the answer has the reason for each"),
    ("docs/failures.md", f"values to depth {options._OF_MODES['trace']['max_depth']} |"),
    ("docs/format.md", f"A `SLTZ` section is a block: up to {box.BLOCK_MAX_SLOTS} consecutive slots"),
    ("docs/format.md", f"block of up to {box.VALUE_BLOCK_MAX_BYTES} bytes of the ring"),
    ("docs/format.md", f"more than {SPELLED[read._BUDGET_SHARE]} times its size and {read._MIN_BUDGET // MIB} MiB"),
    ("docs/format.md", f"at most {kernels._MIN_BASELINE_NS} ns or no tick apart"),
    ("docs/format.md", f"room for {of_core('storage.h', 'CB_STORAGE_FIRST_SLOTS')} slots and"),
    ("docs/format.md", f"with a window of at most {(1 << packing._MAX_WINDOW_LOG) // MIB} MiB"),
    ("docs/format.md", f"# The box: format version {box.VERSION}"),
    ("docs/format.md", f"| 12 | 4 | size of the header: {rings.HEADER_SIZE} |"),
    ("docs/format.md", f"{of_core('storage.h', 'CB_STORAGE_FIRST_ARENA_BYTES') >> 10} KiB of values"),
    ("docs/performance.md", f"A ring asks for it every {of_core('budget.h', 'CB_CHECK_SLOTS')} slots"),
    ("docs/performance.md", f"{WINDOW_MS} ms of the processor's time are judged at a time"),
    ("docs/performance.md", f"bursts of {WINDOW_MS // of_core('budget.c', 'BURSTS')} ms or "
     f"{of_core('budget.c', 'BURST_EVENTS')} events in 1/4, 1/16 or 1/64 of the time"),
    ("docs/processes.md", f"It says `{merge.KILLED}`"),
    ("docs/processes.md", f"with every {of_core('ended.h', 'CB_ENDED_PERIOD')}nd new thread"),
    ("docs/processes.md",
     f"begins with {(rings.HEADER_SIZE + 8 * of_core('storage.h', 'CB_STORAGE_FIRST_SLOTS')) >> 10} KiB"),
    ("docs/processes.md",
     f"each of `--max-events`, {recorder._SLOT_BYTES + recorder._VALUE_BYTES_PER_EVENT} with values"),
    ("docs/processes.md", f"the newest {of_core('ended.h', 'CB_ENDED_THREADS'):,} are kept"),
    ("docs/processes.md", f"at most {SPELLED[of_core('ended.h', 'CB_ENDED_RINGS')]} full rings in all"),
    ("docs/processes.md",
     f"threads wait {SPELLED[of_core('storage.h', 'CB_STORAGE_STALL_NS') // 1_000_000_000]} seconds at most"),
    ("docs/processes.md", f"{Options().max_events * 8 // MIB} MiB unless told otherwise"),
    ("docs/production.md", f"{flight.DEFAULT_EVENTS} slots for each thread"),
    ("docs/production.md", f"those of the last {flight_box._MAX_CRASHED} processes that crashed stay"),
    ("docs/production.md", f"{flight_box._FORKS_PER_PRUNING} more forks"),
    ("docs/production.md", f"the newest {default_of(sinks.BoxSink, 'max_boxes')}: for `callbox view`"),
    ("docs/production.md", f"alerts(max_usage={default_of(metrics.alerts, 'max_usage'):.0f}, "
     f"max_overhead={default_of(metrics.alerts, 'max_overhead'):.0f})"),
    ("docs/production.md", f"Every dump is kept in full, the newest {SPELLED[BOUNDS.max_per_kind]}"),
    ("docs/query.md", f"the value, shortened to {tables._VALUE_CHARS} characters"),
    ("docs/reference.md", f"where that takes more than {SPELLED[waiting._DELAY_S]} a second"),
    ("docs/reliability.md", f"more than {read._BUDGET_SHARE} times its size and {read._MIN_BUDGET // MIB} MiB"),
    ("docs/snapshots.md", f"Values are recorded in bounds: {ITEMS} items, {DEPTH} levels, {CHARS} characters"),
    ("docs/snapshots.md", f"`@capture_args(path, {', '.join(f'{name}={value}' for name, value in CAPTURED.items())})`"),
    ("docs/telemetry.md", f"`slow_queries` (over {queries.SLOW_MS:.0f} ms)"),
    ("docs/telemetry.md", f"what is over {sql._MAX_SHOWN:,} characters is cut"),
    ("docs/telemetry.md", f"{SPELLED[n_plus_one.MIN_REPEATS]} times or more, each time for another row"),
    ("docs/telemetry.md", f"of the newest {history.MAX_RUNS} runs"),
    ("docs/telemetry.md", f"and at least {comparison.MIN_SLOWER_MS:.0f} ms more"),
    ("docs/telemetry.md", f"within {SPELLED[history._FLAKY_RUNS]} runs"),
    ("docs/telemetry.md", f"up to {records._MAX_SPANS:,} each test"),
    ("docs/telemetry.md", f"| `schema_version` | {records.SCHEMA_VERSION} |"),
    ("docs/tests-from-calls.md", f"`--limit` different calls are kept ({capture.CaptureOptions().limit};"),
    ("docs/tests-from-calls.md", f"Beyond {INSIDE_S + OUTSIDE_S:.1f} seconds"),
    ("docs/tests-from-calls.md", f"takes {INSIDE_SHARE + OUTSIDE_SHARE:.0%} of the program's processor time at most, "
     f"{OUTSIDE_SHARE:.0%} of it for calls from outside"),
    ("docs/tests-from-calls.md", f"asked more than {inner.MAX_RECORDS} times"),
    ("docs/tests-from-calls.md", f"{probe._DAYS_AHEAD} days later"),
    ("docs/tests-from-calls.md", f"tries up to {gen._MAX_MUTANTS} mutants"),
    ("docs/tests-from-calls.md", f"unions of more than {SPELLED[observed_types._MAX_UNION]} become Any"),
    ("docs/tests-from-calls.md", f"`random.seed(n)`, n < {touched._MAX_SEED}"),
    ("docs/tests-from-calls.md", f"more than {vocabulary._MAX_SETUP_LINES} lines to build"),
    ("docs/values.md", f"A value ends at a depth of {DEPTH}, {PARTS} parts or {BYTES} bytes"),
    ("docs/values.md", f"the first {CHARS} characters and the length"),
    ("docs/values.md", f"the first {ITEMS} items and the length"),
    ("docs/values.md", f"after {of_core('freeze.h', 'CB_FREEZE_MAX_NS') / 1e9:.1f} s where memory itself is slow"),
    ("docs/values.md", f"a millisecond at first and then {SHARE} of the time"),
    ("docs/values.md", f"the first {of_core('values.c', 'FIRST_CALLS')} calls of each function, the 16th, the 32nd"),
    ("docs/view.md", f"holds the {static.MAX_SEGMENTS:,} longest calls"),
    ("docs/view.md", f"callers of {static.MAX_DETAILED_CALLS:,} calls"),
    ("docs/view.md", f"tiles of {track.TILE_CELLS} cells by {track.TILE_LEVELS} levels"),
    ("docs/view.md", f"at most {track.MAX_RECTANGLES:,} rectangles"),
    ("docs/view.md", f"Its address holds {server._TOKEN_BYTES * 8} random bits"),
]  # fmt: skip


@pytest.mark.parametrize(("page", "sentence"), SENTENCES, ids=[f"{page}: {text[:40]}" for page, text in SENTENCES])
def test_page_says_what_the_code_has(page, sentence) -> None:
    assert sentence in words_of(page)


def test_table_of_install_has_its_options_and_defaults() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", find_pages()["docs/production.md"].read_text(), re.MULTILINE))
    parameters = {name: each.default for name, each in inspect.signature(install).parameters.items()}
    numbers = {name: each for name, each in parameters.items() if type(each) is float}
    switches = {name: f"`{each}`" for name, each in parameters.items() if type(each) is bool}

    assert set(rows) == set(parameters) - {"captures"}
    assert {name: float(rows[name]) for name in numbers} == numbers
    assert {name: rows[name] for name in switches} == switches


def test_table_of_telemetry_has_all_settings_and_defaults() -> None:
    table = find_pages()["docs/telemetry.md"].read_text().partition("| key | variable")[2].partition("\n\n")[0]
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in table.splitlines()[2:]]
    keys = {key: (row[1], row[3]) for row in rows for key in re.findall(r"`(\w+)`", row[0])}
    given = TelemetrySettings()

    assert set(keys) == set(config.TelemetrySettings.__annotations__)
    assert [key for key, (variable, _) in keys.items() if key.upper() not in variable] == []
    assert (keys["slow_ms"][1], keys["moderate_queries"][1]) == (
        f"{given.slow_ms:.0f}, {given.very_slow_ms:.0f}",
        f"{given.moderate_queries}, {given.high_queries}",
    )
    assert (keys["network"][1], keys["coverage"][1]) == (f'`"{given.network}"`', f"`{str(given.coverage).lower()}`")


def test_exit_codes_are_all_told() -> None:
    rows = re.findall(r"^\| ([\d, ]+) \| ", find_pages()["docs/reference.md"].read_text(), re.MULTILINE)
    codes = {value for name, value in vars(exits).items() if name.isupper() and isinstance(value, int)}

    assert {int(code) for row in rows for code in row.split(", ")} == codes | {5}


def test_kinds_and_outcomes_of_queries_are_those_of_recordings() -> None:
    page = words_of("docs/query.md")
    [kinds] = re.findall(r"\| `kind` \| text \| (.*?) \|", page)
    [outcomes] = re.findall(r"\| `outcome` \| text \| (.*?) \|", page)

    assert re.findall(r"`(\w+)`", kinds) == [kind.name.lower() for kind in EventKind if kind < EventKind.TIME]
    assert re.findall(r"`(\w+)`", outcomes) == [outcome.name.lower() for outcome in Outcome]


def test_kinds_of_the_format_are_those_of_recordings() -> None:
    page = find_pages()["docs/format.md"].read_text().partition("| kind | name | code |")[2].partition("\n\n")[0]
    kinds = [int(kind) for row in re.findall(r"^\| ([\d, ]+) \|", page, re.MULTILINE) for kind in row.split(", ")]

    assert kinds == [int(kind) for kind in EventKind]


def test_modes_are_all_told() -> None:
    told = re.findall(r"^\| `(\w+)` \| ", words_of("docs/choosing.md").replace(" | `", "\n| `"), re.MULTILINE)

    assert set(MODES) <= set(told)


def test_fewest_failures_and_passed_calls_kept_in_memory_are_those_of_the_page() -> None:
    page = words_of("docs/coming-from/failextract.md")

    assert f"Failures: 1/{extractor.DEFAULT_MAX_FAILURES}" in page
    assert f"Passed: 0/{extractor.DEFAULT_MAX_PASSED}" in page

"""A run as one HTML page that needs nothing else: no script, no font, no picture from anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from callbox.telemetry.comparison import is_flaky
from callbox.telemetry.history import Run
from callbox.telemetry.kept import KeptTest
from callbox.telemetry.records import BAD
from callbox.telemetry.words import run_line

_MAX_BARS = 40
_MAX_TESTS = 500
_BAR_WIDTH = 16
_HEIGHT = 120
_MARGIN = 10
_GUTTER = 72
_MIN_BARS = 20
_STYLE = """
:root { color-scheme: light dark; --line: #d0d7de; --bad: #cf222e; --text: #1f2328; --dim: #59636e; --bar: #4c8dd6;
  --back: #fff; }
@media (prefers-color-scheme: dark) { :root { --line: #3d444d; --bad: #ff7b72; --text: #f0f6fc; --dim: #9198a1;
  --back: #0d1117; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--back); max-width: 75rem;
  margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.05rem; margin: 2rem 0 .4rem; }
table { border-collapse: collapse; width: 100%; } td, th { border-top: 1px solid var(--line); padding: .25rem .6rem;
  text-align: left; vertical-align: top; font: 13px/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
td.n, th.n { text-align: right; white-space: nowrap; width: 1%; }
.bad { color: var(--bad); } .dim { color: var(--dim); }
rect { fill: var(--bar); } rect.bad { fill: var(--bad); } svg { max-width: 100%; height: auto; display: block; }
svg path { stroke: var(--line); } svg text { fill: var(--dim); font: 11px system-ui, sans-serif; text-anchor: end; }
""".strip()


def render_page(runs: Sequence[Run], tests: Sequence[KeptTest], statuses: Mapping[str, list[str]]) -> str:
    """Write the page of the last of some runs, with charts of all of them.

    Args:
        runs: the oldest first, one or more.
        tests: those of the last run.
        statuses: each test's outcomes in the last runs.
    """
    run = runs[-1]
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    body = "\n".join(_body(runs[-_MAX_BARS:], tests, statuses))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>Tests, run {run.id}</title>\n<style>\n{_STYLE}\n</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _body(runs: Sequence[Run], tests: Sequence[KeptTest], statuses: Mapping[str, list[str]]) -> Iterator[str]:
    yield f"<h1>Tests, run {runs[-1].id}</h1>"
    yield f'<p class="dim">{escape(run_line(runs[-1]))}</p>'
    yield "<h2>The last runs; red: tests did not pass</h2>"
    yield _bars(
        [
            (run.summary["duration"]["total"] / 1000, f"run {run.id}, {run.started}", bool(run.summary["failed_tests"]))
            for run in runs
        ],
        "s",
    )
    slowest = sorted(tests, key=lambda test: -test.duration_ms)
    yield "<h2>The slowest tests of this run</h2>"
    yield _bars([(test.duration_ms, test.id, test.status in BAD) for test in slowest[:_MAX_BARS]], "ms")
    asking = sorted((test for test in tests if test.n_queries), key=lambda test: -test.n_queries)
    if asking:
        yield "<h2>Tests with the most queries</h2>"
        yield _bars([(test.n_queries, test.id, test.status in BAD) for test in asking[:_MAX_BARS]], "queries")
    yield "<h2>Tests, the slowest first</h2>"
    yield '<table><tr><th class="n">ms</th><th class="n">queries</th><th>outcome</th><th>test</th></tr>'
    for test in slowest[:_MAX_TESTS]:
        yield _row(test, is_flaky(statuses.get(test.id, [])))
    yield "</table>"
    if len(slowest) > _MAX_TESTS:
        yield f'<p class="dim">… {len(slowest) - _MAX_TESTS:,} more</p>'


def _row(test: KeptTest, flaky: bool) -> str:
    notes = [f"N+1 at {site}" for site in test.sites]
    if flaky:
        notes.append("flaky")
    if test.n_blocked:
        notes.append(f"{test.n_blocked} blocked from the network")
    if test.error:
        notes.append(test.error)
    mark = ' class="bad"' if test.status in BAD else ""
    text = "".join(f'<div class="dim">{escape(note)}</div>' for note in notes)
    return (
        f'<tr><td class="n">{test.duration_ms:,.1f}</td><td class="n">{test.n_queries:,}</td>'
        f"<td{mark}>{escape(test.status)}</td><td>{escape(test.id)}{text}</td></tr>"
    )


def _bars(bars: Sequence[tuple[float, str, bool]], unit: str) -> str:
    """Draw bars over a scale, each with its value and its title as a tooltip; the highest is as high as the chart."""
    top = max((value for value, _, _ in bars), default=0) or 1
    width = _GUTTER + max(len(bars), _MIN_BARS) * _BAR_WIDTH
    drawn = []
    for share in (1.0, 0.5, 0.0):
        y = _MARGIN + _HEIGHT * (1 - share)
        drawn.append(f'<path d="M{_GUTTER} {y:.1f}H{width}"/>')
        drawn.append(f'<text x="{_GUTTER - 6}" y="{y + 4:.1f}">{top * share:,.3g}{f" {unit}" if share else ""}</text>')
    for index, (value, title, is_bad) in enumerate(bars):
        height = max(1.0, _HEIGHT * value / top)
        mark = ' class="bad"' if is_bad else ""
        drawn.append(
            f'<rect{mark} x="{_GUTTER + index * _BAR_WIDTH + 2}" y="{_MARGIN + _HEIGHT - height:.1f}" '
            f'width="{_BAR_WIDTH - 4}" height="{height:.1f}"><title>{escape(title)}: {value:,.2f}</title></rect>'
        )
    return f'<svg role="img" viewBox="0 0 {width} {_HEIGHT + 2 * _MARGIN}" width="{width}">{"".join(drawn)}</svg>'

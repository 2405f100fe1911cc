"""Reports as one HTML page that needs nothing else: no script, no font, no picture from anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from callbox.failures.plain import iso_time
from callbox.failures.reports.report import Report, code_lines, exceptions_of, headline, insert_before
from callbox.render.text import count

_END = "<!-- end of failures -->"

_STYLE = """
:root { color-scheme: light dark; --line: #d0d7de; --soft: #f6f8fa; --bad: #cf222e; --text: #1f2328; --dim: #59636e;
  --mark: #fff1e5; --back: #fff; }
@media (prefers-color-scheme: dark) { :root { --line: #3d444d; --soft: #151b23; --bad: #ff7b72; --text: #f0f6fc;
  --dim: #9198a1; --mark: #3b2300; --back: #0d1117; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--back); max-width: 70rem;
  margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin: 0; display: inline; }
h3 { font-size: .95rem; margin: 1.2rem 0 .4rem; }
code, pre, td { font: 13px/1.5 ui-monospace, monospace; }
.dim { color: var(--dim); font-size: .85rem; } .bad { color: var(--bad); font-weight: 600; }
article { border: 1px solid var(--line); border-radius: 8px; margin: 1rem 0; padding: .8rem 1rem; }
article > details > summary { cursor: pointer; } details details { margin: .4rem 0; }
pre { background: var(--soft); border-radius: 6px; padding: .6rem .8rem; overflow-x: auto; margin: .4rem 0; }
pre .now { display: block; background: var(--mark); margin: 0 -.8rem; padding: 0 .8rem; }
table { border-collapse: collapse; width: 100%; } td { border-top: 1px solid var(--line); padding: .2rem .5rem;
  vertical-align: top; overflow-wrap: anywhere; } td:first-child { white-space: nowrap; color: var(--dim); width: 1%; }
""".strip()


def render(report: Report, existing: str | None) -> str:
    """Write a report; added to an older one, it is the next section of the page."""
    section = "\n".join(_section(report)) + "\n"
    if existing is not None:
        return insert_before(existing, _END, section, "HTML")
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>Failures</title>\n<style>\n{_STYLE}\n</style>\n</head>\n<body>\n<h1>Failures</h1>\n"
        f"{section}{_END}\n</body>\n</html>\n"
    )


def _section(report: Report) -> Iterator[str]:
    summary = report.summary
    yield "<section>"
    yield (
        f'<p class="dim">{count(summary["failures"], "failure")} of {count(summary["kinds"], "kind")}, '
        f"{summary['passed']} passed; {iso_time(report.timestamp)}</p>"
    )
    for index, failure in enumerate(report.failures):
        yield from _failure(failure, report.is_numbered, is_open=index == 0)
    if report.passed:
        names = "".join(f"<li><code>{escape(each['test_name'])}</code></li>" for each in report.passed)
        yield f"<details><summary>{len(report.passed)} passed</summary><ul>{names}</ul></details>"
    yield "</section>"


def _failure(failure: Mapping[str, Any], is_numbered: bool, is_open: bool) -> Iterator[str]:
    short = failure["exception_type"].rpartition(".")[2]
    yield f'<article id="{escape(failure["id"])}"><details{" open" if is_open else ""}>'
    yield f'<summary><h2>{escape(failure["test_name"])}</h2> <span class="bad">{escape(short)}</span>'
    yield (
        f'<div class="dim">{escape(failure["filename"])}:{failure["line"]} · {failure["time"]} · '
        f"kind {escape(failure['fingerprint'])}</div></summary>"
    )
    yield _pre(failure["exception_message"])
    yield from _table("Arguments", failure.get("arguments"))
    yield from _table("Fixtures", failure.get("fixtures"))
    for raised, words in exceptions_of(failure):
        yield f"<h3>{escape(f'{words}: {headline(raised)}' if words else 'Where')}</h3>"
        if raised["notes"]:
            yield _pre("\n".join(raised["notes"]))
        yield from _table("", raised["attributes"])
        for depth, frame in enumerate(reversed(raised["frames"])):
            yield from _frame(frame, is_numbered, is_open=depth == 0)
    if failure.get("calls"):
        yield f"<h3>The last calls</h3>{_pre(failure['calls'])}"
    if failure.get("traceback"):
        yield f"<details><summary>Traceback</summary>{_pre(failure['traceback'])}</details>"
    yield from _table("Surroundings", failure.get("metadata"))
    yield "</details></article>"


def _frame(frame: Mapping[str, Any], is_numbered: bool, is_open: bool) -> Iterator[str]:
    place = f"{escape(frame['filename'])}:{frame['line']}"
    yield f"<details{' open' if is_open else ''}><summary><code>{escape(frame['function'])}</code>"
    yield f' <span class="dim">{place}</span></summary>'
    lines = "".join(
        f'<span class="now">{escape(text)}</span>' if is_current else escape(text) + "\n"
        for is_current, text in code_lines(frame, is_numbered)
    )
    if lines:
        yield f"<pre>{lines}</pre>"
    yield from _table("", frame.get("locals"))
    yield "</details>"


def _table(title: str, values: Mapping[str, Any] | None) -> Iterator[str]:
    if values:
        rows = "".join(f"<tr><td>{escape(n)}</td><td>{escape(str(v))}</td></tr>" for n, v in values.items())
        yield f"{f'<h3>{title}</h3>' if title else ''}<table>{rows}</table>"


def _pre(text: str) -> str:
    return f"<pre>{escape(text)}</pre>" if text else ""

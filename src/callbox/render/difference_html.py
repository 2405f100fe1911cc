"""How two recordings differ, as a page that needs nothing else: no script, no file, no network."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from callbox.render.difference import MARKS
from callbox.render.text import count, duration, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from callbox.render.difference import Report, Side, ValueChange

_STYLE = """
:root { color-scheme: light dark; --ink: #1c2024; --dim: #60676f; --page: #fff; --panel: #f6f7f9; --rule: #dfe3e8;
  --added: #116329; --added-back: #e6f6ea; --removed: #a40e26; --removed-back: #fdecee; --moved: #5a32a3;
  --moved-back: #f1ebfb; --changed: #7a4d00; --changed-back: #fdf3dc }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ed; --dim: #9aa4af; --page: #14171a; --panel: #1c2024;
  --rule: #2f353b; --added: #6fdd8b; --added-back: #12301c; --removed: #ff9aa8; --removed-back: #3a161c;
  --moved: #c8b1f5; --moved-back: #261d3a; --changed: #f2c468; --changed-back: #33270e } }
* { box-sizing: border-box }
body { margin: 0 auto; padding: 2rem 1.5rem 4rem; max-width: 78rem; color: var(--ink); background: var(--page);
  font: 15px/1.5 system-ui, sans-serif }
h1 { font-size: 1.35rem; margin: 0 0 1rem } h2 { font-size: 1rem; margin: 2rem 0 .5rem }
code, .tree, td.name { font: 13px/1.55 ui-monospace, "SF Mono", Menlo, Consolas, monospace }
.sides { display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: .75rem }
.side { background: var(--panel); border: 1px solid var(--rule); border-radius: 8px; padding: .7rem 1rem }
.side b { display: block } .side span { color: var(--dim); overflow-wrap: anywhere }
.chips { display: flex; flex-wrap: wrap; gap: .5rem; margin: 1rem 0; padding: 0; list-style: none }
.chips li { border-radius: 99px; padding: .15rem .8rem; font-weight: 600; background: var(--panel) }
.added { color: var(--added); background: var(--added-back) !important }
.removed { color: var(--removed); background: var(--removed-back) !important }
.moved { color: var(--moved); background: var(--moved-back) !important }
.changed { color: var(--changed); background: var(--changed-back) !important }
.tree { overflow-x: auto; border: 1px solid var(--rule); border-radius: 8px; padding: .4rem 0; white-space: pre }
.tree div { padding: 0 1rem; min-width: max-content } .tree .same { color: var(--dim) } .tree i { opacity: .75 }
.first { background: var(--panel); border: 1px solid var(--rule); border-radius: 8px; padding: .7rem 1rem;
  overflow-wrap: anywhere }
.first p { margin: .2rem 0 } .first .path { color: var(--dim) }
table { border-collapse: collapse; width: 100% }
th, td { width: 1%; white-space: nowrap; text-align: right; padding: .25rem .75rem;
  border-bottom: 1px solid var(--rule); font-variant-numeric: tabular-nums }
th { color: var(--dim); font-weight: 600 }
.name { width: auto; white-space: normal; text-align: left; overflow-wrap: anywhere }
"""


def format_html(report: Report) -> str:
    """Write how two recordings differ as one HTML page."""
    title = f"{report.before.name} and {report.after.name}"
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        f"<title>{_text(title)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>How {_text(report.after.name)} differs from {_text(report.before.name)}</h1>",
        f'<div class="sides">{_side("before", report.before)}{_side("after", report.after)}</div>',
        *_chips(report),
    ]
    if report.first_change is not None:
        parts += _first_change(report.first_change)
    parts += _tree(report)
    if report.counts:
        rows = ((f"{c.before:,}", f"{c.after:,}", f"{c.after - c.before:+,}", c.function) for c in report.counts)
        parts += _table("Counts", ("before", "after", "change", "function"), rows)
    if report.times:
        times = (
            (
                duration(round(c.mean_before_ns)),
                duration(round(c.mean_after_ns)),
                f"{c.ratio:.2f}×",
                f"± {duration(round(c.noise_ns))}",
                f"{c.n_before:,} → {c.n_after:,}",
                c.function,
            )
            for c in report.times
        )
        parts += _table("Self time per call", ("before", "after", "ratio", "noise", "calls", "function"), times)
    return "\n".join([*parts, "</body></html>"])


def _side(title: str, side: Side) -> str:
    what = f"{count(side.n_calls, 'call')}, {duration(side.total_ns)}"
    return (
        f'<div class="side"><span>{title}</span><b>{_text(side.name)}</b>'
        f"<code>{_text(side.command)}</code> <span>{_text(what)}</span></div>"
    )


def _chips(report: Report) -> Iterator[str]:
    amounts = {
        "added": report.n_added,
        "removed": report.n_removed,
        "moved": report.n_moved,
        "changed": report.n_changed,
    }
    chips = [f'<li class="{word}">{n:,} {word}</li>' for word, n in amounts.items() if n]
    if report.times:
        chips.append(f"<li>{count(len(report.times), 'function')} slower or faster</li>")
    yield f'<ul class="chips">{"".join(chips) or "<li>no difference</li>"}</ul>'


def _first_change(change: ValueChange) -> Iterator[str]:
    path = " › ".join(change.path)
    yield "<h2>First change</h2>"
    yield f'<div class="first"><p class="path"><code>{_text(path)}</code></p><p><code>{_text(change.call)}</code></p>'
    yield (
        f"<p>{_text(change.what)}: <code class=removed>{_text(change.before or '(nothing)')}</code> → "
        f"<code class=added>{_text(change.after or '(nothing)')}</code></p></div>"
    )


def _tree(report: Report) -> Iterator[str]:
    if not report.lines:
        return
    lines = [
        f'<div class="{line.kind}">{MARKS[line.kind]} {"  " * line.level}{_text(line.text)}'
        f"{f'  <i>{_text(line.note)}</i>' if line.note else ''}</div>"
        for line in report.lines
    ]
    if report.n_left_out:
        lines.append(f'<div class="same">  … {count(report.n_left_out, "more line")}</div>')
    # White space counts here: there is none between the lines.
    yield f'<h2>Calls</h2><div class="tree">{"".join(lines)}</div>'


def _table(title: str, head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    cells = "".join(f"<th{' class=name' if name == head[-1] else ''}>{name}</th>" for name in head)
    yield f"<h2>{title}</h2><table><thead><tr>{cells}</tr></thead><tbody>"
    for *numbers, name in rows:
        columns = "".join(f"<td>{_text(number)}</td>" for number in numbers)
        yield f'<tr>{columns}<td class="name">{_text(name)}</td></tr>'
    yield "</tbody></table>"


def _text(text: str) -> str:
    """Write text of strangers as text, whatever it holds."""
    return escape(printable(text))

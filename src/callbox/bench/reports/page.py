"""Findings as one HTML page that needs nothing else."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Sequence

from callbox.bench.model import UNKNOWN, WRONG, BrokenModule, Finding, Verdict

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --good: #1a7f37; --bad: #cf222e; --dim: #8a6d00; }
@media (prefers-color-scheme: dark) { :root { --good: #3fb950; --bad: #ff7b72; --dim: #d29922; } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
code, pre { font: 13px/1.45 ui-monospace, monospace; }
pre { margin: .3rem 0 0; white-space: pre-wrap; overflow-wrap: anywhere; }
.good { color: var(--good); } .bad { color: var(--bad); } .dim { color: var(--dim); }
.counts span { margin-right: 1.2rem; font-weight: 600; }
"""


def write_page(title: str, findings: Sequence[Finding], broken: Sequence[BrokenModule]) -> bytes:
    """Return the page: counts, then every case, what is wrong first; no script."""
    counts = Counter(finding.verdict for finding in findings)
    spans = "".join(f'<span class="{_tone(v)}">{counts[v]:,} {v}</span>' for v in Verdict if counts[v])
    ordered = sorted(findings, key=lambda f: (f.verdict not in WRONG, f.verdict not in UNKNOWN, f.id))
    rows = "".join(_row(finding) for finding in ordered)
    modules = "".join(
        '<tr><td class="bad">broken</td><td>'
        f"<code>{_text(module.module)}</code><pre>{_text(module.reason)}</pre></td><td></td></tr>"
        for module in broken
    )
    return (
        "<!doctype html><html lang=en><meta charset=utf-8>"
        '<meta name=viewport content="width=device-width,initial-scale=1">'
        f"<title>{_text(title)}</title><style>{_STYLE}</style><h1>{_text(title)}</h1>"
        f"<p class=counts>{spans}</p><table><thead><tr><th>verdict<th>benchmark<th>seconds</thead><tbody>"
        f"{modules}{rows}</tbody></table></html>\n"
    ).encode()


def _row(finding: Finding) -> str:
    details = "\n".join((*(finding.differences or ((finding.reason,) if finding.reason else ())), *finding.remarks))
    more = f"<pre>{_text(details)}</pre>" if details else ""
    return (
        f'<tr><td class="{_tone(finding.verdict)}">{finding.verdict}</td>'
        f"<td><code>{_text(finding.id)}</code>{more}</td><td>{finding.seconds:.3f}</td></tr>"
    )


def _tone(verdict: Verdict) -> str:
    if verdict in WRONG:
        return "bad"
    return "dim" if verdict in UNKNOWN or verdict is Verdict.SKIPPED else "good"


def _text(text: str) -> str:
    return html.escape(text.encode("utf-8", "replace").decode())

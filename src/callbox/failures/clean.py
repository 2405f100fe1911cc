"""Source lines without the secrets that are written in them."""

from __future__ import annotations

import functools
import re

from callbox.failures.redaction import note_secret, shared_redactor

_LITERAL = re.compile(r"""(?P<quote>["'])(?P<text>(?:\\.|(?!(?P=quote)).)*)(?P=quote)""")
_NAME_BEFORE = re.compile(r"""([\w.-]+)(?:\s*:\s*[\w.\[\]| ]+=|["']?\]?\s*(?:==?|:)|["']\s*,)\s*[bBrRuUfF]{0,2}$""")
"""What a literal is given to: a variable, annotated or not, an argument, a key, the first of a pair."""
_MAX_NAME_CHARS = 100
_MAX_LINE_CHARS = 2_000


@functools.lru_cache(maxsize=16_384)
def clean_line(line: str) -> str:
    """Return a source line with the secrets in its string literals replaced; names and calls stay as they are."""
    if '"' not in line and "'" not in line:
        return line
    line = line[:_MAX_LINE_CHARS]
    parts: list[str] = []
    done = 0
    for match in _LITERAL.finditer(line):
        kept = _cleaned(line, match)
        if kept != match["text"]:
            parts += [line[done : match.start("text")], kept]
            done = match.end("text")
    return "".join(parts) + line[done:] if parts else line


def _cleaned(line: str, match: re.Match[str]) -> str:
    """Return what shall stand for the text of a literal."""
    text = match["text"]
    if not text:
        return text
    redactor = shared_redactor()
    before = _NAME_BEFORE.search(line[max(0, match.start() - _MAX_NAME_CHARS) : match.start()])
    rule = redactor.redact_key(before[1].rpartition(".")[2]) if before else None
    if rule is None:
        return redactor.redact_text(text)
    note_secret(text)
    return f"[redacted: key {rule}]"

"""Source lines without the secrets that are written in them."""

from __future__ import annotations

import functools
import re

from callbox.failures.redaction import shared_redactor

_LITERAL = re.compile(
    r"""(?:(?P<name>[\w.-]+)["']?\]?\s*(?:==?|:|,)\s*)?[bBrRuUfF]{0,2}(?P<quote>["'])(?P<text>(?:\\.|(?!(?P=quote)).)*)(?P=quote)"""
)
_MAX_LINE_CHARS = 2_000


@functools.lru_cache(maxsize=16_384)
def clean_line(line: str) -> str:
    """Return a source line with the secrets in its string literals replaced; names and calls stay as they are."""
    if '"' not in line and "'" not in line:
        return line
    return _LITERAL.sub(_clean_literal, line[:_MAX_LINE_CHARS])


def _clean_literal(match: re.Match[str]) -> str:
    text, quote = match["text"], match["quote"]
    redactor = shared_redactor()
    rule = redactor.redact_key(match["name"].rpartition(".")[2]) if match["name"] and text else None
    kept = f"[redacted: key {rule}]" if rule else redactor.redact_text(text)
    if kept == text:
        return match[0]
    start = match.start("text") - match.start()
    return f"{match[0][:start]}{kept}{quote}"

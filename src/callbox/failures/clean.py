"""Source lines without the secrets that are written in them."""

from __future__ import annotations

import functools
import re

from callbox.failures.redaction import note_secret, shared_redactor

_LITERAL = re.compile(
    r"""(?P<triple>"{3}|'{3})(?P<long>(?:\\.|(?!(?P=triple)).)*)(?:(?P=triple)|$)"""
    r"""|(?P<single>["'])(?P<short>(?:\\.|(?!(?P=single)).)*)(?P=single)"""
)
"""One in three quotation marks may go on in the next line."""
_QUOTE = re.compile("[\"']")
_NAME_BEFORE = re.compile(r"""([\w.-]+)(?:\s*:\s*[\w.\[\]| ]+=|["']?\]?\s*(?:==?|:)|["']\s*,)\s*[bBrRuUfF]{0,2}$""")
"""What a literal is given to: a variable, annotated or not, an argument, a key, the first of a pair."""
_MAX_NAME_CHARS = 100
MAX_LINE_CHARS = 2_000


@functools.lru_cache(maxsize=16_384)
def clean_line(line: str) -> str:
    """Return a source line with the secrets in its string literals replaced; names and calls stay as they are.

    Of half a secret nobody can tell that it is one: a literal that a long line is cut in is left out.
    """
    if '"' not in line and "'" not in line:
        return line
    shown = line[:MAX_LINE_CHARS]
    is_cut = shown != line
    parts: list[str] = []
    done = end = 0
    for match in _LITERAL.finditer(shown):
        text, end = "long" if match["triple"] else "short", match.end()
        is_half = is_cut and match.end(text) == end
        cleaned = "…" if is_half else clean_literal(match[text], shown[: match.start()])
        parts += [shown[done : match.start(text)], cleaned]
        done = match.end(text)
    begun = _QUOTE.search(shown, end) if is_cut else None
    if begun is not None:
        return "".join(parts) + shown[done : begun.end()] + "…"
    return "".join(parts) + shown[done:]


def clean_literal(text: str, before: str) -> str:
    """Return what shall stand for the text of a literal.

    Args:
        text: as it is in the source.
        before: what stands in the line before its quotation mark, which may name it.
    """
    if not text:
        return text
    redactor = shared_redactor()
    name = _NAME_BEFORE.search(before[-_MAX_NAME_CHARS:])
    rule = redactor.redact_key(name[1].rpartition(".")[2]) if name else None
    if rule is None:
        return redactor.redact_text(text)
    note_secret(text)
    return f"[redacted: key {rule}]"

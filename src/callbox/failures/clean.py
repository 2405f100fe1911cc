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
_MAX_LINE_CHARS = 2_000


@functools.lru_cache(maxsize=16_384)
def clean_line(line: str) -> str:
    """Return a source line with the secrets in its string literals replaced; names and calls stay as they are.

    Of half a secret nobody can tell that it is one: a literal that a long line is cut in is left out.
    """
    if '"' not in line and "'" not in line:
        return line
    shown = line[:_MAX_LINE_CHARS]
    is_cut = shown != line
    parts: list[str] = []
    done = end = 0
    for match in _LITERAL.finditer(shown):
        text, end = "long" if match["triple"] else "short", match.end()
        is_half = is_cut and match.end(text) == end
        parts += [shown[done : match.start(text)], "…" if is_half else _cleaned(shown, match, match[text])]
        done = match.end(text)
    begun = _QUOTE.search(shown, end) if is_cut else None
    if begun is not None:
        return "".join(parts) + shown[done : begun.end()] + "…"
    return "".join(parts) + shown[done:]


def _cleaned(line: str, match: re.Match[str], text: str) -> str:
    """Return what shall stand for the text of a literal."""
    if not text:
        return text
    redactor = shared_redactor()
    before = _NAME_BEFORE.search(line[max(0, match.start() - _MAX_NAME_CHARS) : match.start()])
    rule = redactor.redact_key(before[1].rpartition(".")[2]) if before else None
    if rule is None:
        return redactor.redact_text(text)
    note_secret(text)
    return f"[redacted: key {rule}]"

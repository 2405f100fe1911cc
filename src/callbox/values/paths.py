"""Where in a value something is: `args[0].conn`, `result["a"][3]`.

While a value is walked a place is a chain of links, one small tuple for each step,
because most places are never shown. It becomes text when somebody must read it.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

Step: TypeAlias = Literal["index", "key", "attribute", "element", "key of"]
Link: TypeAlias = "tuple[Link | None, Step, Any] | None"
"""`(link to the container, kind of step, index or key or name)`; None is the value itself."""

_MAX_KEY_CHARS = 60
_ATOMS = frozenset({int, float, bool, str, bytes, type(None)})


def write_path(name: str, link: Link) -> str:
    """Write the place at the end of a chain of links, starting from the value called `name`."""
    steps = []
    while link is not None:
        link, kind, detail = link
        steps.append(_write_step(kind, detail))
    return name + "".join(reversed(steps))


def _write_step(kind: Step, detail: Any) -> str:
    if kind == "index":
        return f"[{detail}]"
    if kind == "attribute":
        return f".{detail}"
    if kind == "key":
        return f"[{write_key(detail)}]"
    if kind == "element":
        return "{" + write_key(detail) + "}"
    return f".keys(){{{write_key(detail)}}}"


def write_key(key: Any) -> str:
    """Write a dictionary key: atoms as in source, tuples of them too, anything else by its type's name."""
    if type(key) in (tuple, frozenset) and len(key) <= 4:
        return "(" + ", ".join(write_key(item) for item in key) + ("," if len(key) == 1 else "") + ")"
    if type(key) not in _ATOMS:
        return f"<{type.__dict__['__name__'].__get__(type(key))}>"
    if _is_huge(key):
        return "<int>"
    text = quote(key) if type(key) is str else repr(key)
    return text if len(text) <= _MAX_KEY_CHARS else f"{text[: _MAX_KEY_CHARS - 1]}…"


def quote(text: str) -> str:
    """Return a text's literal in double quotes, in single ones where the text has double quotes itself."""
    if '"' in text:
        return repr(text)
    return '"' + repr("'" + text)[2:-1] + '"'


def _is_huge(key: Any) -> bool:
    """Say whether an int has more digits than Python turns into text."""
    return type(key) is int and key.bit_length() > 1024

"""What the page may ask for: a name and whole numbers in, plain values for JSON out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from callbox.errors import NothingFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from callbox.view.exhibit import Exhibit

Query = dict[str, str]

_ANSWERS: dict[str, Callable[[Exhibit, Query], Any]] = {
    "summary": lambda exhibit, _: exhibit.summary(),
    "tile": lambda exhibit, q: exhibit.tile(_int(q, "lane"), _int(q, "zoom"), _int(q, "index"), _int(q, "block")),
    "hotspots": lambda exhibit, _: exhibit.hotspots(),
    "flame": lambda exhibit, q: exhibit.flame(_int(q, "root")),
    "graph": lambda exhibit, _: {"dot": exhibit.dot},
    "call": lambda exhibit, q: exhibit.call(_int(q, "row")),
    "function": lambda exhibit, q: exhibit.function(_int(q, "code")),
    "exceptions": lambda exhibit, q: exhibit.exception_page(_int(q, "page")),
    "following": lambda exhibit, q: exhibit.following(
        _ints(q, "codes"), _int(q, "after"), backwards=bool(_int(q, "backwards"))
    ),
}
_MAX_DIGITS = 18


def answer(exhibits: Sequence[Exhibit], name: str, query: Mapping[str, str]) -> Any:
    """Answer a question of the page.

    Args:
        exhibits: what is on show; `box` in the query chooses one.
        name: of the question.
        query: its parameters.

    Raises:
        NothingFoundError: there is no such question, recording, call or function.
        ValueError: a parameter is missing or no number.
    """
    if name not in _ANSWERS:
        raise NothingFoundError(f"there is no answer to {name!r}")
    box = _int(query, "box")
    if not 0 <= box < len(exhibits):
        raise NothingFoundError(f"there is no recording {box}: there are {len(exhibits)}")
    found = _ANSWERS[name](exhibits[box], dict(query))
    return {**found, "of": len(exhibits)} if name == "summary" else found


def _int(query: Mapping[str, str], name: str) -> int:
    text = query.get(name, "")
    if not text.lstrip("-").isdecimal() or not text.isascii() or len(text) > _MAX_DIGITS:
        raise ValueError(f"{name} must be a whole number, not {text!r}")
    return int(text)


def _ints(query: Mapping[str, str], name: str) -> list[int]:
    return [_int({name: part}, name) for part in query.get(name, "").split(",")]

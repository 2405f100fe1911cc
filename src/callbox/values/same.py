"""Whether a recorded value is one that a person wrote down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from callbox.values.frozen import (
    Absent,
    FrozenArray,
    FrozenDict,
    FrozenItems,
    FrozenObject,
    FrozenText,
    Member,
    Named,
    Opaque,
    Written,
)
from callbox.values.statics import layout_of, reference_of_class, type_name

if TYPE_CHECKING:
    from collections.abc import Callable

_KINDS: dict[Any, str] = {list: "list", tuple: "tuple", set: "set", frozenset: "frozenset"}

_ORIGINS = ("__cause__", "__context__")
_CONTENTS: dict[type, Callable[[Any], Any]] = {
    dict: lambda value: dict(dict.items(value)),
    list: lambda value: list(list.__iter__(value)),
    tuple: lambda value: tuple(tuple.__iter__(value)),
    set: lambda value: set(set.__iter__(value)),
    frozenset: lambda value: frozenset(frozenset.__iter__(value)),
    str: str.__str__,
    int: int.__int__,
    float: float.__float__,
}
_TEXTS: dict[str, Callable[[Any], str]] = {
    **dict.fromkeys(("datetime.datetime", "datetime.date", "datetime.time"), lambda value: str(value.isoformat())),
    **dict.fromkeys(("decimal.Decimal", "uuid.UUID", "pathlib.PosixPath", "pathlib._local.PosixPath"), str),
    "fractions.Fraction": lambda value: f"{value.numerator}/{value.denominator}",
}
"""What of the standard library writes itself as records do."""


def is_same(recorded: Any, expected: Any) -> bool:
    """Say whether a value, as a recording gives it, may be the expected one.

    Of what was recorded in part, the part is compared: the first items, the beginning of a text, the attributes. An
    object of which only the type is known is the same as any of its type. No code of the values runs, but the
    comparison of plain ones.
    """
    kind = type(recorded)
    if kind is FrozenText:
        beginning = recorded.beginning
        if type(expected) is not type(beginning) or len(expected) != recorded.length:
            return False
        return bool(expected[: len(beginning)] == beginning)
    if kind is FrozenItems:
        return _has_items(recorded, expected)
    if kind is FrozenDict:
        return type(expected) is dict and len(expected) == recorded.n_items and _has_pairs(recorded.items, expected)
    if kind is FrozenObject:
        return _is_object(recorded, expected)
    if kind is Written:
        return recorded.type_name == type_name(type(expected)) and _is_written(recorded, expected)
    if kind is Member:
        return recorded.type_name == type_name(type(expected)) and bool(recorded.name == vars(expected).get("_name_"))
    if kind in (Opaque, FrozenArray):
        return bool(recorded.type_name == type_name(type(expected)))
    if kind is Named:
        return _is_named(recorded.name, expected)
    if kind in (list, tuple):
        return (
            type(expected) is kind
            and len(expected) == len(recorded)
            and all(is_same(item, other) for item, other in zip(recorded, expected, strict=True))
        )
    if kind is dict:
        return type(expected) is dict and len(expected) == len(recorded) and _has_pairs(recorded.items(), expected)
    # NaN stands for NaN.
    return type(expected) is kind and bool(recorded == expected or repr(recorded) == repr(expected) == "nan")


def _has_items(recorded: FrozenItems, expected: Any) -> bool:
    if _KINDS.get(type(expected)) != recorded.kind or len(expected) != recorded.n_items:
        return False
    if recorded.kind in ("set", "frozenset"):
        return all(any(is_same(item, other) for other in expected) for item in recorded.items)
    return all(is_same(item, other) for item, other in zip(recorded.items, expected, strict=False))


def _has_pairs(pairs: Any, expected: dict[Any, Any]) -> bool:
    return all(any(is_same(key, k) and is_same(value, v) for k, v in expected.items()) for key, value in pairs)


def _is_object(recorded: FrozenObject, expected: Any) -> bool:
    if recorded.type_name != type_name(type(expected)):
        return False
    if recorded.content is not Absent.ABSENT and not _is_content(recorded, expected):
        return False
    state = dict(layout_of(type(expected)).read(expected))
    return all(
        name in state and is_same(value, state[name]) for name, value in recorded.attributes if name not in _ORIGINS
    )


def _is_content(recorded: FrozenObject, expected: Any) -> bool:
    if recorded.is_error:
        return is_same(recorded.content, BaseException.__dict__["args"].__get__(expected))
    read = next((read for base, read in _CONTENTS.items() if isinstance(expected, base)), None)
    return read is None or is_same(recorded.content, read(expected))


def _is_written(recorded: Written, expected: Any) -> bool:
    """Compare texts where the same text can be had without code of the value's own."""
    write = _TEXTS.get(recorded.type_name)
    return write is None or "[" in recorded.text or bool(recorded.text == write(expected))


def _is_named(name: str, expected: Any) -> bool:
    if type(expected) is type or isinstance(expected, type):
        module, qualified_name = reference_of_class(expected)
    else:
        module, qualified_name = getattr(expected, "__module__", ""), getattr(expected, "__qualname__", "")
    return name in (qualified_name, f"{module}.{qualified_name}")

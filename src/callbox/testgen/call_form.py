"""The expression that calls a recorded function: which arguments are passed, and how."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from inspect import getattr_static
from typing import Any

from callbox.errors import CallboxError
from callbox.testgen.case import literal, place, slug
from callbox.testgen.model import Target
from callbox.testgen.resolve import Access
from callbox.values.exact import encode
from callbox.values.literals.layout import is_name

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_BUILTIN_CALLS = {"__len__": "len", "__repr__": "repr", "__str__": "str", "__bool__": "bool", "__int__": "int"}
_OPERATORS = {
    "__eq__": "==",
    "__ne__": "!=",
    "__lt__": "<",
    "__le__": "<=",
    "__gt__": ">",
    "__ge__": ">=",
    "__add__": "+",
    "__sub__": "-",
    "__mul__": "*",
    "__truediv__": "/",
    "__floordiv__": "//",
    "__mod__": "%",
    "__and__": "&",
    "__or__": "|",
    "__xor__": "^",
    "__matmul__": "@",
    "__pow__": "**",
}
_COMPARISONS = frozenset({"__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"})
"""In an assertion another comparison would follow, and Python would chain the two."""
TAKEN_NAMES = frozenset(
    {*dir(builtins), *keyword.kwlist}
    | {"pytest", "re", "random", "math", "asyncio", "np", "pd", "DATA", "as_data", "expected", "message", "printed"}
    | {"capsys", "tmp_path", "monkeypatch", "request", "content"}
    | {"Mock", "AsyncMock", "PropertyMock", "ANY", "call"}
)
"""Names that mean something else in a test module than a value of a call."""


@dataclass(frozen=True, slots=True)
class CallForm:
    """How a test makes a call.

    Attributes:
        values: what is passed, by the name of its place.
        expression: the template of the call.
        indexes: of each name that stands for a whole parameter, the parameter's index.
        extras: names of optional parameters that are passed.
        is_statement: whether it gives nothing, as an assignment to a property.
        is_context: whether it stands in a `with`.
    """

    values: Mapping[str, Any]
    expression: str
    indexes: Mapping[str, int]
    extras: tuple[str, ...]
    is_statement: bool = False
    is_context: bool = False


def snake(name: str) -> str:
    """Return a class's name as a variable's."""
    return _CAMEL.sub("_", name).lower().strip("_") or "value"


def variable_of(name: str) -> str:
    """Return what a variable may be called that holds what is passed by a name: any text, where it is in `**`."""
    own = name.lstrip("_") or "value"
    if own.isidentifier():
        return own
    words = slug(own, 30)
    return words if words.isidentifier() else f"value_{words}".rstrip("_")


def passed_by_name(sources: Mapping[str, str]) -> list[str]:
    """Write arguments that are passed by name; names that no source can spell stand in a dictionary."""
    spelt = [f"{name}={source}" for name, source in sources.items() if is_name(name)]
    others = ", ".join(f"{literal(name)}: {source}" for name, source in sources.items() if not is_name(name))
    return [*spelt, f"**{{{others}}}"] if others else spelt


def form_call(
    target: Target, access: Access, arguments: tuple[Any, ...], result: Any, taken: Iterable[str] = ()
) -> CallForm:
    """Choose how to make a recorded call again.

    Args:
        target: the function.
        access: how a test reaches it.
        arguments: what its parameters held.
        result: what it returned; a comparison that gave NotImplemented is no comparison in a test.
        taken: more names that mean something else in the test.
    """
    return _Former(target, access, arguments, taken).form(result)


class _Former:
    def __init__(self, target: Target, access: Access, arguments: tuple[Any, ...], taken: Iterable[str]) -> None:
        self._target = target
        self._access = access
        self._arguments = arguments
        self._values: dict[str, Any] = {}
        self._indexes: dict[str, int] = {}
        self._extras: list[str] = []
        self._used = {access.path.partition(".")[0], access.module.partition(".")[0], *taken}

    def form(self, result: Any) -> CallForm:
        receiver = self._receiver()
        passed = self._passed()
        expression = self._expression(receiver, passed, result)
        is_statement = self._access.form in ("setter", "deleter")
        return CallForm(
            self._values, expression, self._indexes, tuple(self._extras), is_statement, self._access.is_context
        )

    def _add(self, name: str, value: Any, index: int | None = None) -> str:
        """Name a value's place, and return that."""
        name = variable_of(name)
        while name in TAKEN_NAMES or name in self._used:
            name += "_"
        self._used.add(name)
        self._values[name] = value
        if index is not None:
            self._indexes[name] = index
        return place(name)

    def _receiver(self) -> str:
        """Return what the function is called on; empty for functions."""
        access = self._access
        if not access.is_bound or access.form == "constructor":
            return access.path.rpartition(".")[0]
        first = self._arguments[0]
        if access.form == "class":
            owner = access.path.rpartition(".")[0]
            return owner if first is access.owner else self._add(f"{snake(first.__name__)}_class", first, 0)
        return self._add(snake(type(first).__name__), first, 0)

    def _passed(self) -> list[str]:
        """Return the arguments of the call, those that equal their defaults left out."""
        target, arguments = self._target, self._arguments
        first = 1 if self._access.is_bound else 0
        n_named = target.n_positional + target.n_keyword_only
        extra_positional = arguments[n_named] if target.has_varargs else ()
        needed = [i for i in range(n_named) if not self._is_default(i)]
        last = max((i for i in needed if i < target.n_positional_only), default=-1)
        if extra_positional:
            last = target.n_positional - 1
        passed, must_name = [], False
        for i in range(first, n_named):
            name = target.parameters[i]
            if i >= target.n_positional:
                must_name = True
            if i not in needed and i > last:
                must_name = True
                continue
            if name in self._access.defaults:
                self._extras.append(name)
            by_name = must_name or (name in self._access.defaults and i > last)
            spot = self._add(name, arguments[i], i)
            passed.append(f"{name}={spot}" if by_name else spot)
        stem = target.parameters[n_named].rstrip("s") if target.has_varargs else ""
        passed[target.n_positional - first : target.n_positional - first] = [
            self._add(f"{stem}_{n}", value) for n, value in enumerate(extra_positional, start=1)
        ]
        return passed + self._passed_by_any_name()

    def _passed_by_any_name(self) -> list[str]:
        if not self._target.has_varkwargs:
            return []
        extra = self._arguments[-1]
        self._extras.extend(map(variable_of, extra))
        return passed_by_name({name: self._add(name, value) for name, value in extra.items()})

    def _is_default(self, index: int) -> bool:
        name = self._target.parameters[index]
        if name not in self._access.defaults:
            return False
        value, default = self._arguments[index], self._access.defaults[name]
        if value is default:
            return True
        try:
            return encode(value) == encode(default)
        except CallboxError:
            return False

    def _expression(self, receiver: str, passed: list[str], result: Any) -> str:
        access = self._access
        if access.form == "constructor":
            return self._construct(receiver, passed)
        if access.form == "getter":
            return f"{receiver}.{access.name}"
        if access.form in ("setter", "deleter"):
            return f"{receiver}.{access.name} = {passed[0]}" if passed else f"del {receiver}.{access.name}"
        arguments = ", ".join(passed)
        if access.form != "method":
            return f"{receiver}.{access.name}({arguments})" if receiver else f"{access.name}({arguments})"
        if getattr_static(type(self._arguments[0]), access.name, None) is not getattr_static(
            access.owner, access.name, None
        ):
            return f"{access.path}({', '.join([receiver, *passed])})"
        if access.name in _BUILTIN_CALLS and not passed:
            return f"{_BUILTIN_CALLS[access.name]}({receiver})"
        if access.name in _OPERATORS and len(passed) == 1 and result is not NotImplemented:
            whole = f"{receiver} {_OPERATORS[access.name]} {passed[0]}"
            return f"({whole})" if access.name in _COMPARISONS else whole
        if access.name == "__getitem__" and len(passed) == 1:
            return f"{receiver}[{passed[0]}]"
        if access.name == "__call__":
            return f"{receiver}({arguments})"
        return f"{receiver}.{access.name}({arguments})"

    def _construct(self, owner: str, passed: list[str]) -> str:
        """Call the class; a base's `__init__` that a subclass called runs on an instance of that."""
        if type(self._arguments[0]) is self._access.owner:
            return f"{owner}({', '.join(passed)})"
        first = self._add(snake(type(self._arguments[0]).__name__), self._arguments[0], 0)
        return f"{self._access.path}({', '.join([first, *passed])})"

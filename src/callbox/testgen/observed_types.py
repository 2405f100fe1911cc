"""Types that functions were called with and returned, as stubs.

Source: the typing specification's "Stub files".
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from callbox.errors import CallboxError
from callbox.testgen.call_store import StoredCall
from callbox.testgen.model import Kind, Outcome, Target
from callbox.testgen.resolve import resolve
from callbox.values import statics
from callbox.values.exact import decode

_ALLOW = ("*",)
_MAX_UNION = 6
_MAX_ITEMS = 50
_MAX_DEPTH = 3
_ITERABLES: dict[type, str] = {list: "list", set: "set", frozenset: "frozenset"}


@dataclass(slots=True)
class Signature:
    """What was observed of one function.

    Attributes:
        target: the function.
        parameters: types by name of the parameter.
        results: types of what it returned; of a generator, of what it yielded.
        form: how it is defined in its class, e.g. "static"; "function" outside of one.
        defaults: names of the parameters that have one.
    """

    target: Target
    parameters: dict[str, set[str]] = field(default_factory=dict)
    results: set[str] = field(default_factory=set)
    form: str = "function"
    defaults: frozenset[str] = frozenset()


class TypeNames:
    """Names types in stubs, and collects the imports."""

    def __init__(self, module: str) -> None:
        """Prepare a stub.

        Args:
            module: whose classes need no import.
        """
        self.imports: set[str] = set()
        self.own: set[str] = set()
        """Classes of the module itself that were met."""
        self._module = module
        self._bound: dict[str, str] = {}

    def name(self, value: Any, depth: int = 0) -> str:
        """Return the type of a value."""
        cls = type(value)
        if value is None:
            return "None"
        if cls in _ITERABLES:
            return f"{_ITERABLES[cls]}[{self._union(value, depth)}]"
        if cls is dict:
            return f"dict[{self._union(value, depth)}, {self._union(value.values(), depth)}]"
        if cls is tuple:
            items = [self.name(item, depth + 1) for item in value] if depth < _MAX_DEPTH else ["Any", "..."]
            if len(items) > _MAX_UNION:
                items = [join(set(items), self), "..."]
            return f"tuple[{', '.join(items) or '()'}]"
        if isinstance(value, type):
            return f"type[{self._refer(value)}]"
        if isinstance(value, (types.FunctionType, types.BuiltinFunctionType, types.MethodType)):
            return self.from_module("collections.abc", "Callable") + "[..., " + self.from_module("typing", "Any") + "]"
        return self._refer(cls)

    def from_module(self, module: str, name: str) -> str:
        """Import a name, and return it."""
        self.imports.add(f"from {module} import {name}")
        return name

    def _union(self, values: Iterable[Any], depth: int) -> str:
        if depth >= _MAX_DEPTH:
            return self.from_module("typing", "Any")
        names = {self.name(value, depth + 1) for value, _ in zip(values, range(_MAX_ITEMS), strict=False)}
        return join(names, self) if names else self.from_module("typing", "Any")

    def _refer(self, cls: type) -> str:
        module, qualname = statics.reference_of_class(cls)
        if "<" in qualname or statics.reference_problem(cls, module, qualname) is not None:
            return self.from_module("typing", "Any")
        if module == self._module:
            self.own.add(qualname)
        if module in ("builtins", self._module):
            return qualname
        first = qualname.partition(".")[0]
        if self._bound.setdefault(first, module) != module:
            self.imports.add(f"import {module}")
            return f"{module}.{qualname}"
        self.imports.add(f"from {module} import {first}")
        return qualname


def join(names: set[str], types_of: TypeNames) -> str:
    """Return a union; Any if it has too many members."""
    if len(names) > _MAX_UNION or "Any" in names:
        return types_of.from_module("typing", "Any")
    if {"int", "float"} <= names:
        names = names - {"int"}
    return " | ".join(sorted(names, key=lambda name: (name == "None", name)))


def observe_types(calls: Sequence[StoredCall], names: Mapping[str, TypeNames]) -> list[Signature]:
    """Gather the types of recorded calls, function by function."""
    found: dict[tuple[str, str, str], Signature] = {}
    for stored in calls:
        call = stored.call
        if not call.arguments or "<locals>" in call.target.qualname:
            continue
        module = call.target.import_module
        try:
            access = resolve(call.target)
            arguments = decode(call.arguments, allow=_ALLOW)
            end = decode(call.end, allow=_ALLOW) if call.end else None
        except CallboxError:
            continue
        key = module, call.target.qualname, access.form
        signature = found.setdefault(key, Signature(call.target, form=access.form, defaults=frozenset(access.defaults)))
        for name, value in zip(call.target.parameters, arguments, strict=True):
            signature.parameters.setdefault(name, set()).update(_names_of(call.target, name, value, names[module]))
        for name, value in access.defaults.items():
            signature.parameters.setdefault(name, set()).add(names[module].name(value))
        if end is not None and call.outcome is Outcome.RETURNED:
            signature.results |= _results_of(call.target, end[1], names[module])
    return list(found.values())


def _names_of(target: Target, name: str, value: Any, names: TypeNames) -> set[str]:
    n_named = target.n_positional + target.n_keyword_only
    index = target.parameters.index(name)
    if index < n_named:
        return {names.name(value)}
    return {names.name(item) for item in (value.values() if type(value) is dict else value)}


def _results_of(target: Target, result: Any, names: TypeNames) -> set[str]:
    if target.kind in (Kind.GENERATOR, Kind.ASYNC_GENERATOR):
        return {names.name(item) for item in result[0][:_MAX_ITEMS]}
    return {names.name(result)}


def write_stub(signatures: Sequence[Signature], names: TypeNames) -> str:
    """Write the stub of a module.

    Args:
        signatures: of its functions.
        names: of its types.
    """
    blocks: dict[tuple[str, ...], list[str]] = {tuple(name.split(".")[:1]): [] for name in sorted(names.own)}
    ordered = sorted(signatures, key=lambda s: (s.target.qualname.count("."), s.target.line))
    getters = {s.target.qualname for s in ordered if s.form == "getter"}
    for signature in ordered:
        owner = tuple(signature.target.qualname.split(".")[:-1])
        if signature.form in ("setter", "deleter") and signature.target.qualname not in getters:
            getters.add(signature.target.qualname)
            blocks.setdefault(owner, []).extend(_unseen_getter(signature, names))
        blocks.setdefault(owner, []).extend(_definition(signature, names))
    for words in (*(tuple(name.split(".")) for name in sorted(names.own)), *list(blocks)):
        for n in range(1, len(words) + 1):
            blocks.setdefault(words[:n], [])
    imports = sorted(names.imports)
    return "\n".join([*imports, *([""] if imports else []), *_block((), blocks)]) + "\n"


def _block(owner: tuple[str, ...], blocks: Mapping[tuple[str, ...], Sequence[str]]) -> list[str]:
    """Write what a class holds, or the module: classes that nothing was seen of come first."""
    inner = {words[-1]: _block(words, blocks) for words in blocks if words and words[:-1] == owner}
    lines = [f"class {name}: ..." for name, body in inner.items() if not body]
    lines += blocks.get(owner, ())
    for name, body in inner.items():
        if body:
            lines += [f"class {name}:", *(f"    {line}" for line in body)]
    return lines


def _unseen_getter(signature: Signature, names: TypeNames) -> list[str]:
    """Write the property that a setter or deleter belongs to."""
    name = signature.target.qualname.rpartition(".")[2]
    return ["@property", f"def {name}(self) -> {names.from_module('typing', 'Any')}: ..."]


def _definition(signature: Signature, names: TypeNames) -> list[str]:
    target = signature.target
    decorators = {"static": "@staticmethod", "class": "@classmethod", "getter": "@property"}
    lines = [decorators[signature.form]] if signature.form in decorators else []
    if signature.form in ("setter", "deleter"):
        lines.append(f"@{target.qualname.rpartition('.')[2]}.{signature.form}")
    prefix = "async def" if target.kind in (Kind.COROUTINE,) else "def"
    name = target.qualname.rpartition(".")[2]
    lines.append(f"{prefix} {name}({', '.join(_parameters(signature, names))}) -> {_result(signature, names)}: ...")
    return lines


def _parameters(signature: Signature, names: TypeNames) -> list[str]:
    target = signature.target
    n_named = target.n_positional + target.n_keyword_only
    is_bound = signature.form not in ("function", "static")
    written = []
    for index, name in enumerate(target.parameters[:n_named]):
        if index == target.n_positional and target.n_keyword_only:
            written.append(f"*{_starred(signature, names)}" if target.has_varargs else "*")
        if index == 0 and is_bound:
            written.append(name)
        else:
            default = " = ..." if name in signature.defaults else ""
            written.append(f"{name}: {join(signature.parameters.get(name, set()) or {'Any'}, names)}{default}")
        if index + 1 == target.n_positional_only:
            written.append("/")
    if target.has_varargs and not target.n_keyword_only:
        written.append(f"*{_starred(signature, names)}")
    if target.has_varkwargs:
        name = target.parameters[-1]
        written.append(f"**{name}: {join(signature.parameters.get(name, set()) or {'Any'}, names)}")
    return written


def _starred(signature: Signature, names: TypeNames) -> str:
    target = signature.target
    name = target.parameters[target.n_positional + target.n_keyword_only]
    return f"{name}: {join(signature.parameters.get(name, set()) or {'Any'}, names)}"


def _result(signature: Signature, names: TypeNames) -> str:
    kind = signature.target.kind
    result = join(signature.results, names) if signature.results else names.from_module("typing", "Any")
    if kind is Kind.GENERATOR:
        return f"{names.from_module('collections.abc', 'Iterator')}[{result}]"
    if kind is Kind.ASYNC_GENERATOR:
        return f"{names.from_module('collections.abc', 'AsyncIterator')}[{result}]"
    return result if signature.form not in ("constructor", "setter", "deleter") else "None"

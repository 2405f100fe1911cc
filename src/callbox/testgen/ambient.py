"""Variables of the project's modules that decide what calls do, and that no argument shows.

A language that was activated, a level that was set: variables that functions assign by
`global`, attributes of thread-locals, context variables. Only plain values are looked at.
"""

from __future__ import annotations

import dis
import sys
import threading
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from types import CodeType, FunctionType, ModuleType
from typing import Any, TypeAlias

from callbox.testgen.model import Call, Effect
from callbox.values import statics
from callbox.values.exact import decode, encode

Ambient: TypeAlias = Mapping[str, Any]
"""Values that are not as they were at first, by `module:path`; that of a context variable ends in `()`."""

HELD = "variable"
SET = "sets variable"
"""Kinds of effects: what a variable held when the call began, and what it held after the call had changed it."""

_PLAIN = frozenset({type(None), bool, int, float, str})
_MAX_CHARS = 200
_MAX_VALUES = 50
"""A variable with more values than that counts something; it is no setting."""
_STORE_GLOBAL = dis.opmap["STORE_GLOBAL"]
_NOTHING: Ambient = {}


@dataclass(frozen=True, slots=True)
class _Holder:
    """A variable, thread-local or context variable; what it held when it was found."""

    name: str
    namespace: dict[str, Any]
    key: str
    first: Mapping[str, Any]


class AmbientWatch:
    """Such variables in some packages."""

    def __init__(self) -> None:
        self._packages: set[str] = set()
        self._n_modules = 0
        self._known: set[str] = set()
        self._holders: list[_Holder] = []
        self._values: dict[str, set[Any]] = {}

    def add_package(self, module: str) -> None:
        """Look at the package of a module too, from now on."""
        package = module.partition(".")[0]
        if package not in self._packages:
            self._packages.add(package)
            self._n_modules = 0

    def read(self) -> Ambient:
        """Return what is not as it was at first."""
        if self._n_modules != len(sys.modules):
            self._n_modules = len(sys.modules)
            self._scan()
        if not self._holders:
            return _NOTHING
        found: dict[str, Any] = {}
        for holder in self._holders:
            now = _read(holder)
            if now != holder.first:
                names = {**holder.first, **now}
                found |= {key: now.get(key) for key in names if now.get(key) != holder.first.get(key)}
        return {name: value for name, value in found.items() if self._is_setting(name, value)} if found else _NOTHING

    def _is_setting(self, name: str, value: Any) -> bool:
        values = self._values.setdefault(name, set())
        if len(values) <= _MAX_VALUES:
            values.add(value)
        return len(values) <= _MAX_VALUES

    def _scan(self) -> None:
        for name, module in list(sys.modules.items()):
            if name.partition(".")[0] in self._packages and type(module) is ModuleType and name not in self._known:
                self._known.add(name)
                namespace = vars(module)
                keys = _assigned_globals(module) | {k for k, v in namespace.items() if _is_holder(v)}
                for key in sorted(keys & namespace.keys()):
                    empty = _Holder(f"{name}:{key}", namespace, key, {})
                    self._holders.append(_Holder(empty.name, namespace, key, _read(empty)))


def _is_holder(value: Any) -> bool:
    return type(value) is threading.local or type(value) is ContextVar


def _read(holder: _Holder) -> dict[str, Any]:
    """Return what a holder holds of plain values, by name."""
    value = holder.namespace.get(holder.key)
    if type(value) is threading.local:
        return {f"{holder.name}.{key}": held for key, held in vars(value).items() if _is_plain(held)}
    if type(value) is ContextVar:
        held = value.get(None)
        return {f"{holder.name}()": held} if _is_plain(held) else {}
    return {holder.name: value} if _is_plain(value) else {}


def _is_plain(value: Any) -> bool:
    return type(value) in _PLAIN and (type(value) is not str or len(value) <= _MAX_CHARS)


def _assigned_globals(module: ModuleType) -> set[str]:
    """Return the names that a module's functions assign by `global`."""
    name = module.__name__
    return {key for code in _codes_of(module, name) if _STORE_GLOBAL in code.co_code[::2] for key in _stored_in(code)}


def _codes_of(module: ModuleType, name: str) -> Iterator[CodeType]:
    waiting: list[Any] = list(vars(module).values())
    while waiting:
        value = waiting.pop()
        if type(value) is CodeType:
            yield value
            waiting.extend(const for const in value.co_consts if type(const) is CodeType)
        elif type(value) is FunctionType and value.__module__ == name:
            waiting.append(value.__code__)
        elif type(value) in (staticmethod, classmethod):
            waiting.append(value.__func__)
        elif type(value) is type and statics.reference_of_class(value)[0] == name:
            waiting.extend(part for part in statics.own(value).values() if type(part) is not type)


def _stored_in(code: CodeType) -> Iterator[str]:
    return (i.argval for i in dis.get_instructions(code) if i.opcode == _STORE_GLOBAL)


def ambient_effects(before: Ambient, after: Ambient) -> tuple[Effect, ...]:
    """Return what a call found in variables, and what it left there, as effects."""
    if not before and not after:
        return ()
    held = [Effect(HELD, name, _pack(name, value)) for name, value in sorted(before.items())]
    names = sorted({**before, **after})
    changed = [name for name in names if before.get(name) != after.get(name)]
    return (*held, *(Effect(SET, name, _pack(name, after.get(name))) for name in changed))


def last_word(name: str) -> str:
    """Return what the variable itself is called."""
    return name.removesuffix("()").replace(":", ".").rpartition(".")[2]


def _pack(name: str, value: Any) -> bytes:
    """Encode a value under its name, by which a secret may be known."""
    return encode({last_word(name): value})


def held_by(call: Call) -> dict[str, Any]:
    """Return what was not as at first in variables when a call began; None for what holds nothing."""
    return _decoded(call, HELD)


def set_by(call: Call) -> dict[str, Any]:
    """Return what a call has left in variables."""
    return _decoded(call, SET)


def _decoded(call: Call, kind: str) -> dict[str, Any]:
    found = {effect.detail: effect.content for effect in call.effects if effect.kind == kind}
    return {name: decode(data)[last_word(name)] for name, data in found.items() if data is not None}

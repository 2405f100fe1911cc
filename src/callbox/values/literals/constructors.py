"""Constructors that do nothing but store their arguments, so that calling one gives the state back.

Whether a constructor is one shows in how it was generated, or in its source; it is never
tried out.
"""

from __future__ import annotations

import ast
import functools
import inspect
import textwrap
import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from callbox.values import statics

_PSEUDO_FIELD = "_FIELD"


def find_arguments(cls: type, state: Mapping[str, Any]) -> list[tuple[str, str]] | None:
    """Return `(keyword, attribute)` pairs of a call that gives an instance this state; None if there is none."""
    if not _is_made_plainly(cls):
        return None
    pairs = _of_dataclass(cls) or _of_attrs(cls) or _of_source(cls)
    if pairs is None or {attribute for _, attribute in pairs} != state.keys() - {statics.CACHED_HASH}:
        return None
    return None if any(_is_data_descriptor(cls, attribute) for _, attribute in pairs) else pairs


def is_default(cls: type, keyword: str, value: Any) -> bool:
    """Say whether a constructor that stores its arguments stores this value if it is given none."""
    if id(cls) not in _defaults:
        _defaults[id(cls)] = cls, _read_defaults(cls)
    default = _defaults[id(cls)][1].get(keyword, _NONE)
    if type(default) is _Empty:
        return type(value) is default.cls and not value
    return type(value) in _ATOMS and type(value) is type(default) and repr(value) == repr(default)


_NONE = object()
_ATOMS = (type(None), bool, int, float, str, bytes)
_FACTORIES = (list, dict, set)


@dataclass(frozen=True, slots=True)
class _Empty:
    """A default that is made anew for each instance."""

    cls: type


_defaults: dict[int, tuple[type, Mapping[str, Any]]] = {}
"""By identity of the class, which is kept: looking it up by hash would run its metaclass."""


def _read_defaults(cls: type) -> dict[str, Any]:
    init = statics.find_attribute(cls, "__init__")
    if type(init) is not types.FunctionType:
        return {}
    code, values = init.__code__, init.__defaults__ or ()
    positional = code.co_varnames[: code.co_argcount]
    found = {
        **dict(zip(positional[len(positional) - len(values) :], values, strict=True)),
        **(init.__kwdefaults__ or {}),
    }
    fields = statics.find_attribute(cls, "__dataclass_fields__")
    for name, field in fields.items() if type(fields) is dict else ():
        if field.default_factory in _FACTORIES:
            found[name] = _Empty(field.default_factory)
    return found


def _is_made_plainly(cls: type) -> bool:
    """Say whether nothing but `__init__` has a say in making an instance."""
    made_by = statics.find_attribute(type(cls), "__call__")
    return statics.find_attribute(cls, "__new__") is object.__new__ and made_by is type.__dict__["__call__"]


def _is_data_descriptor(cls: type, name: str) -> bool:
    """Say whether setting an attribute runs code: a property, not a slot."""
    found = statics.find_attribute(cls, name)
    return type(found) is not types.MemberDescriptorType and statics.find_attribute(type(found), "__set__") is not None


def _init_of(cls: type, generated_by: str | None) -> types.FunctionType | None:
    init = statics.find_attribute(cls, "__init__")
    if type(init) is not types.FunctionType:
        return None
    return init if generated_by is None or init.__code__.co_filename.startswith(generated_by) else None


def _of_dataclass(cls: type) -> list[tuple[str, str]] | None:
    fields = statics.find_attribute(cls, "__dataclass_fields__")
    if type(fields) is not dict or _init_of(cls, "<string>") is None:
        return None
    if statics.find_attribute(cls, "__post_init__") is not None or not _has_plain_setattr(cls, fields=True):
        return None
    if any(field._field_type.name != _PSEUDO_FIELD or not field.init for field in fields.values()):
        return None
    return [(name, name) for name in fields]


def _of_attrs(cls: type) -> list[tuple[str, str]] | None:
    attributes = statics.find_attribute(cls, "__attrs_attrs__")
    if attributes is None or _init_of(cls, "<attrs generated") is None:
        return None
    hooks = ("__attrs_post_init__", "__attrs_pre_init__")
    if any(statics.find_attribute(cls, name) is not None for name in hooks):
        return None
    if any(not attribute.init or attribute.converter is not None for attribute in attributes):
        return None
    return [(attribute.alias, attribute.name) for attribute in attributes]


def _of_source(cls: type) -> list[tuple[str, str]] | None:
    """Read an `__init__` that consists of `self.name = parameter` alone."""
    init = _init_of(cls, None)
    if init is None or not _has_plain_setattr(cls, fields=False):
        return None
    return _of_init(init)


@functools.cache
def _of_init(init: types.FunctionType) -> list[tuple[str, str]] | None:
    """Read its source, once."""
    try:
        (definition,) = ast.parse(textwrap.dedent(inspect.getsource(init))).body
    except (OSError, TypeError, SyntaxError, ValueError):
        return None
    if not isinstance(definition, ast.FunctionDef) or definition.decorator_list or definition.name != "__init__":
        return None
    return _stored_parameters(definition)


def _stored_parameters(init: ast.FunctionDef) -> list[tuple[str, str]] | None:
    arguments = init.args
    if arguments.vararg or arguments.kwarg or arguments.posonlyargs or not arguments.args:
        return None
    owner, *names = [argument.arg for argument in arguments.args]
    names += [argument.arg for argument in arguments.kwonlyargs]
    stored = {}
    for statement in _without_docstring(init.body):
        pair = _stored_parameter(statement, owner)
        if pair is None or pair[0] in stored:
            return None
        stored[pair[0]] = pair[1]
    return [(name, stored[name]) for name in names] if stored.keys() == set(names) else None


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0]
    return body[1:] if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) else body


def _stored_parameter(statement: ast.stmt, owner: str) -> tuple[str, str] | None:
    """Return `(parameter, attribute)` of `self.attribute = parameter`."""
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target: ast.expr = statement.targets[0]
    elif isinstance(statement, ast.AnnAssign):
        target = statement.target
    else:
        return None
    if not isinstance(target, ast.Attribute) or not isinstance(target.value, ast.Name) or target.value.id != owner:
        return None
    value = statement.value
    if target.attr.startswith("__") or not isinstance(value, ast.Name):
        return None
    return value.id, target.attr


def _has_plain_setattr(cls: type, *, fields: bool) -> bool:
    found = statics.find_attribute(cls, "__setattr__")
    if found is object.__setattr__:
        return True
    # a frozen dataclass has a generated one, and its generated __init__ goes past it
    return fields and type(found) is types.FunctionType and found.__code__.co_filename == "<string>"

"""What is named rather than copied: classes, functions, modules; and callables made of them."""

from __future__ import annotations

import functools
import re
import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from callbox.errors import FormatError
from callbox.values import statics
from callbox.values.exact.kinds import Eager, Row, register
from callbox.values.exact.wire import Tag
from callbox.values.refusal import RefusedPartError

if TYPE_CHECKING:
    from callbox.values.exact.decode import Decoder
    from callbox.values.exact.encode import Encoder
    from callbox.values.paths import Link

Reference: TypeAlias = "tuple[str, str] | None"
"""Module and qualified name; None for a method bound to some value."""


def _reference_of_descriptor(function: Any) -> Reference:
    module, owner = statics.reference_of_class(function.__objclass__)
    return module, f"{owner}.{function.__name__}"


def _reference_of_builtin(function: Any) -> Reference:
    owner = function.__self__
    if owner is not None and type(owner) is not types.ModuleType:
        return None
    return function.__module__ or "builtins", function.__qualname__


def _reference_of_cached(function: Any) -> Reference:
    namespace = statics.layout_of(type(function)).namespace_of(function) or {}
    return namespace.get("__module__", ""), namespace.get("__qualname__", "")


METHOD_OF_HEAP_TYPE: type = type(re.compile("").match)
"""What a bound method in C is whose class lies on the heap; another type than that of other functions in C."""

_REFERENCES: dict[int, Callable[[Any], Reference]] = {
    id(types.FunctionType): lambda function: (function.__module__, statics.reachable_name(function.__qualname__)),
    id(types.BuiltinFunctionType): _reference_of_builtin,
    id(METHOD_OF_HEAP_TYPE): _reference_of_builtin,
    id(types.MethodDescriptorType): _reference_of_descriptor,
    id(types.WrapperDescriptorType): _reference_of_descriptor,
    id(functools._lru_cache_wrapper): _reference_of_cached,
}
_NAMED: list[type] = [
    *(types.FunctionType, types.BuiltinFunctionType, METHOD_OF_HEAP_TYPE),
    *(types.MethodDescriptorType, types.WrapperDescriptorType),
    functools._lru_cache_wrapper,
]


def add_named_type(cls: type, find: Callable[[Any], Reference]) -> None:
    """Make known a type whose instances modules hold under their own names, as functions are held."""
    _REFERENCES[id(cls)] = find
    _NAMED.append(cls)
    register(Eager(Tag.FUNCTION, _NAMED, _pack_function, _build_function))


def is_named(cls: type) -> bool:
    """Say whether instances of a type are named rather than copied."""
    return id(cls) in _REFERENCES


def reference_of(function: Any) -> Reference:
    """Return the name of a function."""
    reference = _REFERENCES[id(type(function))](function)
    if reference is not None and not all(type(part) is str for part in reference):
        return "", "?"
    return reference


def _pack_function(encoder: Encoder, value: Any, link: Link) -> Row:
    reference = reference_of(value)
    if reference is None:
        owner, name = value.__self__, value.__name__
        if _bind(owner, name) is None:
            raise RefusedPartError(link, f"it is the method {name!r} of a built-in object")
        return [encoder.put(owner, (link, "attribute", "__self__")), name]
    problem = statics.reference_problem(value, *reference)
    if problem is not None:
        raise RefusedPartError(link, problem)
    return [encoder.name(*reference)]


def _build_function(decoder: Decoder, row: Row) -> Any:
    if len(row) > 1:
        owner, name = decoder.values(row)
        method = _bind(owner, name)
        if method is None:
            raise FormatError(f"encoded value binds {name!r} of a {type(owner).__name__}, which is no method in C")
        return decoder.nested(method, owner)
    (name,) = row
    found = decoder.find(name)
    if not is_named(type(found)):
        module, qualname = decoder.name_at(name)
        raise FormatError(f"encoded value needs function {module}.{qualname}, which is a {type(found).__name__}")
    return found


def _bind(owner: Any, name: str) -> Any:
    """Bind a method that is written in C, past the owner's own attributes; None if its class has none of that name."""
    if statics.derives(type(owner), type):
        found = statics.find_attribute(owner, name)
        return found.__get__(None, owner) if type(found) is types.ClassMethodDescriptorType else None
    found = statics.find_attribute(type(owner), name)
    # Without the class, CPython 3.11 crashes on methods that need to know the one that defines them.
    return found.__get__(owner, type(owner)) if type(found) is types.MethodDescriptorType else None


def _pack_class(encoder: Encoder, value: type, link: Link) -> Row:
    module, qualname = statics.reference_of_class(value)
    if _SINGLETON_TYPES.get(qualname) is value:
        return [encoder.name("builtins", qualname)]
    problem = statics.reference_problem(value, module, qualname)
    if problem is not None:
        raise RefusedPartError(link, problem)
    return [encoder.name(module, qualname)]


def _build_class(decoder: Decoder, row: Row) -> Any:
    (name,) = row
    module, qualname = decoder.name_at(name)
    return (
        _SINGLETON_TYPES[qualname] if module == "builtins" and qualname in _SINGLETON_TYPES else decoder.class_at(name)
    )


_SINGLETON_TYPES = {cls.__qualname__: cls for cls in (type(None), type(Ellipsis), type(NotImplemented))}
"""Classes that `builtins` does not hold."""


def _pack_module(encoder: Encoder, value: types.ModuleType, link: Link) -> Row:
    name = statics.module_namespace(value).get("__name__")
    problem = "it has no name" if type(name) is not str else statics.reference_problem(value, name, "")
    if problem is not None:
        raise RefusedPartError(link, f"it is a module, and {problem}")
    return [encoder.name(str(name), "")]


def _build_module(decoder: Decoder, row: Row) -> Any:
    (name,) = row
    found = decoder.find(name)
    if not statics.derives(type(found), types.ModuleType):
        raise FormatError(f"encoded value needs module {decoder.name_at(name)[0]!r}, which is none")
    return found


def _pack_method(encoder: Encoder, value: types.MethodType, link: Link) -> Row:
    function = encoder.put(value.__func__, (link, "attribute", "__func__"))
    return [function, encoder.put(value.__self__, (link, "attribute", "__self__"))]


def _build_method(decoder: Decoder, row: Row) -> Any:
    function, owner = decoder.values(row)
    if not is_named(type(function)):
        raise FormatError(f"encoded value binds a {type(function).__name__}, which is no function")
    return decoder.nested(types.MethodType(function, owner), owner)


def _pack_partial(encoder: Encoder, value: functools.partial[Any], link: Link) -> Row:
    members = functools.partial.__dict__
    function, args, keywords = (members[name].__get__(value) for name in ("func", "args", "keywords"))
    if statics.layout_of(functools.partial).namespace_of(value):
        raise RefusedPartError(link, "it is a functools.partial with attributes of its own")
    return [
        encoder.put(function, (link, "attribute", "func")),
        encoder.put(args, (link, "attribute", "args")),
        *encoder.attributes(dict.items(keywords), (link, "attribute", "keywords")),
    ]


def _build_partial(decoder: Decoder, row: Row) -> Any:
    function, args = decoder.value(row[0]), decoder.value(row[1])
    if type(args) is not tuple:
        raise FormatError("encoded value has a functools.partial without arguments")
    return decoder.nested(functools.partial(function, *args, **decoder.attributes(row[2:])), function)


def _pack_constant(encoder: Encoder, value: Any, link: Link) -> Row:  # noqa: ARG001
    return [encoder.name(*encoder.constants[id(value)])]


def _build_constant(decoder: Decoder, row: Row) -> Any:
    (name,) = row
    return decoder.find(name)


CONSTANT = Eager(Tag.CONSTANT, (), _pack_constant, _build_constant)
CLASS = Eager(Tag.CLASS, (type,), _pack_class, _build_class)

register(
    CLASS,
    CONSTANT,
    Eager(Tag.FUNCTION, _NAMED, _pack_function, _build_function),
    Eager(Tag.MODULE, (types.ModuleType,), _pack_module, _build_module),
    Eager(Tag.METHOD, (types.MethodType,), _pack_method, _build_method, is_shared_by_content=False),
    Eager(Tag.PARTIAL, (functools.partial,), _pack_partial, _build_partial, is_shared_by_content=False),
)

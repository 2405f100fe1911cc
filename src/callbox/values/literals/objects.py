"""Writing instances of classes that callbox does not know, enumerations and exceptions."""

from __future__ import annotations

import enum
import functools
import types
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from callbox.values import statics
from callbox.values.exact.objects import has_plain_base, plain_base_value
from callbox.values.exact.references import is_named
from callbox.values.literals import containers, exceptions, models
from callbox.values.literals.constructors import find_arguments, is_default
from callbox.values.literals.families import Built, Writing
from callbox.values.literals.layout import Group, Node, call, is_name
from callbox.values.literals.library import write_moment, write_reference
from callbox.values.literals.statements import set_attributes
from callbox.values.paths import quote
from callbox.values.refusal import RefusedPartError

if TYPE_CHECKING:
    from callbox.values.literals.write import Writer
    from callbox.values.paths import Link


def find_by_class(cls: type, link: Link) -> Writing:
    """Return how instances of a class are written; refuses those whose state cannot be read whole."""
    if statics.derives(type(cls), enum.EnumType):
        return _FLAG if statics.derives(cls, enum.Flag) else _ENUM
    if statics.derives(cls, type):
        return _CLASS
    if is_named(cls):
        return Writing(write_reference)
    layout = statics.layout_of(cls)
    if layout.problem is not None:
        raise RefusedPartError(link, f"it is a {statics.type_name(cls)}, and {layout.problem}")
    if layout.base is object:
        return models.MODEL if models.is_model(cls) else _OBJECT
    if has_plain_base(cls):
        if not layout.slots and layout.namespace is None:
            return _DERIVED
        return _DERIVED_CONTAINER if layout.base in (tuple, frozenset) else _DERIVED_WITH_STATE
    if statics.derives(layout.base, BaseException):
        return exceptions.EXCEPTION
    if layout.base in _CONTAINERS:
        return _CONTAINER
    raise RefusedPartError(link, f"it is a {statics.type_name(cls)}, which callbox cannot write")


# Plain objects


def _write_object(writer: Writer, value: Any, link: Link) -> Built:
    cls = type(value)
    if cls is object:
        return Built("object()", None, lambda _: None)
    name = writer.class_name(cls, link)
    state = dict(statics.layout_of(cls).read(value))
    arguments: Sequence[tuple[str, str]] | None = writer.style.constructors.get(cls)
    if arguments is not None and all(attribute in state for _, attribute in arguments):
        state = {attribute: state[attribute] for _, attribute in arguments}
    else:
        arguments = find_arguments(cls, state)
    nodes = dict(writer.state(state, link))
    whole = functools.partial(set_attributes, writer, cls, nodes)
    if arguments is not None:
        needed = [pair for pair in arguments if not is_default(cls, pair[0], state[pair[1]])]
        made = call(name, (), [(keyword, nodes[attribute]) for keyword, attribute in needed])
        return Built(made, None, whole)
    return Built(None if nodes else _new(name), None, whole)


def _shell_object(writer: Writer, value: Any, link: Link) -> Node:
    return _new(writer.class_name(type(value), link))


def _new(name: str) -> Node:
    return call("object.__new__", [name])


# Subclasses of built-ins


def _write_derived(writer: Writer, value: Any, link: Link) -> Built:
    return _with_state(writer, value, _make_derived(writer, value, link), link)


def _make_derived(writer: Writer, value: Any, link: Link) -> Node:
    """Return what makes an instance without its attributes: they may lead back to it."""
    cls = type(value)
    name = writer.class_name(cls, link)
    content = plain_base_value(value)
    fields = statics.find_attribute(cls, "_fields")
    if type(content) is tuple and fields is not None and _is_generated(statics.find_attribute(cls, "__new__")):
        parts = [
            (field, writer.write(item, (link, "attribute", field))) for field, item in zip(fields, content, strict=True)
        ]
        return call(name, (), parts)
    maker, first = _maker_of(writer, cls, name)
    return write_moment(writer, content, link, maker, first) or call(maker, [*first, writer.write(content, link)])


def _is_generated(method: Any) -> bool:
    """Say whether a `__new__` is one that `collections.namedtuple` wrote."""
    function = method.__func__ if type(method) is staticmethod else method
    return type(function) is types.FunctionType and function.__module__.startswith("namedtuple_")


def _maker_of(writer: Writer, cls: type, name: str) -> tuple[str, list[Node]]:
    """Return what to call with the content, and what stands before that: a constructor of its own is passed by."""
    if _has_plain_constructor(cls):
        return name, []
    module, qualname = statics.reference_of_class(statics.layout_of(cls).base)
    return f"{writer.names.refer(module, qualname)}.__new__", [name]


def _has_plain_constructor(cls: type) -> bool:
    base = statics.layout_of(cls).base
    return all(
        statics.find_attribute(cls, method) is statics.find_attribute(base, method)
        for method in ("__new__", "__init__")
    )


def _write_container(writer: Writer, value: Any, link: Link) -> Built:
    cls = type(value)
    base = statics.layout_of(cls).base
    name = writer.class_name(cls, link)
    if base is list:
        content = Group("[", writer.items(list(list.__iter__(value)), link), "]")
    elif base is set:
        content = containers.write_elements(writer, list(set.__iter__(value)), link)
    else:
        content = containers.write_pairs(writer, list(dict.items(value)), link)
    state = dict(writer.state(dict(statics.layout_of(cls).read(value)), link))
    owner = base.__name__

    def whole(variable: str) -> None:
        if content.parts:
            method = "extend" if base is list else "update"
            writer.add_statement(call(f"{owner}.{method}", [variable, content]))
        set_attributes(writer, cls, state, variable)

    made = call(name, [content]) if _has_plain_constructor(cls) and not state else None
    return Built(made, None, whole)


def _shell_container(writer: Writer, value: Any, link: Link) -> Node:
    base = statics.layout_of(type(value)).base
    return call(f"{base.__name__}.__new__", [writer.class_name(type(value), link)])


def _with_state(writer: Writer, value: Any, made: Node, link: Link) -> Built:
    """Return a call followed by statements for what the instance keeps besides."""
    cls = type(value)
    state = dict(writer.state(dict(statics.layout_of(cls).read(value)), link))
    rest = functools.partial(set_attributes, writer, cls, state)
    return Built(made, rest if state else None, rest)


# Enumerations and classes


def _write_enum(writer: Writer, value: Any, link: Link) -> Node:
    return _member(writer.class_name(type(value), link), _enum_state(value)["_name_"])


def _member(enumeration: str, name: str) -> str:
    """Return how source names a member of an enumeration; those made by a call may have any name."""
    return f"{enumeration}.{name}" if is_name(name) else f"{enumeration}[{quote(name)}]"


def _enum_state(member: Any) -> dict[str, Any]:
    return statics.layout_of(type(member)).namespace_of(member) or {}


def _write_flag(writer: Writer, value: Any, link: Link) -> Node:
    cls = type(value)
    name = writer.class_name(cls, link)
    members = statics.own(cls)["_member_map_"]
    number = _enum_state(value)["_value_"]
    exact = [label for label, member in members.items() if member is value]
    if exact:
        return _member(name, exact[0])
    parts = {label: _enum_state(member)["_value_"] for label, member in members.items()}
    labels = [label for label, bit in parts.items() if bit and bit & number == bit and bit.bit_count() == 1]
    if labels and sum(parts[label] for label in labels) == number:
        return " | ".join(_member(name, label) for label in labels)
    return f"{name}({number})"


def _write_class(writer: Writer, value: Any, link: Link) -> Node:
    if value is type(None) or value is type(Ellipsis) or value is type(NotImplemented):
        return writer.names.refer("types", statics.short_name(value).replace("ellipsis", "EllipsisType"))
    return writer.class_name(value, link)


_OBJECT = Writing(_write_object, True, _shell_object)
_DERIVED = Writing(_write_derived)
_DERIVED_WITH_STATE = Writing(_write_derived, True, _make_derived)
_DERIVED_CONTAINER = Writing(_write_derived, has_identity=True)
_CONTAINER = Writing(_write_container, True, _shell_container)
_ENUM = Writing(_write_enum)
_FLAG = Writing(_write_flag)
_CLASS = Writing(_write_class)
_CONTAINERS = (list, dict, set)

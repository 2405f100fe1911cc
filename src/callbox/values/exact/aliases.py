"""What annotations are made of: generic types with their arguments, unions, and what `typing` holds by name."""

from __future__ import annotations

import collections.abc
import functools
import operator
import types
import typing
from typing import TYPE_CHECKING, Any

from callbox.errors import FormatError
from callbox.values import statics
from callbox.values.exact.kinds import Eager, Row, register
from callbox.values.exact.references import add_named_type
from callbox.values.exact.wire import Tag
from callbox.values.refusal import RefusedPartError

if TYPE_CHECKING:
    from callbox.values.exact.decode import Decoder
    from callbox.values.exact.encode import Encoder
    from callbox.values.paths import Link

_FORMS = (typing.Optional, typing.Literal, typing.List, typing.Callable, typing.Tuple)  # noqa: UP006
_SPECIAL_FORMS = frozenset(map(type, _FORMS))
"""The classes of those names of `typing` that are no classes themselves."""
_VARIABLES = (typing.TypeVar, typing.ParamSpec, typing.TypeVarTuple, typing.NewType)
TYPING_ALIASES = tuple(
    {
        type(alias)
        for alias in (
            *(typing.List[int], typing.Callable[[], int], typing.ClassVar[int]),  # noqa: UP006
            *(typing.Annotated[int, 1], typing.Literal[1], typing.Union[int, typing.Any]),  # noqa: UP007
        )
    }
    - {types.UnionType}
)
"""What `typing` makes of its names and their arguments; a union is none since CPython 3.14."""
_ALIASES = (types.GenericAlias, type(collections.abc.Callable[[], None]), types.UnionType)
_PARTS_OF_UNIONS = frozenset(map(id, (type(None), *_SPECIAL_FORMS, *_VARIABLES, *_ALIASES, *TYPING_ALIASES)))
"""Besides classes, by identity of their types."""


def args_of(alias: Any) -> tuple[Any, ...]:
    """Return the arguments of an alias or a union, without running code of theirs."""
    owner = types.UnionType if type(alias) is types.UnionType else types.GenericAlias
    args: tuple[Any, ...] = owner.__args__.__get__(alias)
    return args


def _pack_alias(encoder: Encoder, value: Any, link: Link) -> Row:
    is_union = type(value) is types.UnionType
    if not is_union and types.GenericAlias.__unpacked__.__get__(value):
        raise RefusedPartError(link, "it is an unpacked type, which stands among the arguments of others alone")
    origin = types.UnionType if is_union else types.GenericAlias.__origin__.__get__(value)
    args = args_of(value)
    return [encoder.put(origin, (link, "attribute", "__origin__")), encoder.put(args, (link, "attribute", "__args__"))]


def _build_alias(decoder: Decoder, row: Row) -> Any:
    origin, args = decoder.values(row)
    if not statics.derives(type(origin), type) or type(args) is not tuple:
        raise FormatError("encoded value has a generic alias of what is no class")
    if origin is types.UnionType:
        return decoder.nested(_unite(args), args)
    if origin is not collections.abc.Callable:
        return decoder.nested(types.GenericAlias(origin, args), args)
    if len(args) < 1:
        raise FormatError("encoded value has a callable's alias without a result")
    return decoder.nested(collections.abc.Callable[list(args[:-1]), args[-1]], args)


def _unite(args: tuple[Any, ...]) -> Any:
    """Return the union of types; a metaclass has no say in it."""
    for arg in args:
        if not (statics.derives(type(arg), type) or id(type(arg)) in _PARTS_OF_UNIONS):
            raise FormatError(f"encoded value has a union of a {type(arg).__name__}, which is no type")
    if len(args) < 2:
        raise FormatError("encoded value has a union of fewer than two types")
    return functools.reduce(_join, args)


def _join(left: Any, right: Any) -> Any:
    return type.__or__(left, right) if statics.derives(type(left), type) else operator.or_(left, right)


def _reference_of_form(form: Any) -> tuple[str, str]:
    return "typing", form._name


def _reference_of_variable(variable: Any) -> tuple[str, str]:
    return variable.__module__, variable.__name__


for _type in _SPECIAL_FORMS:
    add_named_type(_type, _reference_of_form)
for _type in _VARIABLES:
    add_named_type(_type, _reference_of_variable)
if hasattr(typing, "TypeAliasType"):
    add_named_type(typing.TypeAliasType, _reference_of_variable)
register(Eager(Tag.ALIAS, _ALIASES, _pack_alias, _build_alias))

"""Generic types as source."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable
from typing import Annotated, Any, AnyStr, ClassVar, Generic, List, Literal, Optional, Tuple, TypeVar, Union  # noqa: UP035

import pytest
from tests.support.sources import evaluate

from callbox.values.compare import compare
from callbox.values.exact import decode, encode
from callbox.values.literals import literal

T = TypeVar("T")


class Tree(Generic[T]):
    pass


class Meta(type):
    n_joined = 0

    def __or__(cls, other):
        Meta.n_joined += 1
        return type.__or__(cls, other)


class Loud(metaclass=Meta):
    pass


@pytest.mark.parametrize(
    ("alias", "source"),
    [
        (list[int], "list[int]"),
        (dict[str, list[int]], "dict[str, list[int]]"),
        (Callable[[int, str], bool], "Callable[[int, str], bool]"),
        (Callable[..., int], "Callable[..., int]"),
        (Tree[int], "Tree[int]"),
        (tuple[()], "tuple[()]"),
        (list[None], "list[None]"),
        (int | None, "int | None"),
        (list[dict[str, int] | None], "list[dict[str, int] | None]"),
        (List[int], "List[int]"),  # noqa: UP006
        (List[None], "List[None]"),  # noqa: UP006
        (Tuple[int, ...], "Tuple[int, ...]"),  # noqa: UP006
        (typing.Callable[[int], None], "Callable[[int], None]"),
        (Annotated[int, 3], "Annotated[int, 3]"),
        (ClassVar[int], "ClassVar[int]"),
        (Literal["a", 1, None], 'Literal["a", 1, None]'),
        (List[Literal["a"]], 'List[Literal["a"]]'),  # noqa: UP006
        (Any, "Any"),
        (AnyStr, "AnyStr"),
        (Optional, "Optional"),
        (List, "List"),  # noqa: UP006
    ],
)
def test_alias_is_written_as_it_is_spelled(alias, source) -> None:
    written = literal(alias)

    assert written.source == source
    assert evaluate(written) == decode(encode(alias)) == alias
    assert str(compare(evaluate(written), alias)) == "equal"


@pytest.mark.skipif(Union is types.UnionType, reason="CPython 3.14 knows one kind of union")
@pytest.mark.parametrize(
    ("alias", "source"),
    [
        (Optional[int], "Optional[int]"),  # noqa: UP045
        (Union[int, str, None], "Union[int, str, None]"),  # noqa: UP007
        (Union[None, int], "Union[None, int]"),  # noqa: UP007
    ],
)
def test_union_of_typing_stays_one(alias, source) -> None:
    written = literal(alias)

    assert written.source == source
    assert evaluate(written) == decode(encode(alias)) == alias


def test_type_variable_is_itself() -> None:
    assert decode(encode([T, Tree[T]])) == [T, Tree[T]]
    assert decode(encode(T)) is T


def test_unions_of_other_types_differ() -> None:
    assert not compare(int | None, int | str).is_equal
    assert not compare(list[int], list[str]).is_equal


def test_metaclass_has_no_say_in_a_union_that_is_read_back() -> None:
    assert decode(encode(Loud | int)) == Loud | int
    assert Meta.n_joined == 2

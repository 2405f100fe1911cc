"""Generic types as source."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, List, TypeVar  # noqa: UP035

import pytest

from callbox.values.literals import literal

T = TypeVar("T")


class Tree(Generic[T]):
    pass


@pytest.mark.parametrize(
    ("alias", "source"),
    [
        (list[int], "list[int]"),
        (dict[str, list[int]], "dict[str, list[int]]"),
        (Callable[[int, str], bool], "Callable[[int, str], bool]"),
        (Callable[..., int], "Callable[Ellipsis, int]"),
        (Tree[int], "Tree[int]"),
        (List[int], "List[int]"),  # noqa: UP006
    ],
)
def test_alias_is_written_as_it_is_spelled(alias, source) -> None:
    written = literal(alias)

    scope: dict[str, object] = {}
    exec("\n".join(written.imports), scope)
    assert written.source == source
    assert eval(source, scope) == alias

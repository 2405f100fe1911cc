"""Objects as plain data."""

from __future__ import annotations

import io
import threading
from typing import Any, Generic, TypeVar

from callbox.testgen.plain_data import IMPORTS, as_data, data_of, source


class Node:
    def __init__(self, name: str, parent: Any = None) -> None:
        self.name = name
        self.parent = parent
        self.children: list[Node] = []

    def rename(self, name: str) -> None:
        self.name = name


def test_objects_are_their_class_and_attributes() -> None:
    assert as_data({"k": (Node("a"),)}) == {"k": [{"Node": {"children": [], "name": "a", "parent": None}}]}


def test_streams_in_memory_are_what_they_hold_and_where_they_stand() -> None:
    stream, closed = io.BytesIO(b"ab"), io.StringIO("a")
    closed.close()

    assert as_data([stream, closed]) == [{"BytesIO": [b"ab", 0]}, {"StringIO": None}]


def test_locks_are_their_kind_and_events_what_they_hold() -> None:
    assert as_data([threading.Lock(), threading.RLock()]) == ["lock", "RLock"]
    assert as_data(threading.Event()) == as_data(threading.Event())
    assert as_data([len, {}.get]) == [len, ["dict.get", {}]]


def test_bound_methods_are_a_name_and_an_object() -> None:
    root = Node("root")
    root.parent = root.rename
    other = Node("a", Node("b").rename)

    assert as_data(root)["Node"]["parent"] == ["Node.rename", "<the Node around>"]  # type: ignore[index]
    assert as_data(other) == as_data(Node("a", Node("b").rename))
    assert as_data(other) != as_data(Node("a", Node("c").rename))


def test_what_contains_itself_ends() -> None:
    root = Node("root")
    root.children.append(Node("leaf", root))

    [leaf] = as_data(root)["Node"]["children"]  # type: ignore[index]
    assert leaf == {"Node": {"children": [], "name": "leaf", "parent": "<the Node around>"}}


def test_what_is_too_large_is_none() -> None:
    assert data_of([Node(str(n)) for n in range(2000)]) is None


def test_source_gives_the_same_function() -> None:
    scope: dict[str, Any] = {}
    exec("\n".join([*IMPORTS, source()]), scope)

    assert scope["as_data"](Node("a")) == as_data(Node("a"))


T = TypeVar("T")


class Box(Generic[T]):
    def __init__(self, content: T) -> None:
        self.content = content


def test_type_that_a_generic_was_made_with_is_no_data() -> None:
    assert as_data(Box[int](3)) == {"Box": {"content": 3}}

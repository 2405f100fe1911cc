"""Iterators over data and views of dictionaries: kept without being moved."""

from __future__ import annotations

import msgspec
import pytest
from tests.support import value_kinds as kinds

from callbox.errors import FormatError
from callbox.values.exact import decode, encode
from callbox.values.exact.iterators import remaining
from callbox.values.exact.wire import Tag, seal
from callbox.values.refusal import RefusalError


def begun(iterator):
    next(iterator)
    return iterator


@pytest.mark.parametrize(
    ("value", "left"),
    [
        (iter([1, [2]]), [1, [2]]),
        (begun(iter([1, 2, 3])), [2, 3]),
        (iter([]), []),
        (begun(iter([1])), []),
        (begun(iter((1, 2))), [2]),
        (begun(reversed([1, 2, 3])), [2, 1]),
        (reversed([]), []),
        (begun(iter(range(2, 9, 3))), [5, 8]),
        (begun(enumerate(["a", "b"], 5)), [(6, "b")]),
        (begun(zip([1, 2], (3, 4), strict=True)), [(2, 4)]),
        (enumerate({"a": 1}), [(0, "a")]),
        ({"a": 1}.keys(), ["a"]),
        ({"a": 1}.values(), [1]),
        ({"a": 1}.items(), [("a", 1)]),
    ],
)
def test_what_is_left_comes_back_in_the_same_type_and_nothing_is_moved(value, left) -> None:
    decoded = decode(encode(value))

    assert type(decoded) is type(value)
    assert list(decoded) == left
    assert list(value) == left


def test_iterator_that_was_used_up_stays_so() -> None:
    used_up = iter([1])

    assert list(used_up) == [1]
    assert list(decode(encode(used_up))) == []


def test_items_and_dictionaries_are_the_ones_beside_them() -> None:
    item, mapping = [1], {"a": 1}

    again, iterator, whole, view = decode(encode([item, iter([item]), mapping, mapping.keys()]))
    whole["b"] = 2

    assert next(iterator) is again
    assert list(view) == ["a", "b"]


def test_list_may_hold_its_own_iterator() -> None:
    items: list[object] = [1]
    items.append(iter([items]))

    decoded = decode(encode(items))

    assert next(decoded[1]) is decoded


@pytest.mark.parametrize(
    ("value", "left"),
    [
        (begun(iter({"a": 1, "b": 2})), ["b"]),
        (begun(iter({"a": 1, "b": 1, "c": 2}.values())), [1, 2]),
        (begun(iter({"a": 1, "b": 2}.items())), [("b", 2)]),
        (iter({}), []),
    ],
)
def test_what_is_left_of_a_dictionary_comes_back_as_over_a_list(value, left) -> None:
    assert list(decode(encode(value))) == left
    assert list(value) == left


def test_iterator_over_keys_that_lead_back_to_their_dictionary_comes_back() -> None:
    key = kinds.KeyByName("a")
    mapping = {key: 1}
    key.among = [iter(mapping), mapping]

    (again,) = decode(encode(key), allow=[kinds.__name__]).among[0]

    assert again.name == "a"


def test_iterator_over_a_dictionary_that_has_grown_is_refused() -> None:
    growing = {"a": 1}
    iterator = iter(growing)
    growing["b"] = 2

    assert remaining(iterator) is None
    with pytest.raises(RefusalError, match="it goes over a dict that was changed"):
        encode([iterator])


def test_iterator_over_what_would_have_to_be_asked_is_refused() -> None:
    with pytest.raises(RefusalError, match=r"value.count: it goes over a generator|it goes over a generator"):
        encode(enumerate(n for n in [1]))


def test_view_of_a_dictionary_of_another_class_is_refused() -> None:
    class Own(dict):
        pass

    with pytest.raises(RefusalError, match="which is no plain dict"):
        encode(dict.keys(Own()))


def test_bytes_that_go_over_something_else_are_refused() -> None:
    damaged = msgspec.msgpack.encode([[], [Tag.LIST], [[Tag.ENUMERATE, [-1], 0]], [0]])

    with pytest.raises(FormatError, match="goes over a list, which is no iterator over data"):
        decode(seal(damaged))


def test_other_values_have_nothing_remaining() -> None:
    assert remaining([1]) is None
    assert remaining(enumerate(n for n in [1])) is None
    assert remaining(zip([1], (n for n in [1]), strict=False)) is None

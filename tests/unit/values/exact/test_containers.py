"""Containers of the standard library and subclasses of them."""

from __future__ import annotations

import collections
import sys

import pytest
from tests.support import value_kinds as kinds

from callbox.values.exact import decode, encode


@pytest.mark.parametrize(
    "value",
    [
        *([], (), {}, set(), frozenset(), [()], ([],), {"a": {}}, [[], []], {1: 1, "1": 2, 1.5: 3, None: 4, (): 5}),
        *({1, "a", None, (1, 2)}, frozenset({frozenset({1}), (2,)}), {True: 1}, {float("inf"): 1}),
    ],
)
def test_built_in_container_round_trips_with_its_types(value) -> None:
    decoded = decode(encode(value))

    assert decoded == value
    assert repr(decoded) == repr(value) or isinstance(value, set | frozenset)


def test_nan_keys_stay_separate() -> None:
    value = {float("nan"): 1, float("nan"): 2}

    assert list(decode(encode(value)).values()) == [1, 2]


def test_deque_keeps_its_maximum() -> None:
    decoded = decode(encode(collections.deque([1, 2], maxlen=5)))

    assert (list(decoded), decoded.maxlen) == ([1, 2], 5)


def test_default_dict_keeps_its_factory() -> None:
    decoded = decode(encode(collections.defaultdict(list, {1: [2]})))

    assert decoded[1] == [2]
    assert decoded["new"] == []


def test_ordered_dict_keeps_an_order_that_its_dict_does_not_have() -> None:
    value = collections.OrderedDict(a=1, b=2, c=3)
    value.move_to_end("a")

    assert list(decode(encode(value))) == ["b", "c", "a"]


def test_counter_and_chain_map_round_trip() -> None:
    counter = collections.Counter("abracadabra")
    chain = collections.ChainMap({1: 2}, {3: 4})

    assert decode(encode(counter)) == counter
    assert type(decode(encode(counter))) is collections.Counter
    assert decode(encode(chain)).maps == chain.maps


@pytest.mark.parametrize("cls", [kinds.MyList, kinds.MySet, kinds.MyTuple])
def test_subclass_of_a_container_keeps_items_and_attributes(cls) -> None:
    value = cls([1, 2])
    value.note = ["attribute"]

    decoded = decode(encode(value))

    assert (type(decoded), decoded, decoded.note) == (cls, value, ["attribute"])


def test_subclass_of_dict_is_read_and_made_past_its_own_methods(monkeypatch) -> None:
    value = kinds.MyDict(a=1)

    for name in ("__iter__", "items", "__getitem__", "__setitem__", "update", "keys"):
        monkeypatch.setattr(kinds.MyDict, name, lambda *args: sys.exit("ran"), raising=False)

    assert dict.items(decode(encode(value))) == dict.items(value)


def test_list_subclass_that_contains_itself_round_trips() -> None:
    value = kinds.MyList()
    value.append(value)

    decoded = decode(encode(value))

    assert decoded[0] is decoded

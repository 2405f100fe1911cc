"""Hashing decoded keys: bounded, and by no code that was not allowed."""

from __future__ import annotations

import msgspec
import pytest
from tests.support import value_kinds as kinds

from callbox.errors import FormatError
from callbox.values.compare import compare
from callbox.values.exact import decode, encode
from callbox.values.exact.wire import Tag, seal

HERE = kinds.__name__


def test_key_hashed_by_its_own_code_must_be_allowed() -> None:
    data = encode({kinds.KeyByName("a"): 1})
    kinds.KeyByName.calls = 0

    with pytest.raises(FormatError, match="own __hash__"):
        decode(data)

    assert kinds.KeyByName.calls == 0
    assert decode(data, allow=[HERE]) == {kinds.KeyByName("a"): 1}


def test_key_hashed_by_its_own_code_inside_a_tuple_must_be_allowed() -> None:
    with pytest.raises(FormatError, match="own __hash__"):
        decode(encode({(1, (kinds.KeyByName("a"),))}))


@pytest.mark.parametrize(
    "key",
    [
        *(kinds.FrozenPoint(1, (2,)), kinds.Pair(1, 2), kinds.Colour.RED, kinds.Access.READ, kinds.MyInt(3)),
        *(kinds.MyStr("x"), kinds.function, kinds.Plain, frozenset({1}), range(3)),
    ],
)
def test_key_hashed_by_known_code_needs_no_permission(key) -> None:
    assert decode(encode({key: 1})) == {key: 1}


@pytest.mark.parametrize("n_levels", [1, 2, 5])
@pytest.mark.parametrize(
    "hold",
    [
        lambda key: [key, {key: 1}],
        lambda key: [key, [{key}]],
        lambda key: [key, frozenset({key})],
        lambda key: [{1: key}, {"far": {"deep": {(key, 2): key}}}],
        lambda key: [iter([key]), {key: {key: key}}],
        lambda key: [key.name, {kinds.KeyByName("other"): key}, {key: 1}],
    ],
)
def test_what_a_key_is_hashed_by_is_whole_whatever_came_first(n_levels, hold) -> None:
    key = kinds.KeyByName("a")
    for _ in range(n_levels):
        key = kinds.KeyByName(key)

    decoded = decode(encode(hold(key)), allow=[HERE])

    assert str(compare(decoded[1:], hold(key)[1:])) == "equal"
    assert encode(decoded) == encode(hold(key))


def test_key_hashed_by_identity_needs_no_permission() -> None:
    (key,) = decode(encode({kinds.Plain(a=1)}))

    assert key.a == 1


def hostile(steps, key) -> bytes:
    shells = [Tag.DICT]
    return seal(msgspec.msgpack.encode([[], shells, [*steps, [1, 0, [key, 1]]], [-1]]))


def test_tuples_that_double_at_every_level_are_not_hashed() -> None:
    steps = [[Tag.TUPLE, 1]] + [[Tag.TUPLE, [n], [n]] for n in range(60)]

    with pytest.raises(FormatError, match="too long to hash"):
        decode(hostile(steps, [60]))


def test_chain_of_tuples_deeper_than_the_stack_is_not_hashed() -> None:
    steps = [[Tag.TUPLE, 1]] + [[Tag.TUPLE, [n]] for n in range(100_000)]

    with pytest.raises(FormatError):
        decode(hostile(steps, [100_000]))


def test_chain_of_slices_is_not_built_deeper_than_it_can_be_freed() -> None:
    steps = [[Tag.SLICE, 1, 2, 3]] + [[Tag.SLICE, [n], 1, 2] for n in range(1_000)]

    with pytest.raises(FormatError, match="nests slice objects"):
        decode(seal(msgspec.msgpack.encode([[], [], steps, [1_000]])))


def test_object_may_not_change_after_it_became_a_key() -> None:
    names = [(HERE, "FrozenPoint")]
    shells = [[Tag.OBJECT, 0], Tag.DICT]
    steps = [[2, 0, ["x", 1, "y", 2]], [1, 1, [[-1], 1]], [2, 0, ["x", 5]]]

    with pytest.raises(FormatError, match="after it became a key"):
        decode(seal(msgspec.msgpack.encode([names, shells, steps, [-2]])))

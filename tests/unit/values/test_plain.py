from __future__ import annotations

import pytest

from callbox.values.frozen import Cut, FrozenDict, FrozenItems, FrozenObject, Opaque, Reference
from callbox.values.plain import to_plain


@pytest.mark.parametrize(
    ("frozen", "plain"),
    [
        (5, 5),
        (FrozenItems("list", (1, FrozenItems("tuple", (2,), 1)), 2), [1, (2,)]),
        (FrozenItems("set", (1, FrozenItems("frozenset", (2,), 1)), 2), {1, frozenset({2})}),
        (FrozenDict((("a", FrozenDict((), 0)),), 1), {"a": {}}),
        (FrozenDict(((FrozenItems("tuple", (1,), 1), 2),), 1), {(1,): 2}),
    ],
)
def test_whole_containers_become_plain(frozen, plain) -> None:
    assert to_plain(frozen) == plain


@pytest.mark.parametrize(
    "frozen",
    [
        FrozenItems("list", (1, 2), 16),
        FrozenItems("set", (Cut.DEPTH, Cut.DEPTH), 2),
        FrozenDict((("a", 1),), 2),
        FrozenDict(((Cut.DEPTH, 1),), 1),
        FrozenDict(((1, "int"), (True, "bool")), 2),
        Opaque("app.Connection", 1),
    ],
)
def test_what_is_not_whole_stays_as_it_is(frozen) -> None:
    assert to_plain(frozen) == frozen


def test_inside_of_what_is_not_whole_is_plain() -> None:
    inner = FrozenItems("list", (1,), 1)

    assert to_plain(FrozenItems("list", (inner,), 3)) == FrozenItems("list", ([1],), 3)
    assert to_plain(FrozenObject("app.Box", 1, (("x", inner),), 1)) == FrozenObject("app.Box", 1, (("x", [1]),), 1)


def test_keys_that_cannot_be_keys_here_leave_a_frozen_dict() -> None:
    key = FrozenItems("tuple", (FrozenItems("list", (), 0),), 1)

    assert to_plain(FrozenDict(((key, 1),), 1)) == FrozenDict(((([],), 1),), 1)


def test_value_met_twice_is_one_object() -> None:
    shared = FrozenItems("list", (1,), 1)

    first, second = to_plain(FrozenItems("list", (shared, Reference(1)), 2))

    assert first is second


def test_list_and_dict_that_hold_themselves_do_so_again() -> None:
    ring = to_plain(FrozenItems("list", (FrozenDict((("up", Reference(0)),), 1), Reference(1)), 2))

    assert ring[0]["up"] is ring
    assert ring[1] is ring[0]


def test_object_that_holds_itself_keeps_the_reference() -> None:
    node = FrozenObject("app.Node", 1, (("self", Reference(0)),), 1)

    assert to_plain(node) == node


def test_objects_that_were_only_named_count_too() -> None:
    value = FrozenItems("list", (Opaque("app.X", 1), FrozenItems("list", (), 0), Reference(2)), 3)

    opaque, first, second = to_plain(value)

    assert opaque == Opaque("app.X", 1)
    assert first is second

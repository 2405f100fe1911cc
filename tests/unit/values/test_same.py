from __future__ import annotations

import pytest

from callbox.values.frozen import FrozenDict, FrozenItems, FrozenObject, FrozenText, Named, Opaque
from callbox.values.same import is_same


class Point:
    def __init__(self, x: int, y: int) -> None:
        self.x, self.y = x, y


POINT = FrozenObject(f"{__name__}.Point", 1, (("x", 1), ("y", 2)), 2)


@pytest.mark.parametrize(
    ("recorded", "expected"),
    [
        (1, 1),
        (float("nan"), float("nan")),
        ([1, (2, {"a": [3]})], [1, (2, {"a": [3]})]),
        (FrozenText("ab", 4), "abcd"),
        (FrozenText(b"ab", 4), b"abcd"),
        (FrozenItems("list", (1, 2), 4), [1, 2, 3, 4]),
        (FrozenItems("set", (2,), 3), {1, 2, 3}),
        (FrozenDict(((1, "a"),), 2), {1: "a", 2: "b"}),
        (POINT, Point(1, 2)),
        ([POINT], [Point(1, 2)]),
        (Opaque(f"{__name__}.Point", 5), Point(9, 9)),
        (Named("builtins.len"), len),
        (Named(f"{__name__}.Point"), Point),
    ],
)
def test_recorded_value_is_the_expected_one(recorded, expected) -> None:
    assert is_same(recorded, expected)


@pytest.mark.parametrize(
    ("recorded", "expected"),
    [
        (1, 2),
        (1, True),
        (1, 1.0),
        ([1], (1,)),
        ([1], [1, 2]),
        ({"a": 1}, {"a": 2}),
        (FrozenText("ab", 4), "abc"),
        (FrozenText("ab", 4), "xxcd"),
        (FrozenText("ab", 4), b"abcd"),
        (FrozenItems("list", (1, 2), 4), [1, 3, 3, 4]),
        (FrozenItems("list", (1, 2), 4), [1, 2]),
        (FrozenItems("set", (9,), 3), {1, 2, 3}),
        (FrozenDict(((1, "a"),), 2), {1: "b", 2: "b"}),
        (POINT, Point(1, 3)),
        (POINT, "Point"),
        (Opaque("other.Point", 5), Point(9, 9)),
        (Named("builtins.len"), max),
    ],
)
def test_recorded_value_is_not_the_expected_one(recorded, expected) -> None:
    assert not is_same(recorded, expected)

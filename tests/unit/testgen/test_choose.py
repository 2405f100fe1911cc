"""Which cases of a function are kept when there are too many."""

from __future__ import annotations

from callbox.testgen.case import Case
from callbox.testgen.choose import choose


def case(number: int, size: int = 1, outcome: str = "returned") -> Case:
    return Case(
        id=number,
        function="shop.price",
        test_name="test_price",
        sources={"n": "1" * size},
        pinned=frozenset(),
        body=(f"assert {number}",),
        behaviour=((outcome,),),
    )


def lines(*numbers: int) -> frozenset[tuple[str, int]]:
    return frozenset(("shop.py", n) for n in numbers)


def test_case_that_runs_more_comes_first() -> None:
    chosen = choose([case(1), case(2)], {1: lines(1), 2: lines(1, 2, 3)}, limit=1)

    assert [c.id for c in chosen] == [2]


def test_case_that_runs_something_else_comes_before_one_like_the_first() -> None:
    ran = {1: lines(1, 2, 3), 2: lines(1, 2, 3), 3: lines(9)}

    assert {c.id for c in choose([case(1), case(2, size=2), case(3, size=5)], ran, limit=2)} == {1, 3}


def test_another_outcome_counts() -> None:
    ran = {n: lines(1) for n in (1, 2, 3)}

    chosen = choose([case(1), case(2), case(3, size=9, outcome="raised")], ran, limit=2)

    assert 3 in {c.id for c in chosen}


def test_no_limit_keeps_all() -> None:
    assert len(choose([case(n) for n in range(20)], {}, limit=0)) == 20

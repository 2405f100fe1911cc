"""Which cases of a function are kept when there are too many."""

from __future__ import annotations

from dataclasses import replace

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


def test_another_type_or_boundary_counts() -> None:
    ran = {n: lines(1) for n in (1, 2, 3, 4)}
    cases = [case(n) for n in (1, 2)]
    shaped = [replace(case(3, size=7), behaviour=((str,),)), replace(case(4, size=8), behaviour=((int, 0),))]

    assert {c.id for c in choose([*cases, *shaped], ran, limit=3)} == {1, 3, 4}


def test_another_way_over_the_same_lines_counts() -> None:
    ran = {1: lines(1, 2, 3), 2: lines(1, 2), 3: lines(1, 2, 3)}

    assert {c.id for c in choose([case(1), case(2, size=5), case(3, size=2)], ran, limit=2)} == {1, 2}


def test_choice_is_the_same_whatever_the_order_of_recording() -> None:
    cases = [case(n, size=n) for n in range(1, 7)]
    ran = {n: lines(*range(n % 3)) for n in range(1, 7)}

    assert choose(cases, ran, limit=3) == choose(cases[::-1], ran, limit=3)

"""What runs at the same time is written in an order of its own."""

from __future__ import annotations

import re

import pytest
from tests.unit.snapshot import shop

from callbox import TracedSnapshot


def lines(function, *arguments, **options) -> list[str]:
    return TracedSnapshot(filter_modules="*.shop", **options).capture_trace(function, *arguments)["trace"].splitlines()


@pytest.mark.parametrize("delays_s", [[0.0, 0.01], [0.01, 0.0]])
def test_tasks_stand_below_their_caller_whoever_ends_first(delays_s) -> None:
    written = lines(shop.serve, delays_s, exclude="*genexpr*")

    assert [re.sub(r"\(.*?\)", "()", line) for line in written] == [
        "serve() → 2",
        "├─ gather() → 2",
        "├─ wait_for() → 0",
        "│  ├─ echo() → 0",
        "├─ wait_for() → 1",
        "│  ├─ echo() → 1",
    ]


@pytest.mark.parametrize("n_workers", [1, 4])
def test_jobs_of_a_pool_are_in_order_of_what_they_are(n_workers) -> None:
    written = lines(shop.in_pool, n_workers, 3, exclude="in_pool")

    assert written == [
        "thread ThreadPoolExecutor-#_#",
        "├─ echo(value=0) → 0",
        "├─ echo(value=1) → 1",
        "├─ echo(value=2) → 2",
    ]


def test_thread_with_a_name_of_its_own_keeps_its_order() -> None:
    written = lines(shop.in_thread, "reader")

    assert written == [
        "in_thread(name='reader') → None",
        "thread reader",
        "├─ run_steps() → None",
        "│  ├─ echo(value='b') → 'b'",
        "│  ├─ echo(value='a') → 'a'",
    ]


def test_comprehensions_are_no_calls_on_any_python() -> None:
    assert lines(shop.squares, 1) == ["squares(n=1) → [0]", "├─ echo(value=0) → 0"]


def test_annotations_are_no_calls_on_any_python() -> None:
    source = "def sell(price: int): ...\ndef names(): return list(sell.__annotations__)"
    module = {"__name__": "src.shop"}
    exec(compile(source, "shop.py", "exec", dont_inherit=True), module)  # this file's are texts: PEP 563

    assert lines(module["names"]) == ["names() → ['price']"]


def test_repeated_calls_are_folded() -> None:
    assert lines(shop.checkout, "Ada", 1000, detail_level="minimal") == [
        "checkout()",
        "├─ Order.__init__()",
        "├─ Order.add() ×1,000",
        "│  ├─ with_tax()",
    ]


def test_recursion_is_folded_and_keeps_its_first_and_last_level() -> None:
    first, levels, last = lines(shop.factorial, 500, matchers={"*.return": "-"})

    assert first == "factorial(n=500) → -"
    assert levels.startswith("├─ ⋮ 498 more levels of it, ")
    assert last == "├─ factorial(n=1) → -"


def test_folded_recursion_with_other_values_is_another_text() -> None:
    matchers = {"*.return": "-", "*.factorial.n": lambda n: 1 if n < 20 else n}

    assert lines(shop.factorial, 30, matchers=matchers)[1] != lines(shop.factorial, 30, matchers={"*.return": "-"})[1]


def test_folded_recursion_without_values_has_no_digest() -> None:
    assert lines(shop.factorial, 500, detail_level="minimal")[1] == "├─ ⋮ 498 more levels of it"


def test_short_recursion_is_written_out() -> None:
    assert lines(shop.factorial, 3) == ["factorial(n=3) → 6", "├─ factorial(n=2) → 2", "│  ├─ factorial(n=1) → 1"]


def test_calls_that_nest_in_turn_are_cut_at_a_depth() -> None:
    written = lines(shop.is_even, 300)

    assert len(written) == 61
    assert "⋮ deeper, " in written[-1]

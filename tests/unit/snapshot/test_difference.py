from __future__ import annotations

import pytest

from callbox.errors import FormatError
from callbox.snapshot.difference import compare, describe_difference

BEFORE = """\
checkout(n=2) → 1.1
├─ log('x') → None
├─ Order.add(price=0.0) → 0.0
│  ├─ with_tax(price=0.0) → 0.0
├─ Order.add(price=1.0) → 1.1
│  ├─ with_tax(price=1.0) → 1.1
finish() → None"""


def differ(before: str, after: str, **options) -> list[str]:
    return list(describe_difference(compare(before, after), **options))


def test_first_difference_is_where_behaviour_first_parted() -> None:
    after = BEFORE.replace("1.1", "1.2")

    assert differ(BEFORE, after) == [
        "first difference in checkout › Order.add:",
        "  - with_tax(price=1.0) → 1.1",
        "  + with_tax(price=1.0) → 1.2",
        "",
        "3 changed",
        "not called by another:",
        "  - checkout(n=2) → 1.1",
        "  + checkout(n=2) → 1.2",
        "in checkout:",
        "  - Order.add(price=1.0) → 1.1",
        "  + Order.add(price=1.0) → 1.2",
    ]


def test_other_arguments_come_before_other_results() -> None:
    after = BEFORE.replace("add(price=1.0)", "add(price=2.0)").replace("1.1", "1.2")

    assert differ(BEFORE, after)[:3] == [
        "first difference in checkout:",
        "  - Order.add(price=1.0) → 1.1",
        "  + Order.add(price=2.0) → 1.2",
    ]


def test_added_call_counts_what_it_called() -> None:
    after = BEFORE.replace("finish", "notify() → None\n├─ send() → None\nfinish")

    assert differ(BEFORE, after) == ["first difference:", "  + notify() → None … with 1 inside", "", "2 added"]


def test_removed_call_is_shown_where_it_was() -> None:
    after = BEFORE.replace("├─ log('x') → None\n", "")

    assert differ(BEFORE, after) == ["first difference in checkout:", "  - log('x') → None", "", "1 removed"]


def test_moved_call_is_neither_added_nor_removed() -> None:
    after = BEFORE.replace("├─ log('x') → None\n", "").replace("finish", "├─ log('x') → None\nfinish")

    assert differ(BEFORE, after)[-1] == "1 moved"
    assert differ(BEFORE, after)[1] == "  ~ log('x') → None moved here"


def test_fold_that_counts_more_is_a_change() -> None:
    assert differ("f() ×2", "f() ×3")[1:3] == ["  - f() ×2", "  + f() ×3"]


def test_report_is_bounded_and_says_what_is_left_out() -> None:
    before, after = ("\n".join(f"f(x={n}) → {n * factor}" for n in range(1000)) for factor in (1, -1))

    lines = differ(before, after, max_lines=20)

    assert len(lines) <= 20
    assert lines[-1].endswith("more differences")


def test_long_texts_and_paths_are_shortened() -> None:
    deep = "\n".join(("│  " * (n - 1) + "├─ " if n else "") + f"function_number_{n}()" for n in range(30))

    lines = differ(deep, f"{deep} → {'x' * 500}")

    assert max(map(len, lines)) < 170
    assert "function_number_0 › … › function_number_27" in lines[0]


def test_equal_trees_say_so() -> None:
    assert differ(BEFORE, BEFORE) == ["the calls are the same; the texts differ in white space"]


def test_nonsense_is_refused() -> None:
    with pytest.raises(FormatError, match="line 2"):
        compare("a()\n│  │  b", BEFORE)

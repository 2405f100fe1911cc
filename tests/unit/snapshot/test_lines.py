from __future__ import annotations

import pytest

from callbox.errors import FormatError
from callbox.snapshot.branches import Grove, fold
from callbox.snapshot.lines import Line, read_lines, write_lines


def write(*children) -> list[str]:
    return list(write_lines(fold(children)))


def test_written_lines_are_read_back() -> None:
    grove = Grove()
    leaf = grove.branch("leaf", "leaf(x='│  ├─ ') → 1", [])
    root = grove.branch("root", "root()", [leaf, grove.branch("m", "m() ✗ E('(')", [leaf])])

    assert read_lines("\n".join(write(root))) == [
        Line.of(0, "root()"),
        Line.of(1, "leaf(x='│  ├─ ') → 1"),
        Line.of(1, "m() ✗ E('(')"),
        Line.of(2, "leaf(x='│  ├─ ') → 1"),
    ]


def test_pattern_of_three_rounds_is_folded_and_two_are_not() -> None:
    grove = Grove()
    a, b = grove.branch("a", "a()", []), grove.branch("b", "b()", [])

    assert write(a, b, a, b, a, b) == ["a()", "b()", "↻ the 2 above ×3"]
    assert write(a, b, a, b) == ["a()", "b()", "a()", "b()"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Order.add(price=1) → 2", "Order.add"),
        ("<module app>", "<module app>"),
        ("gen() ‖ suspended", "gen"),
        ("thread reader", "thread reader"),
        ("↻ the 2 above ×3", "↻"),
        ("f() ×1,000", "f"),
    ],
)
def test_line_knows_its_function(text, name) -> None:
    assert Line.of(0, text).name == name


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a()\n\nb()", "line 2 of the snapshot is no call: ''"),
        ("a()\n│  ├─ b()", "line 2 of the snapshot hangs under no call"),
        ("a()\n│  b()", "line 2 of the snapshot hangs under no call"),
        ("├─ a()", "line 1 of the snapshot hangs under no call"),
        ("a()\n├─ ", "line 2 of the snapshot is no call"),
    ],
)
def test_nonsense_is_refused_with_its_line(text, message) -> None:
    with pytest.raises(FormatError, match=message):
        read_lines(text)

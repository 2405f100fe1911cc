"""The end of the help of commands."""

from __future__ import annotations

from callbox.cli.examples import examples


def test_each_example_stands_on_a_line_of_its_own() -> None:
    assert examples("callbox run -- a.py", "callbox doctor") == (
        "\b\nExamples:\n  callbox run -- a.py\n  callbox doctor"
    )


def test_one_example_is_called_one() -> None:
    assert examples("callbox doctor") == "\b\nExample:\n  callbox doctor"

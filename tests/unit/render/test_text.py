"""Names, numbers and durations."""

from __future__ import annotations

import pytest

from callbox.model import Function
from callbox.render.text import call_label, count, duration, function_label, printable


def function(name: str = "f", qualified_name: str = "C.f", module_name: str = "app") -> Function:
    return Function(1, name, qualified_name, module_name, "app.py", 1)


@pytest.mark.parametrize(
    ("t_ns", "text"),
    [
        (0, "0 ns"),
        (999, "999 ns"),
        (1_000, "1.00 µs"),
        (1_234, "1.23 µs"),
        (12_345, "12.3 µs"),
        (123_456, "123 µs"),
        (999_499, "999 µs"),
        (999_500, "1.00 ms"),
        (9_995_000, "10.0 ms"),
        (99_950_000, "100 ms"),
        (1_500_000_000, "1.50 s"),
        (12_345_000_000_000, "12,345 s"),
        (-5, "-5 ns"),
    ],
)
def test_duration_has_three_digits_and_a_unit(t_ns, text) -> None:
    assert duration(t_ns) == text


@pytest.mark.parametrize(("n", "text"), [(0, "0 calls"), (1, "1 call"), (12_345, "12,345 calls")])
def test_count_agrees_with_its_noun(n, text) -> None:
    assert count(n, "call") == text


@pytest.mark.parametrize("text", ["plain", "größe", "名前", "f.<locals>.<lambda>"])
def test_letters_of_every_script_are_printable(text) -> None:
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "escaped"),
    [("a\nb", r"a\nb"), ("\x1b]0;x\x07", r"\x1b]0;x\x07"), ("\udcff", r"\udcff"), ("a\u202eb", r"a\u202eb")],
)
def test_what_commands_a_terminal_is_escaped(text, escaped) -> None:
    assert printable(text) == escaped


def test_function_is_named_by_its_qualified_name() -> None:
    assert function_label(function()) == "C.f"


def test_module_body_is_named_by_its_module() -> None:
    assert function_label(function("<module>", "<module>")) == "<module app>"


def test_module_body_without_a_module_is_named_by_its_file() -> None:
    assert function_label(function("<module>", "<module>", "")) == "<module app.py>"


def test_call_shows_its_arguments_in_parentheses() -> None:
    assert call_label(function(), "a=1\n") == r"C.f(a=1\n)"


def test_lost_function_is_called_unknown() -> None:
    assert call_label(None) == "<unknown function>()"

"""What commands print for people."""

from __future__ import annotations

from rich.table import Column, Table

from callbox.cli.printing import print_lines, printed


def test_no_line_of_a_program_reaches_the_terminal_as_a_command(capsys) -> None:
    print_lines(["plain", "\x1b[2J"])

    assert capsys.readouterr().out == "plain\n\\x1b[2J\n"


def test_lines_are_neither_cut_nor_padded_where_nobody_sets_a_width(capsys) -> None:
    with printed() as console:
        console.print("x" * 500 + "   ")

    assert capsys.readouterr().out == "x" * 500 + "\n"


def test_no_column_of_a_table_vanishes_on_a_narrow_terminal(capsys, monkeypatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "20")
    table = Table("self", "share", "inclusive", Column("function", overflow="fold"), box=None)
    table.add_row("12.3 ms", "58.5%", "12.3 ms", "shop.price")

    with printed() as console:
        console.print(table)

    assert "12.3 ms" in (text := capsys.readouterr().out)
    assert "shop.price" in text

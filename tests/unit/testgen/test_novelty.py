"""What is new in texts."""

from __future__ import annotations

import pytest

from callbox.testgen.novelty import Novelty, parts_of


def test_parts_are_words_and_runs_of_signs() -> None:
    assert parts_of("**a** b") == {"a", "b", "**w", "*w*", "w**", "** ", "* w"}


@pytest.mark.parametrize(("text", "is_new"), [("select a", False), ("from a", True), ("a, select", True), ("", True)])
def test_another_word_or_other_signs_are_new(text, is_new) -> None:
    novelty = Novelty()
    novelty.note((1, "SELECT a"))

    assert novelty.note((2, text)) is is_new


def test_what_was_noted_is_not_new_again() -> None:
    novelty = Novelty()

    assert [novelty.note(("*a*",)), novelty.note(("*a*",))] == [True, False]


def test_arguments_without_texts_are_new() -> None:
    novelty = Novelty()

    assert [novelty.note((1,)), novelty.note((1,))] == [True, True]


def test_no_more_than_so_many_parts_are_kept(monkeypatch) -> None:
    monkeypatch.setattr("callbox.testgen.novelty._MAX_PARTS", 3)
    novelty = Novelty()
    novelty.note(("a b c d",))

    assert novelty.note(("a b c d",))

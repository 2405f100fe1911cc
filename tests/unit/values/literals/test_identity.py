"""What occurs more than once, or leads back to itself, is one object in the source too."""

from __future__ import annotations

import pytest
from tests.support import value_kinds as kinds
from tests.support.sources import evaluate

from callbox.values.literals import literal
from callbox.values.refusal import UnwritableError


def lines(value) -> list[str]:
    written = literal(value)
    return [*written.setup, written.source]


def test_shared_list_is_named_once() -> None:
    shared = [1]

    assert lines([shared, {"again": shared}]) == ["items = [1]", '[items, {"again": items}]']


def test_cycle_is_written_through_a_name() -> None:
    items: list = [1]
    items.append({"self": items})

    written = literal(items)
    evaluated = evaluate(written)

    assert [*written.setup, written.source] == ["items = []", 'items.extend([1, {"self": items}])', "items"]
    assert evaluated[1]["self"] is evaluated


def test_text_whose_attributes_lead_back_to_it_is_made_before_them() -> None:
    text = kinds.MyStr("a = 1")
    text.reader = kinds.Plain(source=text)

    assert lines(text) == [
        'my_str = MyStr("a = 1")',
        "plain = object.__new__(Plain)",
        "vars(plain).update(source=my_str)",
        "vars(my_str).update(reader=plain)",
        "my_str",
    ]


def test_key_that_leads_back_to_itself_is_whole_before_it_is_hashed() -> None:
    key = kinds.KeyByName("a")
    key.among = [key]

    assert lines({key: [key]}) == [
        "key_by_name = object.__new__(KeyByName)",
        'vars(key_by_name).update(name="a", among=[key_by_name])',
        "{key_by_name: [key_by_name]}",
    ]


@pytest.mark.parametrize("hold", [lambda key: {key: 1}, lambda key: frozenset({key}), lambda key: [[key], {key}]])
def test_key_that_would_be_hashed_before_it_is_whole_is_refused(hold) -> None:
    key = kinds.KeyByName("a")
    key.among = hold(key)

    with pytest.raises(UnwritableError, match="KeyByName is part of its own key or element"):
        literal(key)

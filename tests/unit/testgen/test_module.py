"""Cases as a test module."""

from __future__ import annotations

import ast

from callbox.testgen.case import Case, label_of, slug
from callbox.testgen.module import is_made_here, is_ours, sign, write_module


def case(number: int, **changes: object) -> Case:
    fields: dict[str, object] = {
        "id": number,
        "function": "shop.price",
        "test_name": "test_price",
        "sources": {"n": str(number), "expected": str(number * 2)},
        "pinned": frozenset(),
        "body": ("assert price(«n») == «expected»",),
        "imports": ("from shop import price",),
    }
    return Case(**{**fields, **changes})  # type: ignore[arg-type]


def test_one_case_is_a_plain_test() -> None:
    text = write_module("Calls.", [case(2)]).text

    assert text == '"""Calls."""\n\nfrom shop import price\n\n\ndef test_price():\n    assert price(2) == 4\n'


def test_cases_of_one_form_are_rows() -> None:
    module = write_module("Calls.", [case(3), case(2)])

    assert '    ("n", "expected"),\n    [\n        (2, 4),\n        (3, 6),\n    ],\n' in module.text
    assert (module.places[2].row, module.places[3].row) == (0, 1)


def test_order_of_recording_does_not_show() -> None:
    cases = [case(n) for n in range(5)]

    assert write_module("Calls.", cases).text == write_module("Calls.", cases[::-1]).text


def test_case_with_setup_stands_alone() -> None:
    made = case(4, setup=("order = Order()",), sources={"order": "order"}, body=("assert «order».n == 1",))

    text = write_module("Calls.", [case(2), case(3), made]).text

    assert "    order = Order()\n\n    assert order.n == 1\n" in text
    assert ast.parse(text)


def test_cases_that_need_the_same_statements_stand_each_for_itself() -> None:
    cases = [
        case(n, setup=("order = Order()",), sources={"sku": f"'{n}'"}, body=("assert order.has(«sku»)",))
        for n in (1, 2)
    ]

    module = write_module("Calls.", cases)

    assert "assert order.has('1')" in module.text
    assert "assert order.has('2')" in module.text
    assert module.places[1].test_name != module.places[2].test_name


def test_cases_that_come_to_the_same_test_share_it() -> None:
    module = write_module("Calls.", [case(n, sources={}, body=("assert price()",)) for n in (1, 2)])

    assert module.text.count("def test_price()") == 1
    assert module.places[1] == module.places[2]


def test_changed_value_gets_a_variable() -> None:
    changed = case(1, sources={"items": "[1]"}, pinned=frozenset({"items"}), body=("grow(«items»)", "assert «items»"))

    assert "    items = [1]\n\n    grow(items)\n    assert items\n" in write_module("Calls.", [changed]).text


def test_tests_of_one_name_get_names_of_their_own() -> None:
    other = case(9, body=("assert price(«n») is «expected»",))

    text = write_module("Calls.", [case(2), other]).text

    assert text.count("def test_price():") == 1
    assert text.count("def test_price_2():") == 1


def test_imports_are_grouped() -> None:
    imports = ("import re", "from shop import price", "import pytest", "from shop import Order")

    head = write_module("Calls.", [case(1, imports=imports)]).text.partition("\n\n\ndef")[0]

    assert head == '"""Calls."""\n\nimport re\n\nimport pytest\n\nfrom shop import Order, price'


def test_signature_shows_an_edit() -> None:
    text = sign('"""Calls."""\n')

    assert is_ours(text)
    assert not is_ours(text + "# mine\n")
    assert is_made_here(text + "# mine\n")
    assert not is_made_here('"""Calls."""\n')


def test_labels_are_words_of_the_data() -> None:
    assert label_of(['"a b"', "[]", "-3", '{"k": 1}']) == "a b-empty--3-k 1"
    assert label_of(['"a;\\nb\\t"']) == "a b"
    assert label_of(["x" * 50] * 3) == ""


def test_names_are_cut_between_words() -> None:
    assert slug("Statement.tokens[28] keyword over", 25) == "statement_tokens_28"
    assert slug("a b", 3) == "a_b"
    assert slug("x" * 9, 4) == "xxxx"

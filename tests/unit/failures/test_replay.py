"""Source of a test that fails as a failure did; why there is none, frame by frame."""

from __future__ import annotations

import ast

import pytest

from callbox.errors import GenerateError
from callbox.failures.model import Failure, Raised, Reproduction
from callbox.failures.replay import fails_alike, source_of_test


def failure(*reproductions: Reproduction) -> Failure:
    return Failure("4f2a", 0.0, "test_it", reproductions=reproductions)


def test_call_that_can_be_made_again_is_a_test() -> None:
    outer = Reproduction("shop.pay", reason="its argument 'stream' is open")
    inner = Reproduction("shop.price", imports=("from shop import price",), call="price(n=0)")

    source = source_of_test(failure(outer, inner))

    assert source.endswith("from shop import price\n\n\ndef test_price() -> None:\n    price(n=0)\n")


@pytest.mark.parametrize("text", ["a \0 b", "a\rb \x1b[1m", '"""; 1 / 0', "ends in \\", "\udc80", 'ends in "'])
def test_message_and_file_are_what_a_docstring_can_hold(text) -> None:
    call = Reproduction("shop.price", imports=("import shop",), call="shop.price()")
    raised = Raised("ValueError", text)

    source = source_of_test(Failure("4f2a", 0.0, "test_it", filename=text, exception=raised, reproductions=(call,)))

    tree = ast.parse(source.encode())
    assert [type(node) for node in tree.body] == [ast.Expr, ast.ImportFrom, ast.Import, ast.FunctionDef]


def test_call_that_does_not_end_is_told(tmp_path) -> None:
    path = tmp_path / "test_it.py"
    path.write_text("import time\n\ndef test_it():\n    time.sleep(60)\n")

    assert fails_alike(path, failure(), timeout_s=1) == "it does not end within 1 s"


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("raise ValueError('no')", ""),
        ("raise type('ValueError', (Exception,), {'__module__': 'shop'})", ""),
        ("raise ExceptionGroup('two', [ValueError(1), KeyError(2)])", ""),
        ("raise KeyError('ValueError: no')", "it fails otherwise: "),
        ("from shop import ValueError", "it fails otherwise: "),
        ("pass", "it passes: the failure came from something that the call does not hold"),
    ],
)
def test_test_fails_alike_if_its_error_is_of_the_type(tmp_path, monkeypatch, statement, said) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.py").touch()
    path = tmp_path / "test_it.py"
    path.write_text(f"def test_it():\n    {statement}\n")

    found = fails_alike(path, Failure("4f2a", 0.0, "test_it", exception=Raised("shop.ValueError", "no")))

    assert found.startswith(said) and bool(found) == bool(said)


def test_every_frame_says_why_it_cannot_be_called_again() -> None:
    outer = Reproduction("shop.pay", reason="its argument 'stream' is open")
    inner = Reproduction("shop.price", reason="its argument 'items' is too large for a test")

    with pytest.raises(GenerateError) as refused:
        source_of_test(failure(outer, inner))

    assert str(refused.value) == (
        "failure 4f2a cannot be made again: shop.pay: its argument 'stream' is open; "
        "shop.price: its argument 'items' is too large for a test"
    )


def test_calls_that_were_not_kept_are_by_what_is_named() -> None:
    with pytest.raises(GenerateError, match=r"they are by `pytest --callbox-failures` and in mode trace"):
        source_of_test(failure())

"""Source of a test that fails as a failure did; why there is none, frame by frame."""

from __future__ import annotations

import pytest

from callbox.errors import GenerateError
from callbox.failures.model import Failure, Reproduction
from callbox.failures.replay import source_of_test


def failure(*reproductions: Reproduction) -> Failure:
    return Failure("4f2a", 0.0, "test_it", reproductions=reproductions)


def test_call_that_can_be_made_again_is_a_test() -> None:
    outer = Reproduction("shop.pay", reason="its argument 'stream' is open")
    inner = Reproduction("shop.price", imports=("from shop import price",), call="price(n=0)")

    source = source_of_test(failure(outer, inner))

    assert source.endswith("from shop import price\n\n\ndef test_price() -> None:\n    price(n=0)\n")


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

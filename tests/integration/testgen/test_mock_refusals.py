"""`--mock` where functions cannot answer in a test as they did, or need not."""

from __future__ import annotations

import pytest
from tests.integration.testgen.conftest import Project

BANK = """
    import time

    def fill(items):
        items.append(1)

    async def rates():
        yield 1

    def rate(n):
        return n

    def opened():
        return open("/dev/null")

    def outer(n):
        return rate(n) + 1

    def stamp(moment):
        return 7

    class Quote:
        def __init__(self, n):
            self.n = n

        def twice(self):
            return 2 * self.n
"""
SHOP = """
    import asyncio, bank, time

    def fills():
        items = []
        bank.fill(items)
        return len(items)

    async def collects():
        return [rate async for rate in bank.rates()]

    def sums(n):
        return sum(bank.rate(i) for i in range(n))

    def opens():
        bank.opened().close()

    def nests():
        return bank.outer(4)

    def stamps():
        return bank.stamp(time.time())

    def quotes(n):
        return bank.Quote(n).twice()
"""
MAIN = """
    import asyncio, shop
    shop.fills(), asyncio.run(shop.collects()), shop.sums(51), shop.opens(), shop.nests(), shop.stamps(), shop.quotes(3)
"""


@pytest.fixture(scope="module")
def made(record_project) -> Project:
    project = record_project(
        "shop.*", "--mock", "bank.*", "--", "-W", "ignore", "main.py", bank=BANK, shop=SHOP, main=MAIN
    )
    project.make_tests("--mock", "bank.*")
    return project


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("fills", "it calls bank.fill, which cannot be replayed: it changes its arguments"),
        ("collects", "it calls bank.rates, which cannot be replayed: it is an asynchronous generator"),
        ("sums", "it makes more than 50 calls that would have to be replayed"),
        ("opens", "it calls bank.opened, which cannot be replayed: "),
    ],
)
def test_call_is_refused_where_an_answer_cannot_be_given_again(made, name, reason) -> None:
    fate, why = made.verdict_of(f"shop.{name}")

    assert fate == "refused"
    assert why.startswith(reason)


def test_nothing_is_kept_of_calls_inside_replayed_calls(made) -> None:
    [call] = [call for call in made.calls() if call.target.qualname == "nests"]

    assert [inner.target.qualname for inner in call.inner] == ["outer"]
    assert "rate" not in made.generated("shop_nests")


def test_arguments_that_do_not_hold_are_counted(made) -> None:
    assert "assert stamp.call_count == 1" in made.generated("shop_stamps")


def test_special_methods_run_as_they_are(made) -> None:
    text = made.generated("shop_quotes")

    assert "twice = Mock(return_value=6)" in text
    assert "init" not in text

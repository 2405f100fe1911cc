"""Functions that their own name does not lead to, or not any more: generic ones, accessors in an edited file."""

from __future__ import annotations

import pytest
from tests.integration.testgen.conftest import Project

SHOP = """
    import functools

    @functools.singledispatch
    def show(value, n=1):
        return f"? {value}"

    @show.register
    def _(value: int, n=1):
        return "int " * n + str(value)

    @show.register
    def _(value: list, n=1):
        return "list " * n + str(len(value))

    @functools.singledispatch
    def size(value):
        return 0

    @size.register(str)
    def of_text(value):
        return len(value)

    @size.register(str)
    def _(value):
        return 2 * len(value)

    class Basket:
        def __init__(self, rate=1):
            self.rate = rate

        @functools.singledispatchmethod
        def add(self, item):
            raise TypeError(item)

        @add.register
        def _(self, item: int):
            return item * self.rate

        @add.register
        def _(self, item: str, unit="kg"):
            return f"{item} {unit} {self.rate}"

        @functools.singledispatchmethod
        @classmethod
        def make(cls, item):
            return cls(0)

        @make.register
        @classmethod
        def _(cls, item: float):
            return cls(item).rate

        @property
        def price(self):
            return self.rate

        @price.setter
        def price(self, value):
            self.rate = value * 2
"""
MAIN = """
    import shop
    shop.show(3, n=2), shop.show([1, 2]), shop.show(None), shop.size("four"), shop.of_text("five!")
    basket = shop.Basket(4)
    basket.add(3), basket.add("tea", unit="g"), shop.Basket.make(2.5)
    basket.price = 3
    basket.price
"""


@pytest.fixture(scope="module")
def recorded(record_project) -> Project:
    return record_project("shop", "--", "main.py", shop=SHOP, main=MAIN)


@pytest.fixture(scope="module")
def made(recorded) -> Project:
    recorded.make_tests()
    return recorded


@pytest.mark.parametrize(
    ("module", "test"),
    [
        ("shop", 'def test_show():\n    assert show([1, 2]) == "list 2"\n'),
        ("shop", 'def test_show_with_n():\n    assert show(3, n=2) == "int int 3"\n'),
        ("shop", 'def test_size():\n    assert size("four") == 8\n'),
        ("shop_of_text", 'def test_of_text():\n    assert of_text("five!") == 5\n'),
        ("shop_show", 'def test_show():\n    assert show(None) == "? None"\n'),
        ("shop_basket", "def test_basket_add():\n    assert Basket(rate=4).add(3) == 12\n"),
        (
            "shop_basket",
            'def test_basket_add_with_unit():\n    assert Basket(rate=4).add("tea", unit="g") == "tea g 4"\n',
        ),
        ("shop_basket", "def test_basket_make():\n    assert Basket.make(2.5) == 2.5\n"),
    ],
)
def test_function_that_is_registered_is_tested_through_the_generic_one(made, module, test) -> None:
    assert test in made.generated(module)


def test_every_call_is_a_test(made) -> None:
    assert {verdict["fate"] for verdict in made.report()["verdicts"]} == {"test"}


def test_setter_is_known_where_lines_were_added_above_it(recorded, tmp_path) -> None:
    edited = recorded.copied(tmp_path)
    path = edited.folder / "shop.py"
    path.write_text("# A shop.\n" + path.read_text())

    edited.make_tests("-f", "shop.Basket.price")

    assert "def test_basket_price():\n    assert Basket(rate=6).price == 6\n" in edited.generated("shop_basket_price")
    assert "    basket.price = 3\n" in edited.generated("shop_basket_price")

"""Calls kept as files: what a format has no room for is left out and told of, the rest comes back as it was."""

from __future__ import annotations

import pytest

SHOP = """
    import enum, functools

    class Colour(enum.StrEnum):
        RED = "red"

    def paint(colour):
        return "painted"

    def count(items):
        return len(items)

    def outer():
        def inner():
            return 1
        return inner()

    class Order:
        def __init__(self, n):
            self.n = n

        @property
        def total(self):
            return 2 * self.n

        @total.setter
        def total(self, value):
            self.n = value / 2

        @functools.cached_property
        def half(self):
            return self.n / 2
"""
MAIN = """
    import math, shop

    def run(n):
        return n + 1

    run(1), math.gcd(4, 6), shop.outer(), shop.count({1, 2})
    shop.paint(shop.Colour.RED), shop.paint("red")
    order = shop.Order(3)
    order.total, order.half
    order.total = 8
"""


@pytest.fixture
def shop(project):
    project.write(shop=SHOP, main=MAIN)
    return project


@pytest.mark.parametrize(
    ("name", "kept", "functions"),
    [
        ("json", "callbox: 3 calls of 3 functions kept, 10 seen", ["main_run", "shop_outer", "shop_paint"]),
        ("repr", "callbox: 4 calls of 4 functions kept, 10 seen",
         ["main_run", "shop_count", "shop_outer", "shop_paint"]),
        ("pickle", "callbox: 8 calls of 7 functions kept, 10 seen",
         ["main_run", "shop_count", "shop_order_half", "shop_order_total", "shop_outer",
          "shop_paint"]),
    ],
)  # fmt: skip
def test_files_hold_what_their_format_can_say(shop, name, kept, functions) -> None:
    targets = ("shop.*", "!shop.Order.__init__", "shop.outer.inner", "main.*", "math.gcd")

    recorded = shop.callbox("record", "--format", name, *targets, "--", "main.py")
    shop.make_tests("--formats", name)

    assert kept in recorded.stderr
    written = sorted(path.stem for path in shop.folder.glob("tests/generated/test_*.py"))
    assert written == [f"test_{function}" for function in functions]
    assert {verdict["fate"] for verdict in shop.report()["verdicts"]} == {"test"}

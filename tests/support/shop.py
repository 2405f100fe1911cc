"""A shop of one price, whose tests pass and fail: what commands are tried on that need no more of a program."""

from __future__ import annotations

from tests.support.desk import Desk

_SHOP = """
def price(name):
    return {"pear": 40}[name]

if __name__ == "__main__":
    price("pear")
"""
_TESTS = """
import shop

def test_pear(): assert shop.price("pear") == 40
def test_kiwi(): assert shop.price("kiwi") == 40
"""


def lay_out(desk: Desk) -> None:
    """Write the shop and its tests into a folder."""
    desk.write("shop.py", _SHOP)
    desk.write("test_shop.py", _TESTS)

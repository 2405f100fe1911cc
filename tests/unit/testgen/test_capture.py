"""Which calls are looked at, and which are kept."""

from __future__ import annotations

import sys
from types import CodeType, ModuleType
from typing import Any

import pytest

from callbox.engine.observe import parameters_of
from callbox.testgen.capture import CaptureOptions, Capturer
from callbox.testgen.model import Call
from callbox.testgen.targets import Targets

SOURCE = """
def price(n):
    return 2 * n

def run(observer, arguments):
    return observer(arguments)

def call_inside(observer, *arguments):
    return run(observer, arguments)
"""
RETURN = 2


class Shop:
    """A module that is recorded by hand: its functions are told to the capturer as an engine would."""

    def __init__(self, module: ModuleType, limit: int) -> None:
        self.module = module
        self.kept: list[Call] = []
        self.n_seen = 0
        self._capturer = Capturer(Targets(["shop_to_capture.*"]), CaptureOptions(limit), self._keep)
        self._observer: Any = self._capturer.choose(module.price.__code__, vars(module))

    def _keep(self, calls, seen) -> None:
        self.kept.extend(calls)
        self.n_seen += sum(n for _, n in seen)

    def price(self, n: object, *, is_inside: bool = False) -> int:
        """Tell of a call, and return how many are not to be told of."""
        witness = self.module.call_inside(self._observer, n) if is_inside else self._observer((n,))
        if isinstance(witness, int):
            return witness
        if witness is not None:
            witness(RETURN, 0)
        return 0

    def flush(self) -> list[Call]:
        self._capturer.flush()
        return self.kept


@pytest.fixture
def shop(monkeypatch) -> Shop:
    module = ModuleType("shop_to_capture")
    monkeypatch.setitem(sys.modules, "shop_to_capture", module)
    exec(compile(SOURCE, "shop_to_capture.py", "exec"), vars(module))
    return Shop(module, limit=2)


def test_parameters_are_read_in_order(shop) -> None:
    code: CodeType = shop.module.price.__code__

    assert parameters_of(code) == ("n",)


def test_calls_from_outside_are_kept_to_choose_from(shop) -> None:
    for n in range(1, 50):
        shop.price(n)

    assert len(shop.flush()) == 20


def test_calls_that_targets_make_are_kept_up_to_the_limit(shop) -> None:
    for n in range(1, 50):
        shop.price(n, is_inside=True)

    assert len(shop.flush()) == 2


def test_new_shapes_of_arguments_are_kept_beyond_the_limit(shop) -> None:
    for n in (1, 2, 3, -1, 0.5, "x", "", [], [1], (), None, True, False):
        shop.price(n, is_inside=True)

    assert len(shop.flush()) == 8


@pytest.mark.parametrize("is_inside", [False, True])
def test_function_that_brings_nothing_new_is_looked_at_ever_more_rarely(shop, is_inside) -> None:
    spared = [n for n in (shop.price(1, is_inside=is_inside) for _ in range(600)) if n]

    assert len(spared) > 3
    assert spared == sorted(spared)
    assert spared[0] < spared[-1]


def test_the_same_call_is_kept_once_and_every_call_is_counted(shop) -> None:
    for _ in range(10):
        shop.price(1)

    assert len(shop.flush()) == 1
    assert shop.n_seen == 10

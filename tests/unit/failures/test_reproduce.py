"""Calls that fail again: found from the outside in, written whole or refused with a reason."""

from __future__ import annotations

import asyncio
import importlib
import sys

import pytest

from callbox.failures.raised import traceback_of
from callbox.failures.reproduce import reproductions_of
from callbox.secrets import RedactRules

MODULE = """
import asyncio, callbox, dataclasses, functools

@dataclasses.dataclass
class Order:
    price: float
    n: int

    def total(self, rate, /, *extra, scale=1, **more):
        return self.price / self.n

    @classmethod
    def free(own, n):
        return own(0 / n, n)

    @staticmethod
    def share(n):
        return 1 / n

    def __check(self):
        return 1 / self.n

    def check(self, stream):
        return self.__check()

class Offer(Order):
    pass

def price(order):
    return order.price / order.n

def outer(stream, order):
    return price(order)

def wrapped(function):
    @functools.wraps(function)
    def run(*args, **kwargs):
        return function(*args, **kwargs)
    return run

@wrapped
def decorated(n):
    return 1 / n

class Dispatcher:
    def __init__(self, function):
        self.__wrapped__ = function

    def __call__(self, *args):
        return self.__wrapped__(*args)

@Dispatcher
def dispatched(n):
    return 1 / n

@callbox.extract_on_failure
def captured(n):
    return 1 / n

def descend(stream, n):
    return descend(stream, n - 1) if n else 1 / 0

def log_in(password):
    return 1 / len(password)

def count(items):
    return 1 / 0

async def fetch(n):
    return 1 / n

def deleted(n):
    del n
    return 1 / 0

def rows(n):
    yield 1 / n

async def pages(n):
    yield 1 / n
"""


@pytest.fixture
def shop(tmp_path, monkeypatch):
    (tmp_path / "shop_to_fail.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("shop_to_fail")
    del sys.modules["shop_to_fail"]


def found(caught, function, *args, **kwargs):
    calls = reproductions_of(traceback_of(caught(function, *args, **kwargs)))
    return [call for call in calls if call.function.startswith("shop_to_fail")]


def run(reproduction) -> None:
    names: dict = {}
    for statement in (*reproduction.imports, *reproduction.setup):
        exec(statement, names)
    eval(reproduction.call, names)


def test_call_of_a_function_is_written(shop, caught) -> None:
    [call] = found(caught, shop.price, shop.Order(5.0, 0))

    assert call.call == "price(order=Order(price=5.0, n=0))"
    assert call.imports == ("from shop_to_fail import Order", "from shop_to_fail import price")
    with pytest.raises(ZeroDivisionError):
        run(call)


def test_outer_call_that_cannot_be_written_gives_its_reason_and_the_inner_one_is_taken(shop, caught) -> None:
    outer, inner = found(caught, shop.outer, (n for n in ()), shop.Order(5.0, 0))

    assert "generator" in outer.reason
    assert inner.call == "price(order=Order(price=5.0, n=0))"


def test_frames_are_looked_at_up_to_ten(shop, caught) -> None:
    looked_at = reproductions_of(traceback_of(caught(shop.descend, (n for n in ()), 20)))

    assert len(looked_at) == 10
    assert all(call.reason for call in looked_at)


def test_method_is_called_on_its_class_with_arguments_in_their_places(shop, caught) -> None:
    [call] = found(caught, shop.Order(5.0, 0).total, 0.5, "a", scale=2, more=3)

    assert call.call == 'Order.total(shop_to_fail.Order(price=5.0, n=0), 0.5, "a", scale=2, more=3)'
    with pytest.raises(ZeroDivisionError):
        run(call)


def test_keywords_that_python_cannot_read_stand_in_a_dictionary(shop, caught) -> None:
    [call] = found(caught, shop.Order(5.0, 0).total, 0.5, more=3, **{"data-id": 1, "class": "a"})

    assert call.call.endswith("0.5, scale=1, more=3, **{'data-id': 1, 'class': \"a\"})")
    with pytest.raises(ZeroDivisionError):
        run(call)


@pytest.mark.parametrize("owner", ["Order", "Offer"])
def test_class_method_is_called_on_the_class_that_it_was_called_on(shop, caught, owner) -> None:
    [call] = found(caught, getattr(shop, owner).free, 0)

    assert call.call.endswith(f"{owner}.free(n=0)")
    with pytest.raises(ZeroDivisionError):
        run(call)


def test_static_method_is_called_on_its_class(shop, caught) -> None:
    [call] = found(caught, shop.Order.share, 0)

    assert call.call == "Order.share(0)"


def test_private_method_is_called_by_the_name_that_its_class_has_it_under(shop, caught) -> None:
    outer, inner = found(caught, shop.Order(5.0, 0).check, (n for n in ()))

    assert "generator" in outer.reason
    assert inner.call.startswith("Order._Order__check(")
    with pytest.raises(ZeroDivisionError):
        run(inner)


@pytest.mark.parametrize("name", ["0001_initial_to_fail", "lambda", "shop-to-fail"])
def test_module_that_no_statement_imports_says_so(tmp_path, monkeypatch, caught, name) -> None:
    (tmp_path / f"{name}.py").write_text("def divide(n):\n    return 1 / n\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, name, module := importlib.import_module(name))

    [call] = reproductions_of(traceback_of(caught(module.divide, 0)))[-1:]

    assert call.reason == f"no import statement can name its module {name!r}"


def test_coroutine_is_run(shop, caught) -> None:
    calls = found(caught, lambda: asyncio.run(shop.fetch(0)))

    assert calls[-1].call == "asyncio.run(fetch(n=0))"


@pytest.mark.parametrize("name", ["decorated", "dispatched", "captured"])
def test_function_behind_a_wrapper_is_called_through_it(shop, caught, name) -> None:
    calls = found(caught, getattr(shop, name), 0)

    assert calls[-1].call == f"{name}(n=0)"


@pytest.mark.parametrize(
    ("name", "argument", "reason"),
    [
        ("log_in", "", None),
        ("count", list(range(10_000)), "too large"),
        ("deleted", 1, "deleted meanwhile"),
    ],
)
def test_what_cannot_be_written_says_why(shop, caught, name, argument, reason) -> None:
    [call] = found(caught, getattr(shop, name), argument)

    assert (
        reason or "'password' holds a secret: key password, under 'password': if it is none, except it"
    ) in call.reason
    assert call.call == ""


def test_generator_goes_on_until_it_fails(shop, caught) -> None:
    [call] = found(caught, lambda: list(shop.rows(0)))[-1:]

    assert call.call == "list(rows(n=0))"
    with pytest.raises(ZeroDivisionError):
        run(call)


def test_asynchronous_generator_is_no_call_that_fails(shop, caught) -> None:
    [call] = found(caught, lambda: asyncio.run(anext(shop.pages(0))))[-1:]

    assert "asynchronous generator" in call.reason


def test_what_the_project_excepts_is_no_secret(shop, caught, monkeypatch) -> None:
    monkeypatch.setattr("callbox.failures.reproduce.project_rules", lambda: RedactRules(except_keys=("password",)))

    [call] = found(caught, shop.log_in, "")

    assert call.call == 'log_in(password="")'

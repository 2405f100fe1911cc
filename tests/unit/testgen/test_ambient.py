"""Variables of modules that calls set and depend on."""

from __future__ import annotations

import sys
import threading
from contextvars import ContextVar
from types import ModuleType

import pytest

from callbox.testgen.ambient import AmbientWatch, ambient_effects, held_by, set_by
from callbox.testgen.model import Call, Effect, Kind, Outcome, Target

SOURCE = """
LIMIT = 10
level = 1
served = 0
settings = {"level": 1}

def set_level(n):
    global level
    level = n

class Server:
    def serve(self):
        global served
        served += 1
"""


@pytest.fixture
def shop(monkeypatch) -> ModuleType:
    module = ModuleType("shop_with_level")
    monkeypatch.setitem(sys.modules, "shop_with_level", module)
    exec(SOURCE, vars(module))
    vars(module).update(current=threading.local(), user=ContextVar("user"))
    return module


@pytest.fixture
def watch(shop) -> AmbientWatch:
    watch = AmbientWatch()
    watch.add_package("shop_with_level.prices")
    watch.read()
    return watch


def call(*effects: Effect) -> Call:
    target = Target("m", "f", "m.py", 1, Kind.FUNCTION, (), 0, 0, 0, has_varargs=False, has_varkwargs=False)
    return Call(target, b"", b"", Outcome.RETURNED, effects=effects)


def test_nothing_is_said_of_what_is_as_it_was(watch) -> None:
    assert watch.read() == {}


def test_variable_that_a_function_assigns_is_watched(watch, shop) -> None:
    shop.set_level(2)
    shop.LIMIT = 11

    assert watch.read() == {"shop_with_level:level": 2}


def test_thread_locals_and_context_variables_are_watched(watch, shop) -> None:
    shop.current.language = "de"
    shop.current.connection = object()
    shop.user.set("Ada")

    assert watch.read() == {"shop_with_level:current.language": "de", "shop_with_level:user()": "Ada"}


def test_none_in_a_thread_local_is_nothing(watch, shop) -> None:
    shop.current.language = None

    assert watch.read() == {}


def test_counter_is_no_setting(watch, shop) -> None:
    readings = [(shop.Server().serve(), watch.read())[1] for _ in range(60)]

    assert readings[0] == {"shop_with_level:served": 1}
    assert readings[-1] == {}


def test_effects_say_what_was_held_and_what_was_set() -> None:
    effects = ambient_effects({"m:a": 1, "m:b.c": "x"}, {"m:a": 1, "m:d": None})

    assert held_by(call(*effects)) == {"m:a": 1, "m:b.c": "x"}
    assert set_by(call(*effects)) == {"m:b.c": None}

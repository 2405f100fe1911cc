"""A recording keeps none of the program's objects, and owns no reference when it is gone."""

from __future__ import annotations

import gc
import sys
import weakref

import pytest

from callbox.engine.wrap import wrap

pytestmark = pytest.mark.valgrind


class Thing:
    """Something that can be watched."""


@wrap
def take(thing: object) -> object:
    return thing


@wrap
def fail(thing: object) -> None:
    raise LookupError(thing)


@wrap
def hold(thing: object):
    yield thing


@pytest.mark.parametrize("mode", ["profile", "trace"])
def test_arguments_and_results_are_let_go(new, mode) -> None:
    thing = Thing()
    watch = weakref.ref(thing)
    recorder = new(mode=mode)
    recorder.start()
    take(thing)
    del thing
    is_gone = watch() is None
    recorder.stop()

    assert is_gone
    assert recorder.capture().threads


@pytest.mark.parametrize("mode", ["profile", "trace"])
def test_exceptions_are_let_go(new, mode) -> None:
    watch = []
    recorder = new(mode=mode)
    recorder.start()
    try:
        fail(Thing())
    except LookupError as error:
        watch.append(weakref.ref(error.args[0]))
    recorder.stop()
    gc.collect()

    assert watch[0]() is None


@pytest.mark.parametrize("mode", ["profile", "trace"])
def test_suspended_generators_are_let_go(new, mode) -> None:
    thing = Thing()
    watch = weakref.ref(thing)
    recorder = new(mode=mode)
    recorder.start()
    generator = hold(thing)
    next(generator)
    del thing, generator
    is_gone = watch() is None
    recorder.stop()

    assert is_gone


def test_functions_that_were_recorded_can_die(new) -> None:
    namespace: dict[str, object] = {}
    exec("def short_lived(): return 1", namespace)
    watch = weakref.ref(namespace["short_lived"].__code__)
    recorder = new()
    recorder.start()
    namespace["short_lived"]()
    recorder.stop()
    namespace.clear()
    gc.collect()

    assert watch() is None


def test_code_is_referenced_as_often_as_before(new) -> None:
    before = sys.getrefcount(take.__code__)
    recorder = new()
    recorder.start()
    for _ in range(1000):
        take(None)
    recorder.stop()
    after = sys.getrefcount(take.__code__)

    assert after == before


MODES = [
    {},
    {"c_calls": True},
    {"memory": True},
    {"max_depth": 2},
    {"mode": "trace"},
    {"mode": "trace", "max_depth": 2},
]


@pytest.mark.parametrize("options", MODES, ids=str)
def test_no_reference_is_lost(record, added_references, options) -> None:
    n_rounds = 100

    added = added_references(record(**options), n_rounds)

    assert added < n_rounds // 2

"""Every engine records what the oracle records: same calls, same order, same ends, per thread."""

from __future__ import annotations

import sys

import pytest

PYTHON_ONLY = {"c_calls": False}
WITH_C_CALLS = {"c_calls": True}

CONFINED = (
    *("async_generators", "c_callbacks", "classes", "context_managers", "coroutines", "decorators"),
    *("delegated_throws", "descriptors", "exceptions", "functools_objects", "iterators", "yield_from"),
)
"""Programs whose library calls have one order: no threads, no event loop."""


@pytest.mark.parametrize("options", [PYTHON_ONLY, WITH_C_CALLS], ids=["python", "c_calls"])
def test_engine_records_what_the_oracle_records(program, engine, options, record, assert_same) -> None:
    expected = record("oracle", program, **options)

    recorded = record(engine, program, **options)

    assert_same(expected, recorded)
    assert recorded.notes == expected.notes


@pytest.mark.parametrize("confined", CONFINED)
@pytest.mark.parametrize("options", [PYTHON_ONLY, WITH_C_CALLS], ids=["python", "c_calls"])
def test_engine_agrees_where_the_library_is_recorded_too(confined, engine, options, record, assert_same) -> None:
    expected = record("oracle", confined, filters=[], **options)

    recorded = record(engine, confined, filters=[], **options)

    assert_same(expected, recorded)


@pytest.mark.parametrize("confined", CONFINED)
@pytest.mark.parametrize("options", [PYTHON_ONLY, WITH_C_CALLS], ids=["python", "c_calls"])
def test_engine_agrees_on_depth(confined, engine, options, record, assert_same) -> None:
    expected = record("oracle", confined, max_depth=2, **options)

    recorded = record(engine, confined, max_depth=2, **options)

    assert_same(expected.without_numbers, recorded.without_numbers)


@pytest.mark.parametrize("confined", CONFINED)
def test_engine_agrees_on_excluded_modules(confined, engine, record, assert_same) -> None:
    filters = ["!functools", "!contextlib", "!builtins", "!encodings.*"]
    expected = record("oracle", confined, filters=filters, c_calls=True)

    recorded = record(engine, confined, filters=filters, c_calls=True)

    assert_same(expected, recorded)


from_312 = pytest.mark.skipif(sys.version_info < (3, 12), reason="sys.monitoring is from 3.12 on")
BESIDE_ALL = ("trace", "coverage", "debugger", pytest.param("monitoring", marks=from_312))
BESIDE_HOOKLESS = ("profile", "cProfile", "profile+coverage", pytest.param("cProfile+monitoring", marks=from_312))


@pytest.mark.parametrize("beside", BESIDE_ALL)
@pytest.mark.parametrize("program", ["exceptions", "generators", "signals_nested"])
def test_foreign_tracer_changes_nothing(beside, program, engine, record, assert_same) -> None:
    pytest.importorskip("coverage")
    expected = record("oracle", program)

    recorded = record(engine, program, beside=beside)

    assert_same(expected, recorded)


@pytest.mark.parametrize("beside", BESIDE_HOOKLESS)
@pytest.mark.parametrize(
    "program", ["asyncio_gather", "delegated_throws", "exceptions", "generators", "specialisation"]
)
def test_foreign_hook_changes_nothing(beside, program, hookless_engine, record, assert_same) -> None:
    pytest.importorskip("coverage")
    expected = record("oracle", program)

    recorded = record(hookless_engine, program, beside=beside)

    assert_same(expected, recorded)


def test_program_calls_something(program, record) -> None:
    recorded = record("oracle", program)

    assert sum(len(steps) for steps in recorded.threads) >= 6


LIMITED = """
import sys
def fall(n):
    deepest[0] = n
    fall(n + 1)
def main():
    sys.setrecursionlimit(600)
    try:
        fall(0)
    except RecursionError:
        reached.append(deepest[0])
    finally:
        sys.setrecursionlimit(1000)
    call_c()
    assert reached[0] > 500, reached
def call_c():
    return sorted([2, 1], key=lambda n: n)
deepest, reached = [0], []
"""


def test_recursion_limit_ends_calls_and_not_the_recording(engine, record_source) -> None:
    recorded = record_source(LIMITED, engine=engine)

    steps = recorded.main
    n_falls = steps.count("call fall")
    assert n_falls == steps.count("unwind fall") > 500
    assert steps[: n_falls + 1] == ["call main", *["call fall"] * n_falls]
    assert steps[2 * n_falls + 1 :] == [
        "call call_c",
        *["call call_c.<locals>.<lambda>", "return call_c.<locals>.<lambda>"] * 2,
        "return call_c",
        "return main",
    ]

"""Every engine records what the oracle records: same calls, same order, same ends, per thread."""

from __future__ import annotations

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


@pytest.mark.parametrize("beside", ["trace", "profile", "cProfile"])
@pytest.mark.parametrize(
    "program", ["asyncio_gather", "delegated_throws", "exceptions", "generators", "specialisation"]
)
def test_foreign_hook_changes_nothing(beside, program, hookless_engine, record, assert_same) -> None:
    expected = record("oracle", program)

    recorded = record(hookless_engine, program, beside=beside)

    assert_same(expected, recorded)


def test_program_calls_something(program, record) -> None:
    recorded = record("oracle", program)

    assert sum(len(steps) for steps in recorded.threads) >= 6

"""Every engine records what the oracle records of programs made at random, but from fixed seeds."""

from __future__ import annotations

import pytest
from tests.conformance.random_program import ProgramWriter


@pytest.mark.parametrize("seed", range(24))
def test_engine_records_what_the_oracle_records_of_a_random_program(seed, engine, record_source, assert_same) -> None:
    source = ProgramWriter(seed).write()
    expected = record_source(source, c_calls=True)

    recorded = record_source(source, engine=engine, c_calls=True)

    assert_same(expected, recorded)
    assert len(expected.main) > 100

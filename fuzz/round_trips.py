"""Encode and decode, write and evaluate many generated values: `python fuzz/round_trips.py [--n 100000]`.

A slow session beside the unit tests, which run the same properties on fewer values. One value in five is of a library.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callbox.values.compare import Rules, compare
from callbox.values.exact import decode, encode
from callbox.values.literals import Literal, literal
from callbox.values.refusal import UnwritableError

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.support.library_strategies import library_values, shared_library_values
from tests.support.value_strategies import cyclic_values, values

EXACTLY = Rules(signed_zeros=True)
BATCH = 2_000
"""Examples of one run: Hypothesis slows down when it has many to remember."""

reasons: dict[str, int] = {}
"""Why values were not written as source, and how many."""


def check_codec(value: Any) -> None:
    """Decoding gives an equal value, which has the same bytes."""
    data = encode(value)
    decoded = decode(data)
    difference = compare(decoded, value, rules=EXACTLY)
    assert difference.is_equal, str(difference)
    assert encode(decoded) == data


def check_source(value: Any) -> None:
    """Evaluating the source of a value gives an equal value, which has the same bytes."""
    try:
        written = literal(value)
    except UnwritableError as refusal:
        reasons[refusal.reason] = reasons.get(refusal.reason, 0) + 1
        return
    evaluated = evaluate(written)
    difference = compare(evaluated, value, rules=EXACTLY)
    assert difference.is_equal, str(difference)
    assert encode(evaluated) == encode(value)


def evaluate(written: Literal) -> Any:
    """Return what written source gives."""
    with tempfile.TemporaryDirectory() as folder:
        names: dict[str, Any] = {"DATA": Path(folder)}
        for name, data in written.side_files.items():
            (Path(folder) / name).write_bytes(data)
        for statement in (*written.imports, *written.setup):
            exec(statement, names)
        return eval(written.source, names)


def run(check: Callable[[Any], None], n: int) -> None:
    """Check a property on `n` generated values."""
    strategy = st.one_of(values, values, values, cyclic_values(), library_values | shared_library_values)
    options = settings(max_examples=BATCH, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    started = time.perf_counter()
    for done in range(0, n, BATCH):
        options(given(strategy)(check))()
        print(f"{check.__name__}: {done + BATCH:,} values, {time.perf_counter() - started:.0f} s", flush=True)


def main() -> None:
    """Check both properties."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=100_000, help="values for each property")
    n = parser.parse_args().n
    for check in (check_codec, check_source):
        run(check, n)
    print(f"without source: {reasons or 'none'}")


if __name__ == "__main__":
    main()

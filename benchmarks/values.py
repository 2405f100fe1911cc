"""What values cost: the exact codec beside pickle and MessagePack, redaction, comparison, source.

`python benchmarks/values.py [--json FILE]`; CPU time of this thread, best of several rounds. MessagePack
is shown where it takes the value at all; it keeps neither identity nor types.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gc
import json
import pickle
import platform
import random
import string
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from callbox.values.compare import compare
from callbox.values.exact import decode, encode
from callbox.values.literals import literal
from callbox.values.redact import Redactor

ROUNDS = 15
PAYLOAD_KEYS = 64
TARGET_US = 20.0


@dataclass
class Point:
    x: int
    y: float
    name: str


@dataclass(frozen=True)
class Row:
    """One line of the table: microseconds, and bytes where there are any."""

    name: str
    times_us: dict[str, float]
    sizes: dict[str, int]


def best_us(run: Callable[[], Any], rounds: int = ROUNDS, repeats: int = 1) -> float:
    """Return the least CPU time of one run, in microseconds."""
    least = float("inf")
    for _ in range(rounds):
        gc.collect()
        started = time.thread_time_ns()
        for _ in range(repeats):
            run()
        least = min(least, (time.thread_time_ns() - started) / repeats / 1000)
    return least


def make_values() -> dict[str, Any]:
    """Return seeded values of several shapes."""
    rng = random.Random(7)
    return {
        "2,000 JSON-like records": [
            {
                "id": i,
                "name": f"user {i}",
                "score": rng.random(),
                "tags": ["a", str(i)],
                "more": {"ok": True, "n": None},
            }
            for i in range(2000)
        ],
        "100,000 ints": list(range(100_000)),
        "100,000 floats": [rng.random() for _ in range(100_000)],
        "100,000 texts": [f"text {i}" for i in range(100_000)],
        "5,000 dataclasses": [Point(i, i / 2, str(i)) for i in range(5000)],
        "20,000 tuples": [(i, i + 1) for i in range(20_000)],
        "20,000 tuple keys": {(i, i + 1): i for i in range(20_000)},
        "10,000 datetimes": [dt.datetime(2020, 1, 1) + dt.timedelta(i) for i in range(10_000)],
        "an array of 8 MB": np.random.default_rng(7).random(1_000_000),
    }


def measure_codec(name: str, value: Any) -> Row:
    """Time encoding and decoding beside pickle and MessagePack."""
    ours, theirs = encode(value), pickle.dumps(value)
    times = {
        "encode": best_us(lambda: encode(value)),
        "pickle.dumps": best_us(lambda: pickle.dumps(value)),
        "decode": best_us(lambda: decode(ours)),
        "pickle.loads": best_us(lambda: pickle.loads(theirs)),
    }
    sizes = {"encode": len(ours), "pickle.dumps": len(theirs)}
    try:
        packed = msgspec.msgpack.encode(value)
    except TypeError:
        return Row(name, times, sizes)
    times["msgpack.encode"] = best_us(lambda: msgspec.msgpack.encode(value))
    times["msgpack.decode"] = best_us(lambda: msgspec.msgpack.decode(packed))
    return Row(name, times, sizes | {"msgpack.encode": len(packed)})


def make_payload(n_suspicious: int) -> dict[str, Any]:
    """Return a payload of ints and texts with two secrets, and texts that must be looked at closely."""
    rng = random.Random(7)
    payload: dict[str, Any] = {"password": "x", "api_key": "y"}
    for i in range(n_suspicious):
        payload[f"close_{i}"] = ("2020-01-01T12:30:00", f"https://host/path?page={i}", f"name{i}@example.com")[i % 3]
    while len(payload) < PAYLOAD_KEYS:
        i = len(payload)
        payload[f"field_{i}"] = (i, "".join(rng.choices(string.ascii_lowercase, k=12)), f"value number {i}")[i % 3]
    return payload


def measure_redaction() -> list[Row]:
    """Time redacting a payload, all of whose keys were met before."""
    redactor = Redactor()
    payloads = {"64 keys": make_payload(0), "64 keys, 6 texts to look at closely": make_payload(6)}
    return [
        Row(name, {"redact": best_us(lambda p=payload: redactor.redact_value(p), 200, 20)}, {})
        for name, payload in payloads.items()
    ]


def measure_the_rest() -> list[Row]:
    """Time comparison and source writing."""
    records = make_values()["2,000 JSON-like records"]
    array = make_values()["an array of 8 MB"]
    return [
        Row("2,000 JSON-like records", {"compare": best_us(lambda: compare(records, decode(encode(records))), 3)}, {}),
        Row("an array of 8 MB", {"compare": best_us(lambda: compare(array, array.copy()), 5)}, {}),
        Row("200 JSON-like records", {"literal": best_us(lambda: literal(records[:200]), 3)}, {}),
    ]


def show(rows: list[Row]) -> None:
    """Print rows as a Markdown table."""
    columns = list(dict.fromkeys(column for row in rows for column in row.times_us))
    print(f"| | {' | '.join(columns)} |\n|---|{'---:|' * len(columns)}")
    for row in rows:
        cells = [f"{row.times_us[column]:,.0f} µs" if column in row.times_us else "" for column in columns]
        print(f"| {row.name} | {' | '.join(cells)} |")
    print()


def main() -> None:
    """Measure and print; write every number where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="also write the numbers to this file")
    options = parser.parse_args()
    print(f"CPython {platform.python_version()}, {platform.platform()}\n")
    codec = [measure_codec(name, value) for name, value in make_values().items()]
    show(codec)
    redaction = measure_redaction()
    show(redaction)
    rest = measure_the_rest()
    show(rest)
    found = redaction[0].times_us["redact"]
    print(f"redaction of {PAYLOAD_KEYS} keys: {found:.1f} µs (target: at most {TARGET_US:.0f} µs)")
    if options.json:
        rows = [asdict(row) for row in (*codec, *redaction, *rest)]
        options.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()

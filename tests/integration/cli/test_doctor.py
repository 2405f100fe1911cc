"""`callbox doctor`."""

from __future__ import annotations

import json
import platform
import sys

from callbox.engine import engine_names


def test_report_names_engines_clock_and_measured_cost(desk) -> None:
    ending = desk.callbox("doctor")

    text = ending.out.decode()
    assert ending.code == 0
    assert f"python    CPython {platform.python_version()}, {sys.executable}\n" in text
    assert "clock     " in text
    assert "cost, measured here and now on fib(18), 8,361 calls" in text
    assert [line.split()[0] for line in text.partition("\n\n")[2].splitlines()[1:]] == list(engine_names())


def test_json_holds_the_same(desk) -> None:
    report = json.loads(desk.callbox("doctor", "--json").out)

    assert report["engine"] in engine_names()
    assert report["reason"]
    assert [cost["engine"] for cost in report["costs"]] == list(engine_names())
    assert all(cost["ratio"] > 0 for cost in report["costs"])

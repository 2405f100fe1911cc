"""What the project's `[redact]` adds is no more in what any job writes than what is a secret everywhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.desk import Desk
from tests.support.sweep import files_below, places_of

SKU = "Qx7-ordinary-words"
RULES = """
[redact]
add_keys = ["sku"]
"""
SHOP = """
import os


def price(sku, n):
    return n * 2


def main():
    price(sku=os.environ["SKU"], n=3)
"""
TESTS = """
import os
import urllib.request

import pytest
import shop


def test_price():
    shop.main()


def test_fails():
    sku = os.environ["SKU"]
    raise ValueError(f"no such thing: sku={sku}")


def test_asks():
    with pytest.raises(OSError):
        urllib.request.urlopen("http://127.0.0.1:9/?sku=" + os.environ["SKU"])
"""
BENCHMARKS = """
import os

from shop import price


class Prices:
    def setup(self):
        self.sku = os.environ["SKU"]

    def time_price(self):
        price(self.sku, 3)

    def track_names(self):
        return {"sku": self.sku}

    def time_fails(self):
        raise ValueError("sku=" + self.sku)
"""
TRACER = """
import shop
from callbox import FunctionTracer

with FunctionTracer(["shop"], mode="trace") as tracer:
    shop.main()
tracer.save("own.cbx")
"""
CAPTURED = """
import os

from callbox.snapshot import capture_args


@capture_args("captured")
def price(sku, n):
    return n


price(os.environ["SKU"], 3)
"""
RUN = ["-m", "callbox", "run", "--mode", "trace", "-i", "shop", "-o", "a.cbx", "--", "-c", "import shop; shop.main()"]
RECORD = ["-m", "callbox", "record", "shop.price", "--", "-c", "import shop; shop.main()"]
PYTEST = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--callbox", "--callbox-failures", "--callbox-telemetry"]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk.at(tmp_path)
    files = {
        "callbox.toml": RULES,
        "shop.py": SHOP,
        "test_shop.py": TESTS,
        "own.py": TRACER,
        "capturing.py": CAPTURED,
        "benchmarks/prices.py": BENCHMARKS,
        "asv.conf.json": '{"version": 1, "project": "shop", "repo": ".", "benchmark_dir": "benchmarks"}',
    }
    for name, text in files.items():
        desk.write(name, text)
    return desk


@pytest.mark.parametrize(
    ("words", "written"),
    [
        (RUN, "a.cbx"),
        (["own.py"], "own.cbx"),
        (["capturing.py"], "captured"),
        (RECORD, "call_logs"),
        (PYTEST, ".callbox"),
        (["-m", "callbox", "bench", "capture", "."], ".snapshots"),
    ],
    ids=["run", "tracer", "capture_args", "record", "pytest", "bench"],
)
def test_value_under_a_configured_key_is_in_no_file(desk, words, written) -> None:
    ending = desk.python(*words, SKU=SKU, PYTHONPATH=str(desk.folder))

    contents = files_below(desk.folder)
    assert any(name.startswith(written) for name in contents), ending
    assert places_of(SKU, contents) == []

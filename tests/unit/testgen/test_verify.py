"""Tests run in fresh processes."""

from __future__ import annotations

import pytest

from callbox.testgen.verify import Conditions, merge_failures, run_tests

TESTS = """
import os, time
import pytest

def test_passes():
    assert True

@pytest.mark.parametrize("n", [1, 2])
def test_rows(n):
    assert n == 1, "no"

def test_hash():
    assert hash("a") == int(os.environ.get("WANTED", hash("a")))

def test_crashes():
    os._exit(3)

def test_last():
    pass
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "test_shop.py").write_text(TESTS)
    (tmp_path / "test_broken.py").write_text("import nothing_of_the_kind")
    return tmp_path


def test_every_test_is_accounted_for(folder) -> None:
    results = run_tests([folder], folder, Conditions(hash_seed=1))

    key = "test_shop.py"
    assert set(results.passed) == {(key, n, 0) for n in ("test_passes", "test_rows", "test_hash", "test_last")}
    assert results.failed[key, "test_rows", 1] == "AssertionError: no"
    assert results.failed[key, "test_crashes", 0] == "it ends the process (exit code 3)"
    assert "nothing_of_the_kind" in results.broken["test_broken.py"]


def test_lines_of_traced_files_are_noted(tmp_path) -> None:
    (tmp_path / "shop.py").write_text("def price(n):\n    if n:\n        return 1\n    return 2\n")
    (tmp_path / "test_shop.py").write_text("from shop import price\ndef test_price(): assert price(1) == 1\n")
    file = str(tmp_path / "shop.py")

    results = run_tests([tmp_path], tmp_path, Conditions(traced=frozenset({file})))

    assert results.passed["test_shop.py", "test_price", 0] == {(file, 1), (file, 2), (file, 3)}


def test_first_reason_of_a_failure_is_kept(folder) -> None:
    first = run_tests([folder / "test_shop.py"], folder, Conditions())

    assert merge_failures([first, first]) == first.failed

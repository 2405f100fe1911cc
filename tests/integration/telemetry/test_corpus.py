"""How often telemetry is right about N+1, on a corpus of labelled cases that ask real databases.

`corpus/` is a suite of its own. Cases `flagged_...` make one query for each of many rows where one for all
would do; cases `clean_...` make as many queries as they have to.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support.patience import TIMEOUT_S

pytest.importorskip("django")
pytest.importorskip("sqlalchemy")
pytest.importorskip("rest_framework")
pytest.importorskip("aiosqlite")

CORPUS = Path(__file__).parent / "corpus"
CASES = ("-p", "filled", "-o", "python_files=cases_*.py", "-o", "python_functions=flagged_* clean_*")
PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "--callbox-telemetry")
DOCUMENTED = Path(__file__).parents[3] / "docs" / "telemetry.md"


@dataclass(frozen=True)
class Score:
    """How many cases a rule found, by what they are."""

    n_flagged: int
    n_found: int
    n_clean: int
    n_wrong: int

    @property
    def precision(self) -> float:
        return self.n_found / (self.n_found + self.n_wrong)

    @property
    def recall(self) -> float:
        return self.n_found / self.n_flagged

    def __str__(self) -> str:
        found, wrong = f"{self.n_found} of {self.n_flagged}", f"{self.n_wrong} of {self.n_clean}"
        return f"{found} | {wrong} | {self.precision:.3f} | {self.recall:.3f}"


def score(records, is_found) -> Score:
    flagged = [is_found(record) for record in records if record["name"].startswith("flagged_")]
    clean = [is_found(record) for record in records if record["name"].startswith("clean_")]
    return Score(len(flagged), sum(flagged), len(clean), sum(clean))


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    shutil.copytree(CORPUS, folder, dirs_exist_ok=True)
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "CALLBOX_", "DJANGO_"))}
    environ["CALLBOX_TELEMETRY_STORE"] = "off"
    command = [sys.executable, *PYTEST, *CASES, "--telemetry-output", "out"]
    done = subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )
    assert done.returncode == 0, done.stdout
    lines = (folder / "out").read_text().splitlines()
    return [json.loads(line.removeprefix("TEST_RESULT:")) for line in lines if line.startswith("TEST_RESULT:")]


def test_corpus_is_large_and_every_case_asks_a_database(records) -> None:
    result = score(records, lambda record: record["database_queries"]["by_phase"]["call"] > 0)

    assert (result.n_flagged, result.n_clean) == (78, 80)
    assert (result.n_found, result.n_wrong) == (78, 80)


def test_rule_is_right_in_nineteen_of_twenty_cases_both_ways(records) -> None:
    result = score(records, lambda record: bool(record["database_queries"]["n_plus_one"]))

    assert result.precision >= 0.95
    assert result.recall >= 0.95
    assert f"same loop, other rows | {result}" in DOCUMENTED.read_text()


def test_rule_of_more_than_ten_selects_is_documented_as_it_is(records) -> None:
    result = score(records, lambda record: record["database_queries"]["query_types"]["SELECT"] > 10)

    assert f"more than ten SELECTs | {result}" in DOCUMENTED.read_text()


def test_lists_of_any_length_are_one_statement_on_each_library(records) -> None:
    batches = [record for record in records if record["name"] == "clean_batches_of_keys"]

    folded = {
        record["file"]: told["count"]
        for record in batches
        for told in record["database_queries"]["duplicate_queries"]
        if " IN (?)" in told["sql"]
    }
    assert folded == {"cases_django_clean.py": 4, "cases_sqlalchemy.py": 3, "cases_sqlite.py": 5}


def test_each_finding_names_a_line_of_the_case_or_of_what_it_calls(records) -> None:
    sites = [found["site"] for record in records for found in record["database_queries"]["n_plus_one"]]

    assert len(sites) >= 70
    assert [site for site in sites if not site.startswith(("cases_", "library/", "words/"))] == []

"""Django's own runner with a record for each test: test databases, parallel processes, every alias."""

from __future__ import annotations

import pytest
from tests.support.django_project import FILES, RUNNER
from tests.support.postgres import serving

pytest.importorskip("django")


@pytest.fixture(scope="module")
def server():
    with serving() as environ:
        yield environ


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request) -> dict[str, str]:
    """The environment that has the project use a database."""
    return {} if request.param == "sqlite" else request.getfixturevalue("server")


@pytest.fixture
def project(lab):
    for name, text in FILES.items():
        lab.write(name, text)
    return lab


@pytest.mark.parametrize("more", [(), ("--parallel", "2")], ids=["one_process", "parallel"])
def test_records_are_those_of_the_test_databases(project, database, more) -> None:
    ran = project.run("manage.py", "test", RUNNER, *more, **database)

    assert ran.code == 1
    assert {name: record["status"] for name, record in ran.records.items()} == {
        "test_slowly": "passed",
        "test_at_once": "passed",
        "test_alias": "passed",
        "test_fails": "failed",
        "test_transactions": "passed",
        "test_takes_long": "passed",
    }
    slowly, at_once = (ran.records[name]["database_queries"] for name in ("test_slowly", "test_at_once"))
    assert (slowly["count"], at_once["count"]) == (6, 1)
    assert [found["site"].split()[0] for found in slowly["n_plus_one"]] == ["shop/views.py:4"]
    assert at_once["n_plus_one"] == []
    assert ran.records["test_alias"]["database_queries"]["by_alias"] == {"archive": 1}
    assert (ran.summary["total_tests"], ran.summary["exit_code"]) == (6, 1)
    assert not (project.folder / "real_db").exists()


def test_transactions_and_slow_statements_are_told_alike_on_each_database(project, database) -> None:
    records = project.run("manage.py", "test", RUNNER, "shop.tests.Changing", **database).records

    changing, long = (records[name]["database_queries"] for name in ("test_transactions", "test_takes_long"))
    assert changing["transactions"] == 3
    assert [changing["query_types"][kind] for kind in ("INSERT", "UPDATE", "DELETE", "OTHER")] == [2, 1, 0, 0]
    (slow,) = long["slow_queries"]
    assert (slow["sql"], slow["path"][0].split()[1]) == ("SELECT pg_sleep (?), ?", "Changing.test_takes_long")
    assert slow["duration"] >= 150


def test_rows_are_those_that_postgresql_tells(project, server) -> None:
    records = project.run("manage.py", "test", RUNNER, "shop.tests.Reading", **server).records

    rows = {name: record["database_queries"]["rows"] for name, record in records.items()}
    assert rows == {"test_slowly": 10, "test_at_once": 5}


def test_module_runs_manage_py_with_the_runner(project) -> None:
    ran = project.run("-m", "callbox.telemetry.django", "manage.py", "test", "shop.tests.Reading")

    assert ran.code == 0
    assert list(ran.records) == ["test_at_once", "test_slowly"]


@pytest.mark.parametrize(
    "words",
    [
        ("manage.py", "test", "--settings", "other", "shop.tests.Reading"),
        ("--settings", "other", "manage.py", "test", "shop.tests.Reading"),
        ("--settings=other", "manage.py", "test", "shop.tests.Reading"),
    ],
    ids=["behind", "before", "joined"],
)
def test_settings_may_stand_where_they_like(project, words) -> None:
    project.write("other.py", "from site_settings import *")

    ran = project.run("-m", "callbox.telemetry.django", *words)

    assert (ran.code, list(ran.records)) == (0, ["test_at_once", "test_slowly"])


def test_manage_py_in_another_folder_imports_what_stands_beside_it(project) -> None:
    for name in FILES:
        project.write(f"inner/{name}", FILES[name])
        (project.folder / name).unlink()

    ran = project.run("-m", "callbox.telemetry.django", "inner/manage.py", "test", "shop.tests.Reading")

    assert (ran.code, list(ran.records)) == (0, ["test_at_once", "test_slowly"])


def test_file_that_is_not_there_is_told_in_one_line(lab) -> None:
    ran = lab.run("-m", "callbox.telemetry.django", "test", "shop")

    assert (ran.code, ran.err) == (
        2,
        "callbox: error: no file test: name manage.py: python -m callbox.telemetry.django manage.py test\n",
    )


MIXED = """
    from callbox.telemetry.django import TelemetryMixin
    from django.test.runner import DiscoverRunner

    class Theirs(DiscoverRunner):
        def run_suite(self, suite, **kwargs):
            print("their runner runs")
            return super().run_suite(suite, **kwargs)

    class Runner(TelemetryMixin, Theirs): pass
"""
TAGGED = """
    from django.test import SimpleTestCase, tag

    @tag("slow")
    class Tagged(SimpleTestCase):
        @tag("core")
        def test_tagged(self): pass
"""


def test_runner_of_a_project_is_mixed_in_and_tags_are_told(project) -> None:
    project.write("runners.py", MIXED)
    project.write("shop/test_tagged.py", TAGGED)

    ran = project.run("manage.py", "test", "--testrunner=runners.Runner", "shop.test_tagged")

    assert ran.code == 0
    assert "their runner runs" in ran.out
    assert sorted(ran.records["test_tagged"]["tags"]) == ["core", "slow"]


CHANGING: dict[str, list] = {"test_transactions": [], "test_takes_long": []}


@pytest.mark.parametrize("more", [(), ("--parallel", "2")], ids=["one_process", "parallel"])
def test_each_test_has_its_lines_in_whichever_process_it_runs(project, more) -> None:
    pytest.importorskip("coverage")

    records = project.run("manage.py", "test", RUNNER, *more, CALLBOX_TELEMETRY_COVERAGE="1").records

    by_name = {
        name: [file["missing_lines"] for file in record["coverage"]["files"] if file["file"].endswith("views.py")]
        for name, record in records.items()
    }
    assert by_name == {"test_slowly": [[6]], "test_at_once": [[4]], "test_alias": [], "test_fails": [], **CHANGING}


@pytest.mark.parametrize("more", [(), ("--parallel", "2")], ids=["one_process", "parallel"])
def test_test_over_its_budget_fails_in_whichever_process_it_runs(project, more) -> None:
    ran = project.run("manage.py", "test", RUNNER, *more, CALLBOX_TELEMETRY_MAX_QUERIES="5")

    assert ran.code == 1
    assert ran.records["test_at_once"]["status"] == "passed"
    assert ran.records["test_slowly"]["status"] == "failed"
    assert "over budget: 6 queries, 5 allowed; 5 of them at shop/views.py:4 slowly" in ran.err

"""Django's own runner with a record for each test: test databases, parallel processes, every alias."""

from __future__ import annotations

import sys

import pytest

pytest.importorskip("django")

FILES = {
    "manage.py": """
        import os, sys
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_settings")
        from django.core.management import execute_from_command_line
        if __name__ == "__main__":
            execute_from_command_line(sys.argv)
    """,
    "site_settings.py": """
        SECRET_KEY = "x"
        INSTALLED_APPS = ["shop"]
        DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
        DATABASES = {
            "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "real.sqlite3"},
            "archive": {"ENGINE": "django.db.backends.sqlite3", "NAME": "archive.sqlite3"},
        }
        USE_TZ = True
    """,
    "shop/__init__.py": "",
    "shop/models.py": """
        from django.db import models
        class Author(models.Model):
            name = models.CharField(max_length=50)
        class Book(models.Model):
            title = models.CharField(max_length=50)
            author = models.ForeignKey(Author, on_delete=models.CASCADE)
    """,
    "shop/views.py": """
        from shop.models import Book
        def slowly():
            return [(book.title, book.author.name) for book in Book.objects.all()]
        def at_once():
            return [(book.title, book.author.name) for book in Book.objects.select_related("author")]
    """,
    "shop/tests.py": """
        from django.test import TestCase
        from shop import views
        from shop.models import Author, Book

        class Reading(TestCase):
            @classmethod
            def setUpTestData(cls):
                for n in range(5):
                    Book.objects.create(title=f"t{n}", author=Author.objects.create(name=f"a{n}"))

            def test_slowly(self): self.assertEqual(len(views.slowly()), 5)
            def test_at_once(self): self.assertEqual(len(views.at_once()), 5)

        class Archive(TestCase):
            databases = {"default", "archive"}

            def test_alias(self): Author.objects.using("archive").create(name="x")
            def test_fails(self): self.assertEqual(Author.objects.count(), 1)
    """,
}
RUNNER = "--testrunner=callbox.telemetry.django.TelemetryTestRunner"


@pytest.fixture
def project(lab):
    for name, text in FILES.items():
        lab.write(name, text)
    return lab


@pytest.mark.parametrize("more", [(), ("--parallel", "2")], ids=["one_process", "parallel"])
def test_records_are_those_of_the_test_databases(project, more) -> None:
    ran = project.run("manage.py", "test", RUNNER, *more)

    assert ran.code == 1
    assert {name: record["status"] for name, record in ran.records.items()} == {
        "test_slowly": "passed",
        "test_at_once": "passed",
        "test_alias": "passed",
        "test_fails": "failed",
    }
    slowly, at_once = (ran.records[name]["database_queries"] for name in ("test_slowly", "test_at_once"))
    assert (slowly["count"], at_once["count"]) == (6, 1)
    assert [found["site"].split()[0] for found in slowly["n_plus_one"]] == ["shop/views.py:4"]
    assert at_once["n_plus_one"] == []
    assert ran.records["test_alias"]["database_queries"]["by_alias"] == {"archive": 1}
    assert (ran.summary["total_tests"], ran.summary["exit_code"]) == (4, 1)
    assert not (project.folder / "real.sqlite3").exists()


def test_module_runs_manage_py_with_the_runner(project) -> None:
    ran = project.run("-m", "callbox.telemetry.django", "manage.py", "test", "shop.tests.Reading")

    assert ran.code == 0
    assert list(ran.records) == ["test_at_once", "test_slowly"]


FORKED = pytest.mark.skipif(
    sys.version_info >= (3, 14), reason="workers that are not forked import the project before lines are measured"
)


@pytest.mark.parametrize("more", [(), pytest.param(("--parallel", "2"), marks=FORKED)], ids=["one_process", "parallel"])
def test_each_test_has_its_lines_in_whichever_process_it_runs(project, more) -> None:
    pytest.importorskip("coverage")

    records = project.run("manage.py", "test", RUNNER, *more, CALLBOX_TELEMETRY_COVERAGE="1").records

    by_name = {
        name: [file["missing_lines"] for file in record["coverage"]["files"] if file["file"].endswith("views.py")]
        for name, record in records.items()
    }
    assert by_name == {"test_slowly": [[6]], "test_at_once": [[4]], "test_alias": [], "test_fails": []}


@pytest.mark.parametrize("more", [(), ("--parallel", "2")], ids=["one_process", "parallel"])
def test_test_over_its_budget_fails_in_whichever_process_it_runs(project, more) -> None:
    ran = project.run("manage.py", "test", RUNNER, *more, CALLBOX_TELEMETRY_MAX_QUERIES="5")

    assert ran.code == 1
    assert ran.records["test_at_once"]["status"] == "passed"
    assert ran.records["test_slowly"]["status"] == "failed"
    assert "over budget: 6 queries, 5 allowed; 5 of them at shop/views.py:4 slowly" in ran.err

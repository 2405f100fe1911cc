"""A database for each kind of case, filled anew for each: five authors, fifteen books, four tags."""

from __future__ import annotations

import datetime as dt
import sqlite3

import django
import pytest
from django.conf import settings

_SQLITE = "django.db.backends.sqlite3"
if not settings.configured:
    settings.configure(
        SECRET_KEY="x",
        ROOT_URLCONF="library.urls",
        USE_TZ=True,
        ALLOWED_HOSTS=["*"],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=[
            "django.contrib.contenttypes",
            "django.contrib.auth",
            "django.contrib.sessions",
            "library",
            "words",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
        DATABASES={
            "default": {"ENGINE": _SQLITE, "NAME": "file:library?mode=memory&cache=shared"},
            "bare": {"ENGINE": _SQLITE, "NAME": "file:bare?mode=memory&cache=shared"},
        },
    )
    django.setup()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Call a case as a test calls the code of its project; those in `cases_tests.py` are tests themselves."""
    if pyfuncitem.module.__name__ == "cases_tests":
        return None
    names = pyfuncitem._fixtureinfo.argnames
    pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names})
    return True


@pytest.fixture(scope="session")
def tables():
    """The tables of the library; those of the database "bare" are for a case to make."""
    from django.core.management import call_command

    for app in ("contenttypes", "auth", "sessions"):
        call_command("migrate", app, verbosity=0)
    call_command("migrate", "library", verbosity=0, run_syncdb=True)


@pytest.fixture
def library(tables):
    """The library; all that a case changes is undone."""
    from django.db import transaction

    with transaction.atomic():
        yield _fill()
        transaction.set_rollback(True)


def _fill():
    from library import models

    country = models.Country.objects.create(name="c0")
    authors = []
    for number in range(5):
        if number == 3:
            country = models.Country.objects.create(name="c1")
        mentor = authors[-1] if authors else None
        authors.append(models.Author.objects.create(name=f"a{number}", country=country, mentor=mentor))
        models.Profile.objects.create(author=authors[-1], motto=f"m{number}")
    tags = [models.Tag.objects.create(name=f"t{number}") for number in range(4)]
    for number in range(15):
        day = dt.date(2024, number % 12 + 1, 1)
        author = authors[number % 5]
        book = models.Book.objects.create(title=f"b{number}", isbn=f"i{number}", published=day, author=author)
        book.tags.add(tags[number % 4], tags[(number + 1) % 4])
    return models


@pytest.fixture
def shelf():
    """The same in plain SQLite."""
    connection = sqlite3.connect(":memory:")
    connection.executescript("""
        CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT UNIQUE, parent INTEGER);
        CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT, author_id INTEGER, day INTEGER);
        CREATE TABLE job (id INTEGER PRIMARY KEY, state TEXT, run_at REAL);
    """)
    authors = [(number, f"a{number}", number - 1 if number else None) for number in range(6)]
    connection.executemany("INSERT INTO author VALUES (?, ?, ?)", authors)
    books = [(number, f"b{number}", number % 6, number) for number in range(30)]
    connection.executemany("INSERT INTO book VALUES (?, ?, ?, ?)", books)
    connection.execute("INSERT INTO job VALUES (1, 'new', 0)")
    yield connection
    connection.close()

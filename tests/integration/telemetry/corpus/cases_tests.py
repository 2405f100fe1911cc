"""Tests: tables of cases, gone through by the test itself, and what the code that they call does meanwhile."""

from __future__ import annotations

import functools

import pytest
from django.test import Client
from library.urls import LISTING


def clean_table_of_filters(library):
    for names, n_authors in ((["a0"], 1), (["a1"], 1), (["a2"], 1), (["a7"], 0)):
        assert library.Author.objects.filter(name__in=names).count() == n_authors


def clean_table_of_rows(library):
    for title, price in (("b0", 10), ("b1", 10), ("b2", 10), ("b3", 10)):
        assert library.Book.objects.get(title=title).price == price


def clean_table_in_a_comprehension(library):
    assert [library.Tag.objects.filter(name=name).exists() for name in ("t0", "t1", "t9")] == [True, True, False]


def _n_books(library, name):
    return library.Book.objects.filter(author__name=name).count()


def clean_table_of_calls(library):
    for name, n_books in (("a0", 3), ("a1", 3), ("a2", 3), ("a9", 0)):
        assert _n_books(library, name) == n_books


def clean_check_of_what_was_made(library):
    country = library.Country.objects.first()
    made = [library.Author.objects.create(name=f"n{number}", country=country) for number in range(4)]
    for author in made:
        author.refresh_from_db()
        assert author.country_id == country.pk


def clean_while_of_a_test(shelf):
    key = 0
    while key < 5:
        assert shelf.execute("SELECT name FROM author WHERE id = ?", (key,)).fetchone() == (f"a{key}",)
        key += 1


def clean_table_of_missing_rows(library):
    for name in ("x", "y", "z"):
        with pytest.raises(library.Author.DoesNotExist):
            library.Author.objects.get(name=name)


def _authors(library):
    return [book.author.name for book in library.Book.objects.all()]


def flagged_table_of_calls_that_loop(library):
    for n_calls in (1, 2):
        assert len(_authors(library)) * n_calls == 15 * n_calls


def _search(library, names):
    for name in names:
        yield library.Author.objects.filter(name=name).exists()


def flagged_generator_that_a_test_goes_through(library):
    for found in _search(library, ("a0", "a1", "a2")):
        assert found


def flagged_page_that_a_test_asks_for(library):
    for _ in range(2):
        assert b"b1: a1" in Client().get("/listing").content


def flagged_template_that_a_test_renders(library):
    from django.template import Context

    assert "b1: a1" in LISTING.render(Context({"books": library.Book.objects.all()}))


def flagged_function_that_maps(library):
    assert _mapped(library) == [10] * 5


def _mapped(library):
    return list(map(functools.partial(_price, library), range(1, 6)))


def _price(library, key):
    return library.Book.objects.get(pk=key).price

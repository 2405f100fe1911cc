"""Django: one query for each of many rows, where one for all would do."""

from __future__ import annotations

import datetime as dt

import pytest
from asgiref.sync import async_to_sync
from django import forms
from django.core import serializers
from django.core.management import call_command
from django.db import connection, models
from django.template import Context, Template
from django.test import Client


def flagged_get_by_id(library):
    assert [library.Book.objects.get(id=number).title for number in range(1, 6)]


def flagged_foreign_key(library):
    assert [book.author.name for book in library.Book.objects.all()]


def flagged_foreign_key_to_one_parent(library):
    assert {book.author.name for book in library.Book.objects.filter(author__name="a1")} == {"a1"}


def flagged_foreign_key_to_two_parents(library):
    assert [book.author.name for book in library.Book.objects.filter(author__name__in=["a1", "a2"])]


def flagged_two_foreign_keys_deep(library):
    assert [book.author.country.name for book in library.Book.objects.select_related("author")]


def flagged_reverse_foreign_key(library):
    assert [[book.title for book in author.book_set.all()] for author in library.Author.objects.all()]


def flagged_count_of_related(library):
    assert sum(author.book_set.count() for author in library.Author.objects.all()) == 15


def flagged_existence_of_related(library):
    assert all(author.book_set.exists() for author in library.Author.objects.all())


def flagged_reverse_one_to_one(library):
    assert [author.profile.motto for author in library.Author.objects.all()]


def flagged_many_to_many(library):
    for book in library.Book.objects.all():
        assert sorted(tag.name for tag in book.tags.all())


def flagged_many_to_many_backwards(library):
    for tag in library.Tag.objects.all():
        assert tag.book_set.values_list("title", flat=True)[0]


def flagged_prefetch_missed_by_filter(library):
    for author in library.Author.objects.prefetch_related("book_set"):
        assert len(author.book_set.filter(price=10)) == 3


def flagged_prefetch_missed_by_order(library):
    for author in library.Author.objects.prefetch_related("book_set"):
        assert [book.title for book in author.book_set.order_by("title")]


def flagged_prefetch_missed_by_first(library):
    assert [author.book_set.first() for author in library.Author.objects.prefetch_related("book_set")]


def flagged_prefetch_one_by_one(library):
    for author in library.Author.objects.all():
        models.prefetch_related_objects([author], "book_set")
        assert len(author.book_set.all()) == 3


def flagged_template(library):
    text = Template("{% for book in books %}{{ book.author.name }}{% endfor %}")
    assert text.render(Context({"books": library.Book.objects.all()}))


def flagged_template_that_counts(library):
    text = Template("{% for author in authors %}{{ author.book_set.count }}{% endfor %}")
    assert text.render(Context({"authors": library.Author.objects.all()})) == "33333"


def flagged_property_that_asks(library):
    assert [author.latest_title for author in library.Author.objects.all()]


def flagged_text_of_an_object(library):
    assert ", ".join(str(book) for book in library.Book.objects.all())


def flagged_serializer_of_django(library):
    assert serializers.serialize("json", library.Book.objects.all())


def flagged_serializer_nested(library):
    rest = pytest.importorskip("rest_framework.serializers")

    class AuthorSerializer(rest.ModelSerializer):
        class Meta:
            model = library.Author
            fields = ("name",)

    class BookSerializer(rest.ModelSerializer):
        author = AuthorSerializer()

        class Meta:
            model = library.Book
            fields = ("title", "author")

    assert BookSerializer(library.Book.objects.all(), many=True).data


def flagged_serializer_with_a_method(library):
    rest = pytest.importorskip("rest_framework.serializers")

    class AuthorSerializer(rest.Serializer):
        books = rest.SerializerMethodField()

        def get_books(self, author):
            return author.book_set.count()

    assert AuthorSerializer(library.Author.objects.all(), many=True).data


def flagged_serializer_that_validates_keys(library):
    rest = pytest.importorskip("rest_framework.serializers")

    class BookSerializer(rest.Serializer):
        author = rest.PrimaryKeyRelatedField(queryset=library.Author.objects.all())

    keys = library.Author.objects.values_list("pk", flat=True)
    assert BookSerializer(data=[{"author": key} for key in keys], many=True).is_valid()


def flagged_field_left_out_by_only(library):
    assert [author.name for author in library.Author.objects.only("id")]


def flagged_field_left_out_by_defer(library):
    assert [author.bio for author in library.Author.objects.defer("bio")] == [""] * 5


def flagged_refresh(library):
    for author in list(library.Author.objects.all()):
        author.refresh_from_db()
        assert author.name


def flagged_keys_then_rows(library):
    for key in library.Book.objects.values_list("pk", flat=True):
        assert library.Book.objects.get(pk=key).price == 10


def flagged_get_or_create_of_what_is_there(library):
    country = library.Country.objects.first()
    for number in range(5):
        library.Author.objects.get_or_create(name=f"a{number}", defaults={"country": country})
    assert library.Author.objects.count() == 5


def flagged_aggregate_for_each(library):
    for author in library.Author.objects.all():
        assert author.book_set.aggregate(models.Sum("price"))["price__sum"] == 30


def flagged_existence_of_each_name(library):
    assert [name for name in ("a0", "a1", "b0", "b1") if library.Author.objects.filter(name=name).exists()]


def flagged_page_of_a_site(library):
    assert b"b1: a1" in Client().get("/listing").content


def flagged_search_of_a_site(library):
    assert Client().get("/search?name=a0&name=a1&name=a2&name=a3").content == b"4"


def flagged_tree_by_recursion(library):
    assert _depth(library.Author.objects.get(mentor=None)) == 5


def _depth(author):
    return 1 + max((_depth(pupil) for pupil in author.pupils.all()), default=0)


def flagged_chain_of_parents(library):
    author, names = library.Author.objects.last(), []
    while author is not None:
        names.append(author.name)
        author = author.mentor
    assert names == ["a4", "a3", "a2", "a1", "a0"]


def flagged_data_migration_of_the_project(library):
    call_command("migrate", "words", database="bare", verbosity=0)
    assert connection.alias == "default"


def flagged_rows_of_one_page(library):
    page = library.Book.objects.order_by("pk")[5:10]
    assert [(book.title, book.author.name) for book in page]


def flagged_iterator(library):
    for book in library.Book.objects.iterator(chunk_size=5):
        assert book.author.name


def flagged_formset_that_validates_keys(library):
    class BookForm(forms.Form):
        author = forms.ModelChoiceField(library.Author.objects.all())

    keys = list(library.Author.objects.values_list("pk", flat=True))
    data = {"form-TOTAL_FORMS": "5", "form-INITIAL_FORMS": "0"}
    formset = forms.formset_factory(BookForm)({**data, **{f"form-{n}-author": key for n, key in enumerate(keys)}})
    assert formset.is_valid()


def flagged_asynchronous_get(library):
    async def load():
        return [(await library.Book.objects.aget(pk=key)).title for key in (1, 2, 3, 4)]

    assert async_to_sync(load)() == ["b0", "b1", "b2", "b3"]


def flagged_raw_statement(library):
    statement = "SELECT * FROM library_author WHERE name = %s"
    assert [author.pk for number in range(4) for author in library.Author.objects.raw(statement, [f"a{number}"])]


def flagged_cursor_with_literals(library):
    with connection.cursor() as cursor:
        for number in range(4):
            cursor.execute(f"SELECT title FROM library_book WHERE isbn = 'i{number}'")
            assert cursor.fetchone()


def flagged_list_that_stays_beside_a_key_that_changes(library):
    for author in library.Author.objects.all():
        assert len(author.book_set.filter(price__in=[5, 10])) == 3


def flagged_list_for_each_row(library):
    tags = {book.pk: [tag.pk for tag in book.tags.all()] for book in library.Book.objects.prefetch_related("tags")[:4]}
    tags[1] = [1, 2, 3]
    for keys in tags.values():
        assert len(library.Tag.objects.filter(pk__in=keys)) == len(keys)


def flagged_number_for_each_month(library):
    for month in range(1, 6):
        first, last = dt.date(2024, month, 1), dt.date(2024, month, 28)
        assert library.Book.objects.filter(published__gte=first, published__lte=last).count() >= 1


def flagged_two_that_alternate(library):
    first, second = library.Author.objects.all()[:2]
    for number in (first.pk, second.pk, first.pk, second.pk):
        assert library.Author.objects.get(pk=number).name


def flagged_load_and_save(library):
    for number in (1, 2, 3, 4):
        book = library.Book.objects.get(pk=number)
        book.price += 1
        book.save()
    assert library.Book.objects.filter(price=11).count() == 4

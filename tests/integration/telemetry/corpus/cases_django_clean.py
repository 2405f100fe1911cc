"""Django: many queries, and rightly so."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.paginator import Paginator
from django.db import IntegrityError, models, transaction
from django.test import Client
from django.utils import timezone


def clean_select_related(library):
    assert [book.author.country.name for book in library.Book.objects.select_related("author__country")]


def clean_prefetch_related(library):
    for author in library.Author.objects.prefetch_related("book_set__tags", "pupils"):
        assert [len(book.tags.all()) for book in author.book_set.all()]


def clean_prefetch_to_a_list(library):
    cheap = models.Prefetch("book_set", library.Book.objects.filter(price=10), to_attr="cheap")
    assert [author.cheap for author in library.Author.objects.prefetch_related(cheap)]


def clean_in_bulk(library):
    keys = list(library.Book.objects.values_list("pk", flat=True))
    assert len(library.Book.objects.in_bulk(keys)) == 15


def clean_annotation(library):
    assert {author.n for author in library.Author.objects.annotate(n=models.Count("book"))} == {3}


def clean_subquery(library):
    newest = library.Book.objects.filter(author=models.OuterRef("pk")).order_by("-published")
    titles = library.Author.objects.annotate(newest=models.Subquery(newest.values("title")[:1]))
    assert [author.newest for author in titles]


def clean_pages_by_offset(library):
    for page in Paginator(library.Book.objects.order_by("pk"), 3):
        assert len(page.object_list) == 3


def clean_pages_by_key(library):
    last, books = 0, []
    while page := list(library.Book.objects.filter(pk__gt=last).order_by("pk")[:4]):
        books += page
        last = page[-1].pk
    assert len(books) == 15


def clean_pages_by_date_and_key(library):
    day, key, n_books = dt.date(2000, 1, 1), 0, 0
    later = models.Q(published__gt=models.Value(day)) | models.Q(published=models.Value(day), pk__gt=key)
    while page := list(library.Book.objects.filter(later).order_by("published", "pk")[:4]):
        day, key, n_books = page[-1].published, page[-1].pk, n_books + len(page)
        later = models.Q(published__gt=day) | models.Q(published=day, pk__gt=key)
    assert n_books == 15


def clean_batches_of_keys(library):
    keys = iter(list(library.Book.objects.values_list("pk", flat=True)))
    while batch := list(itertools.islice(keys, 4)):
        assert library.Book.objects.filter(pk__in=batch).count() == len(batch)


def clean_windows_of_keys(library):
    for first in range(0, 20, 5):
        assert list(library.Book.objects.filter(pk__gt=first, pk__lte=first + 5)) is not None


def clean_prefetch_for_each_batch(library):
    for page in Paginator(library.Book.objects.order_by("pk").prefetch_related("tags"), 5):
        assert [len(book.tags.all()) for book in page.object_list]


def clean_tree_level_by_level(library):
    root, *others = library.Author.objects.all()
    library.Author.objects.filter(pk__in=[other.pk for other in others[:2]]).update(mentor=root)
    library.Author.objects.filter(pk__in=[other.pk for other in others[2:]]).update(mentor=others[0])
    extra = library.Author.objects.create(name="a5", country=root.country, mentor=others[2])
    library.Author.objects.create(name="a6", country=root.country, mentor=others[3])
    library.Author.objects.create(name="a7", country=root.country, mentor=extra)
    library.Author.objects.create(name="a8", country=root.country, mentor=extra)
    level, n_authors = [root], 0
    while level:
        n_authors += len(level)
        level = list(library.Author.objects.filter(mentor__in=level))
    assert n_authors == 9


def clean_bulk_create(library):
    country = library.Country.objects.first()
    authors = [library.Author(name=f"n{number}", country=country) for number in range(20)]
    assert len(library.Author.objects.bulk_create(authors, batch_size=4)) == 20


def clean_bulk_update(library):
    books = list(library.Book.objects.all())
    assert library.Book.objects.bulk_update(books, ["price"], batch_size=4) == 15


def clean_create(library):
    assert [library.Country.objects.create(name=f"n{number}").pk for number in range(5)]


def clean_save(library):
    for book in library.Book.objects.all():
        book.price += 1
        book.save()
    assert library.Book.objects.filter(price=11).count() == 15


def clean_get_or_create_of_what_is_new(library):
    assert all(library.Tag.objects.get_or_create(name=f"n{number}")[1] for number in range(5))


def clean_update_or_create(library):
    for number in range(8):
        library.Tag.objects.update_or_create(name=f"t{number}", defaults={"name": f"n{number}"})
    assert library.Tag.objects.filter(name__startswith="n").count() == 8


def clean_delete_with_what_depends(library):
    for author in library.Author.objects.all():
        author.delete()
    assert not library.Book.objects.exists()


def clean_many_to_many_add(library):
    tag = library.Tag.objects.create(name="new")
    for book in library.Book.objects.all():
        book.tags.add(tag)
    assert tag.book_set.count() == 15


def clean_many_to_many_set(library):
    tags = list(library.Tag.objects.all())
    for number, book in enumerate(library.Book.objects.all()):
        book.tags.set([tags[(number + 2) % 4], tags[(number + 3) % 4]])
    assert library.Book.objects.first().tags.count() == 2


def clean_validation_before_each_insert(library):
    author, day = library.Author.objects.first(), dt.date(2025, 1, 1)
    for number in range(5):
        book = library.Book(title="x", isbn=f"n{number}", published=day, author=author)
        book.validate_unique()
        book.save()
    assert library.Book.objects.count() == 20


def clean_savepoints(library):
    for number in range(5):
        with pytest.raises(IntegrityError), transaction.atomic():
            library.Book.objects.create(isbn=f"i{number}", published=dt.date(2025, 1, 1), author_id=1)
    assert library.Book.objects.count() == 15


def clean_migrations(library):
    call_command("migrate", "words", "zero", database="bare", verbosity=0)
    call_command("migrate", "auth", database="bare", verbosity=0)
    call_command("migrate", "sessions", database="bare", verbosity=0)
    assert library.Author.objects.count() == 5


def clean_dump_and_load(library, tmp_path):
    file = str(tmp_path / "all.json")
    call_command("dumpdata", "library", output=file, natural_foreign=True, verbosity=0)
    call_command("loaddata", file, verbosity=0)
    assert library.Author.objects.count() == 5


def clean_polling(library):
    job = library.Job.objects.create(run_at=timezone.now())
    for _ in range(6):
        job.refresh_from_db()
    assert job.state == "new"


def clean_polling_until_now(library):
    library.Job.objects.create(run_at=timezone.now())
    for _ in range(6):
        assert library.Job.objects.filter(state="new", run_at__lte=timezone.now()).count() == 1


def clean_queue_of_jobs(library):
    now = timezone.now()
    library.Job.objects.bulk_create(library.Job(run_at=now) for _ in range(5))
    while job := library.Job.objects.filter(state="new").order_by("pk").first():
        job.state = "done"
        job.save()
    assert library.Job.objects.filter(state="done").count() == 5


def clean_retry(library):
    for _ in range(4):
        found = library.Author.objects.filter(name="nobody").first()
    assert found is None


def clean_retry_of_two(library):
    for number in (1, 2):
        for _ in range(3):
            found = library.Book.objects.filter(pk=number, price=0).first()
    assert found is None


def clean_request_for_each_page(library):
    for number in range(1, 6):
        assert Client().get(f"/books/{number}").status_code == 200


def clean_request_for_each_part(library):
    sizes = [len(Client().get(f"/pages?after={after}").content.split()) for after in range(0, 12, 3)]
    assert sizes == [3, 3, 3, 3]


def clean_request_of_each_user(library):
    for number in range(4):
        client = Client()
        client.force_login(User.objects.create(username=f"u{number}"))
        assert client.get("/mine").content == b"u%d" % number


def clean_page_of_a_site(library):
    for _ in range(3):
        assert b"b1: a1" in Client().get("/joined").content


def clean_same_statement_from_three_lines(library):
    assert library.Author.objects.get(name="a1").pk
    assert library.Author.objects.get(name="a2").pk
    assert library.Author.objects.get(name="a3").pk


def _price_of(library, number):
    return library.Book.objects.get(pk=number).price


def clean_same_function_from_three_lines(library):
    first = _price_of(library, 1)
    second = _price_of(library, 2)
    third = _price_of(library, 3)
    assert first == second == third


def clean_same_function_three_times_in_one_line(library):
    assert (_price_of(library, 1), _price_of(library, 2), _price_of(library, 3)) == (10, 10, 10)


def _check(library, number):
    return _price_of(library, number) == 10


def clean_same_function_from_different_depths(library):
    assert _price_of(library, 1) == 10
    assert _check(library, 2)
    assert [_check(library, 3)]


def clean_two_only(library):
    assert [library.Book.objects.get(pk=number).title for number in (1, 2)]


def clean_model_after_model(library):
    kinds = (library.Author, library.Book, library.Tag, library.Country, library.Profile)
    assert all(kind.objects.filter(pk=1).exists() for kind in kinds)


def clean_generic_relation_prefetched(library):
    things = [*library.Author.objects.all()[:3], *library.Book.objects.all()[:3], *library.Tag.objects.all()[:3]]
    for thing in things:
        library.Note.objects.create(text="x", about=thing)
    assert [str(note.about.pk) for note in library.Note.objects.prefetch_related("about")]

"""A project of Django's with two databases, on SQLite or, where the environment names a server, PostgreSQL."""

from __future__ import annotations

FILES = {
    "manage.py": """
        import os, sys
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_settings")
        from django.core.management import execute_from_command_line
        if __name__ == "__main__":
            execute_from_command_line(sys.argv)
    """,
    "site_settings.py": """
        import os
        SECRET_KEY = "x"
        INSTALLED_APPS = ["shop"]
        DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
        SERVER = {"HOST": os.environ.get("PGHOST"), "USER": os.environ.get("PGUSER")}
        ENGINE = "django.db.backends." + ("postgresql" if SERVER["HOST"] else "sqlite3")
        DATABASES = {
            "default": {"ENGINE": ENGINE, "NAME": "real_db", **SERVER},
            "archive": {"ENGINE": ENGINE, "NAME": "archive_db", **SERVER},
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
        import time
        from django.db import connection, transaction
        from django.test import TestCase, TransactionTestCase
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

        class Changing(TransactionTestCase):
            def test_transactions(self):
                with transaction.atomic():
                    Author.objects.create(name="x")
                    with transaction.atomic():
                        Author.objects.create(name="y")
                try:
                    with transaction.atomic():
                        Author.objects.update(name="z")
                        raise ValueError
                except ValueError:
                    self.assertEqual(sorted(Author.objects.values_list("name", flat=True)), ["x", "y"])

            def test_takes_long(self):
                with connection.cursor() as cursor:
                    if connection.vendor == "sqlite":
                        connection.connection.create_function("pg_sleep", 1, time.sleep)
                    cursor.execute("SELECT pg_sleep(0.15), 'secret'")
    """,
}
RUNNER = "--testrunner=callbox.telemetry.django.TelemetryTestRunner"

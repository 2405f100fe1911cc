"""Books and those who write them: every kind of relation that Django has."""

from __future__ import annotations

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models


class Country(models.Model):
    name = models.CharField(max_length=50)


class Author(models.Model):
    name = models.CharField(max_length=50)
    bio = models.TextField(default="")
    country = models.ForeignKey(Country, on_delete=models.CASCADE)
    mentor = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="pupils")

    @property
    def latest_title(self) -> str:
        return self.book_set.order_by("-published").first().title


class Profile(models.Model):
    author = models.OneToOneField(Author, on_delete=models.CASCADE)
    motto = models.CharField(max_length=50)


class Tag(models.Model):
    name = models.CharField(max_length=50)


class Book(models.Model):
    title = models.CharField(max_length=50)
    isbn = models.CharField(max_length=50, unique=True)
    price = models.IntegerField(default=10)
    published = models.DateField()
    author = models.ForeignKey(Author, on_delete=models.CASCADE)
    tags = models.ManyToManyField(Tag)

    def __str__(self) -> str:
        return f"{self.title} by {self.author.name}"


class Job(models.Model):
    state = models.CharField(max_length=50, default="new")
    run_at = models.DateTimeField()


class Note(models.Model):
    text = models.CharField(max_length=50)
    kind = models.ForeignKey(ContentType, on_delete=models.CASCADE)
    about_id = models.PositiveIntegerField()
    about = GenericForeignKey("kind", "about_id")

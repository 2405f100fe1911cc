"""An app with migrations of its own."""

from __future__ import annotations

from django.db import models


class Word(models.Model):
    text = models.CharField(max_length=50)
    length = models.IntegerField(default=0)

"""A column, filled row by row."""

from __future__ import annotations

from django.db import migrations, models


def measure(apps, editor):
    words = apps.get_model("words", "Word").objects.using(editor.connection.alias)
    for number in words.values_list("pk", flat=True):
        found = words.get(pk=number)
        found.length = len(found.text)
        found.save()


class Migration(migrations.Migration):
    dependencies = (("words", "0001_initial"),)
    operations = (
        migrations.AddField("Word", "length", models.IntegerField(default=0)),
        migrations.RunPython(measure, migrations.RunPython.noop),
    )

"""The table, and what stands in it from the beginning."""

from __future__ import annotations

from django.db import migrations, models


def fill(apps, editor):
    word = apps.get_model("words", "Word")
    word.objects.using(editor.connection.alias).bulk_create([word(text="w" * length) for length in range(1, 6)])


class Migration(migrations.Migration):
    initial = True
    dependencies = ()
    operations = (
        migrations.CreateModel(
            "Word",
            [("id", models.BigAutoField(primary_key=True)), ("text", models.CharField(max_length=50))],
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    )

"""Tables and columns by their usual names. Rows are kept."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("upscaler", "0017_one_normal_form")]

    operations = [
        migrations.RemoveConstraint("knock", "knock_once_per_address"),
        migrations.RenameModel("Knock", "LoginAttempt"),
        migrations.RenameField("loginattempt", "door", "scope"),
        migrations.AddConstraint(
            "loginattempt",
            models.UniqueConstraint(fields=["scope", "address"], name="one_row_per_scope_and_address"),
        ),
    ]

"""Columns by their usual names. Rows are kept."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("upscaler", "0019_labels")]

    operations = [
        migrations.RenameField("upscalemodel", "shipped", "builtin_name"),
        migrations.RenameField("job", "extras_error", "derived_files_error"),
        migrations.RenameField("video", "extras_error", "derived_files_error"),
        migrations.AlterField(
            model_name="video",
            name="upscale_of",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="imports",
                to="upscaler.video",
            ),
        ),
    ]

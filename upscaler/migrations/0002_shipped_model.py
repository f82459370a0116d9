"""The model that comes with the app."""

from django.db import migrations

from upscaler.pipeline.networks.builtin import DEFAULT, BUILTIN


def add(apps, schema_editor):
    weights = BUILTIN[DEFAULT]
    apps.get_model("upscaler", "UpscaleModel").objects.create(
        name=weights.name,
        shipped=weights.name,
        state="ready",
        architecture=weights.architecture,
        scale=weights.scale,
        sha256=weights.sha256,
        size=weights.path.stat().st_size,
        licence="BSD-3-Clause, Xintao Wang",
        notes="Real-ESRGAN's small network for video: quick, clean, made for drawn pictures.",
    )


def remove(apps, schema_editor):
    apps.get_model("upscaler", "UpscaleModel").objects.filter(shipped=DEFAULT).delete()


class Migration(migrations.Migration):
    dependencies = [("upscaler", "0001_initial")]
    operations = [migrations.RunPython(add, remove)]

"""Videos that were measured before their own clock was accounted for are measured again; jobs go on as they were."""

from __future__ import annotations

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def measure_again(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """The reaper enqueues them. What was measured before holds if that fails, and no job starts by itself."""
    videos = apps.get_model("upscaler", "Video")
    for video in videos.objects.filter(state="ready").only("id", "facts_json").iterator():
        if "pieces" not in (video.facts_json or {}):
            videos.objects.filter(pk=video.pk).update(state="probing", starts_job=False)


class Migration(migrations.Migration):
    dependencies = [("upscaler", "0014_knocks_at_accounts")]
    operations = [migrations.RunPython(measure_again, migrations.RunPython.noop)]

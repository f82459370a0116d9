"""Videos that were measured by an older version are measured again; jobs of its kind can't be gone on with."""

from __future__ import annotations

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

UNFINISHED = ("queued", "rendering", "paused", "assembling", "verifying")
UPGRADED = "HaloWeb was upgraded while this job ran, and now renders in another way. Start it again."


def measure_again(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """The reaper enqueues the analysis. No job starts by itself; one that is retried starts from the beginning."""
    jobs = apps.get_model("upscaler", "Job").objects.filter(state__in=UNFINISHED)
    segments = apps.get_model("upscaler", "Segment").objects.filter(job__in=list(jobs.values_list("pk", flat=True)))
    segments.update(state="waiting", key="", lease_until=None)
    jobs.update(state="failed", error=UPGRADED, frames_done=0, engine_json=None)
    videos = apps.get_model("upscaler", "Video")
    for video in videos.objects.filter(state="ready").only("id", "facts_json").iterator():
        if "time_base" not in (video.facts_json or {}):
            videos.objects.filter(pk=video.pk).update(state="probing", starts_job=False)


class Migration(migrations.Migration):
    dependencies = [("upscaler", "0003_any_clip")]
    operations = [migrations.RunPython(measure_again, migrations.RunPython.noop)]

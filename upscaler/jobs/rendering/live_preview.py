"""Pictures of the current frame, before and after, which the render process writes and the job's page shows."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from django.conf import settings

from upscaler.live import log
from upscaler.media.artifacts import artifact_publish, artifacts_delete
from upscaler.media.files import Scratch, scratch_path
from upscaler.models import Artifact, Job
from upscaler.models.artifact import ArtifactKind

MAX_PAIRS = 10


def folder_of(job: Job) -> Path:
    """Return the folder to which this worker's render process writes them."""
    return scratch_path(Scratch.LIVE_PREVIEW, f"{job.pk}-{os.getpid()}")


def delete_of(job: Job) -> None:
    """Delete this worker's pictures of a job."""
    shutil.rmtree(folder_of(job), ignore_errors=True)


def delete_all() -> None:
    """Delete this worker's pictures of all jobs."""
    for folder in Path(settings.SCRATCH).glob(f"{Scratch.LIVE_PREVIEW}-*-{os.getpid()}"):
        shutil.rmtree(folder, ignore_errors=True)


def show(job: Job, answer: dict[str, Any]) -> None:
    """Publish the pictures of an answer of kind "pair", and delete all but the newest MAX_PAIRS pairs."""
    plan = job.plan
    sizes = (plan.source.width, plan.source.height), (plan.network.width, plan.network.height)
    kinds = ArtifactKind.LIVE_BEFORE, ArtifactKind.LIVE_AFTER
    ids = []
    for kind, size, side in zip(kinds, sizes, ("before", "after"), strict=True):
        file = Path(answer[side])
        artifact = artifact_publish(
            of=job, kind=kind, file=file, name=f"live/{file.name}", size=size, frame=answer["number"]
        )
        ids.append(str(artifact.pk))
        older = Artifact.objects.filter(job=job, kind=kind).order_by("-created_at")[MAX_PAIRS:]
        artifacts_delete(list(older))
    log.append(job, {"kind": "pair", "frame": answer["number"], "before": ids[0], "after": ids[1]})

"""Pictures of frames under work, before and after, that a worker's child leaves and a job's page shows."""

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

KEPT = 10


def folder_of(job: Job) -> Path:
    """Where this worker's child leaves them."""
    return scratch_path(Scratch.LIVE_PREVIEW, f"{job.pk}-{os.getpid()}")


def discard(job: Job) -> None:
    """What this worker has of a job."""
    shutil.rmtree(folder_of(job), ignore_errors=True)


def discard_all() -> None:
    """What this worker has of any job."""
    for folder in Path(settings.SCRATCH).glob(f"{Scratch.LIVE_PREVIEW}-*-{os.getpid()}"):
        shutil.rmtree(folder, ignore_errors=True)


def show(job: Job, answer: dict[str, Any]) -> None:
    """Publish an answer of kind "pair", and tell the page; those before it go, but for some."""
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
        old = Artifact.objects.filter(job=job, kind=kind).order_by("-created_at")[KEPT:]
        artifacts_delete(list(old))
    log.append(job, {"kind": "pair", "frame": answer["number"], "before": ids[0], "after": ids[1]})

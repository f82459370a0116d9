"""Turns an imported upscale into a result of its original, like any other."""

from __future__ import annotations

import logging
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid5

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from upscaler.jobs import queues
from upscaler.jobs.actions import lifecycle, removal
from upscaler.jobs.base import disk_space, stopping
from upscaler.jobs.base.failures import may_pass
from upscaler.jobs.base.leases import must_hold
from upscaler.library.listing import listing_follow
from upscaler.live import log
from upscaler.media.files import Scratch, folder_delete, scratch_folder, source_path, store_file
from upscaler.models import Artifact, Job, JobState, Video, VideoState
from upscaler.models.artifact import ArtifactKind
from upscaler.models.job import ImportedResult
from upscaler.pipeline.comparison import imported
from upscaler.pipeline.core.errors import PipelineError, Refused, Stopped
from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.networks.weights import sha256_of

logger = logging.getLogger(__name__)

JOBS = UUID("0b1f2f2c-5a3b-4d0e-9f55-6a0b8d8f4a11")
"""The namespace of ids of imported jobs, which are derived from the file's, so that a second start doesn't create a
second job."""


@dataclass(frozen=True)
class _StoredFile:
    """A file that is stored under its key, but has no row yet."""

    kind: ArtifactKind
    key: str
    size: int
    sha256: str


def ids_of_jobs() -> set[UUID]:
    """Return the ids of the jobs that files will become. Their folders may exist before their rows."""
    videos = Video.objects.filter(state=VideoState.PAIRING).values_list("pk", flat=True)
    return {uuid5(JOBS, str(pk)) for pk in videos}


def match(video: Video, path: Path, made: Facts) -> None:
    """Turn a file into a finished job of its original, and delete ``video``. If it doesn't match, it stays a video.

    Raises Stopped if it was deleted, and PipelineError if the disk is full or the failure may pass.
    """
    scratch = scratch_folder(Scratch.MATCHING, video.pk)
    try:
        _match(video, path, made, scratch)
    except Stopped:
        raise
    except PipelineError as error:
        if disk_space.temporary_reason(error) or may_pass(error, video):
            raise
        logger.info("Video %s doesn't match its original: %s\n%s", video.pk, error.message, error.detail)
        notice = f"Could not be matched to the original; kept as a separate video. {error.message}"
        if lifecycle.video_advance(video, VideoState.READY, come_from=(VideoState.PAIRING,), notice=notice):
            queues.enqueue_proxy(video.pk)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _match(video: Video, path: Path, made: Facts, scratch: Path) -> None:
    original = video.upscale_of
    if original is None or original.trashed_at is not None or original.facts is None:
        raise Refused("The original was deleted.")
    limits = settings.ENVIRONMENT.limits
    with source_path(original.key, stopping.raise_if_cancelled) as source:
        fit = imported.fit(source, original.facts, path, made, limits, stopping.raise_if_cancelled)
    job = Job(
        id=uuid5(JOBS, str(video.pk)),
        video=original,
        import_json=ImportedResult(video.title, video.original_name, made.begins).to_json(),
        recipe_json=fit.recipe.to_json(),
        plan_json=fit.plan.to_json(),
        state=JobState.DONE,
        frames_total=fit.plan.frame_count,
        frames_done=fit.plan.frame_count,
        finished_at=timezone.now(),
    )
    files = [(ArtifactKind.RESULT, _linked(path, scratch), f"result.{imported.ending(made)}")]
    if not imported.plays(made, fit.plan):
        copy = scratch / "playable.mp4"
        imported.make_copy(path, made, fit.plan, copy, limits)
        files.append((ArtifactKind.PLAYABLE, copy, "playable.mp4"))
    must_hold(video)
    try:
        _create_rows(job, [_store(job, *file) for file in files], video)
    except Stopped:
        raise  # the folder may be another worker's by now; otherwise tidy deletes it
    except PipelineError:
        folder_delete(job.folder)
        raise


def _linked(path: Path, scratch: Path) -> Path:
    """Return a hard link to a file, or a copy, so that the file stays until the rows are written."""
    linked = scratch / "result"
    try:
        os.link(path, linked)
    except OSError:
        shutil.copyfile(path, linked)
    return linked


def _store(job: Job, kind: ArtifactKind, file: Path, name: str) -> _StoredFile:
    key = f"{job.folder}/{name}"
    stored = _StoredFile(kind, key, file.stat().st_size, sha256_of(file))
    store_file(file, key)
    return stored


def _create_rows(job: Job, files: list[_StoredFile], video: Video) -> None:
    """Create the job with its files and delete its video, in one transaction."""
    plan, original = job.plan, job.video
    with transaction.atomic():
        must_hold(video)
        if not Video.objects.select_for_update().filter(pk=original.pk, trashed_at__isnull=True).exists():
            raise Refused("The original was deleted in the meantime.")
        if not Video.objects.filter(pk=video.pk, trashed_at__isnull=True).exists():
            raise Refused("The imported result was moved to the trash in the meantime.")
        job.save(force_insert=True)
        Artifact.objects.bulk_create(
            Artifact(
                job=job,
                kind=file.kind,
                key=file.key,
                size=file.size,
                sha256=file.sha256,
                width=plan.output.width,
                height=plan.output.height,
            )
            for file in files
        )
        removal.video_delete(video=video)
        listing_follow([original.pk])
        where = f", from frame {plan.first_frame} of the original" if plan.is_trimmed else ""
        frames = f"{plan.frame_count} frames, {plan.output.width}x{plan.output.height}"
        log.append(job, {"kind": "log", "text": f"Imported result: {frames}{where}."})
        lifecycle.log_stage(job, JobState.DONE)
        queues.enqueue_comparison(job.pk)

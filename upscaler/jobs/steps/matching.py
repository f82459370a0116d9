"""A file that was brought as an upscale made elsewhere becomes a result of its original, like any other."""

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
"""Namespace: the job that a file becomes has an id that follows from the file's, so that a second start does not
leave a second one."""


@dataclass(frozen=True)
class _Kept:
    """A file that has its key, and no row yet."""

    kind: ArtifactKind
    key: str
    size: int
    sha256: str


def ids_of_jobs() -> set[UUID]:
    """Of the jobs that files at hand become: their folders may be there before their rows."""
    videos = Video.objects.filter(state=VideoState.PAIRING).values_list("pk", flat=True)
    return {uuid5(JOBS, str(pk)) for pk in videos}


def pair_up(video: Video, path: Path, made: Facts) -> None:
    """Make it a job of its original, in state done; ``video`` is gone then. One that does not fit stays, and says why.

    Raises Stopped when it is not wanted any more, and PipelineError where the disk is full, or a failure may pass.
    """
    scratch = scratch_folder(Scratch.MATCHING, video.pk)
    try:
        _pair_up(video, path, made, scratch)
    except Stopped:
        raise
    except PipelineError as error:
        if disk_space.temporary_reason(error) or may_pass(error, video):
            raise
        logger.info("video %s does not fit its original: %s\n%s", video.pk, error.message, error.detail)
        notice = f"It could not be put beside the original, and stays a video of its own. {error.message}"
        if lifecycle.video_advance(video, VideoState.READY, come_from=(VideoState.PAIRING,), notice=notice):
            queues.enqueue_proxy(video.pk)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _pair_up(video: Video, path: Path, made: Facts, scratch: Path) -> None:
    original = video.upscale_of
    if original is None or original.trashed_at is not None or original.facts is None:
        raise Refused("The original is not there any more.")
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
        _write_down(job, [_keep(job, *file) for file in files], video)
    except Stopped:
        raise  # the folder may be another worker's by now; if it is nobody's, it goes when things are tidied
    except PipelineError:
        folder_delete(job.folder)
        raise


def _linked(path: Path, scratch: Path) -> Path:
    """The file under a second name, so that the first stays until the rows are written; a copy where links can't be."""
    linked = scratch / "result"
    try:
        os.link(path, linked)
    except OSError:
        shutil.copyfile(path, linked)
    return linked


def _keep(job: Job, kind: ArtifactKind, file: Path, name: str) -> _Kept:
    key = f"{job.folder}/{name}"
    kept = _Kept(kind, key, file.stat().st_size, sha256_of(file))
    store_file(file, key)
    return kept


def _write_down(job: Job, kept: list[_Kept], video: Video) -> None:
    """The job with its files, and the video that it was goes. All of it or nothing."""
    plan, original = job.plan, job.video
    with transaction.atomic():
        must_hold(video)
        if not Video.objects.select_for_update().filter(pk=original.pk, trashed_at__isnull=True).exists():
            raise Refused("The original was deleted in the meantime.")
        if not Video.objects.filter(pk=video.pk, trashed_at__isnull=True).exists():
            raise Refused("It was put into the trash in the meantime.")
        job.save(force_insert=True)
        Artifact.objects.bulk_create(
            Artifact(
                job=job,
                kind=one.kind,
                key=one.key,
                size=one.size,
                sha256=one.sha256,
                width=plan.output.width,
                height=plan.output.height,
            )
            for one in kept
        )
        removal.video_delete(video=video)
        listing_follow([original.pk])
        where = f", from frame {plan.first_frame} of the original on" if plan.is_trimmed else ""
        frames = f"{plan.frame_count} frames, {plan.output.width}x{plan.output.height}"
        log.append(job, {"kind": "log", "text": f"Brought here, made elsewhere: {frames}{where}."})
        lifecycle.say_stage(job, JobState.DONE)
        queues.enqueue_comparison(job.pk)

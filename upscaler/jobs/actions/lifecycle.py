"""Changes the states of jobs and videos by conditional UPDATEs, each with an event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from upscaler.jobs import queues
from upscaler.library.listing import listing_follow, listing_write
from upscaler.live import log
from upscaler.media.files import delete_file
from upscaler.models import Job, JobState, Segment, SegmentState, UpscaleModel, Video, VideoState
from upscaler.models.job import ACTIVE_STATES, RENDERABLE_STATES
from upscaler.pipeline.core.errors import PipelineError, Refused
from upscaler.pipeline.core.recipe import Recipe
from upscaler.pipeline.networks.backend import Engine
from upscaler.pipeline.networks.speed_cache import expected
from upscaler.pipeline.planning.plan import make_plan, segment_frames
from upscaler.selectors.choices import presets_available

LISTED = {"facts_json", "size"}
"""Columns that change during analysis, and that the library sorts and filters by."""


def job_create(*, video: Video, model: UpscaleModel, recipe: Recipe) -> Job:
    """Plan a run and queue it. Raises Refused if the recipe can't be applied to this video."""
    facts = video.facts
    if video.state != VideoState.READY or facts is None:
        raise Refused("This video isn't ready yet: it is still being analysed.")
    reasons = {preset.name: reason for preset, reason in presets_available()}
    if reason := reasons.get(recipe.preset):
        raise Refused(f"The preset {recipe.preset} can't be used: {reason}")
    environment = settings.ENVIRONMENT
    plan = make_plan(facts, recipe, model.scale, environment.limits)
    plan = plan.cut(environment.segment_frames or segment_frames(expected(model.weights, plan, settings.TUNED)))
    with transaction.atomic():
        if not Video.objects.select_for_update().filter(pk=video.pk, trashed_at__isnull=True).exists():
            raise Refused("This video is in the trash. Restore it first.")
        job = Job.objects.create(
            video=video,
            model=model,
            recipe_json=recipe.to_json(),
            plan_json=plan.to_json(),
            frames_total=plan.frame_count,
        )
        Segment.objects.bulk_create(
            Segment(job=job, index=index, start=start, end=end) for index, (start, end) in enumerate(plan.segments)
        )
        listing_follow([video.pk])
        log_stage(job, JobState.QUEUED)
        log.append(
            job,
            {
                "kind": "log",
                "text": f"{plan.frame_count} frames, {plan.source.width}x{plan.source.height} to "
                f"{plan.output.width}x{plan.output.height} with {model.name}.",
            },
        )
        queues.enqueue_render()
    return job


def advance(job: Job, to: JobState, *, come_from: tuple[JobState, ...], **values: Any) -> bool:
    """Change a job's state if it is in one of ``come_from``. Return False, and change nothing, if it isn't."""
    with transaction.atomic():
        if not Job.objects.filter(pk=job.pk, state__in=come_from).update(state=to, **values):
            return False
        listing_follow([job.video_id])
        log_stage(job, to)
    job.state = to
    return True


def begin_rendering(job: Job) -> None:
    """Mark a job as being rendered, when its first segment is claimed."""
    values = {} if job.started_at else {"started_at": timezone.now()}
    advance(job, JobState.RENDERING, come_from=(JobState.QUEUED,), **values)


def freeze_engine(job: Job, engine: Engine) -> Engine:
    """Store the engine that renders the first segment, unless one is stored. Return that of all segments."""
    Job.objects.filter(pk=job.pk, engine_json__isnull=True).update(engine_json=asdict(engine))
    job.refresh_from_db(fields=["engine_json"])
    return Engine(**(job.engine_json or {}))


def job_fail(job: Job, error: PipelineError) -> None:
    """Mark a job as failed. Its finished segments are kept."""
    values = {
        "waits_for": "",
        "error": error.message,
        "error_detail": error.detail[-4000:],
        "finished_at": timezone.now(),
    }
    if advance(job, JobState.FAILED, come_from=ACTIVE_STATES, **values):
        log.append(job, {"kind": "failed", "error": error.message})


def job_finish(job: Job) -> bool:
    """Mark a job as done, once its result is published. Return False if it isn't being checked any more."""
    if not advance(job, JobState.DONE, come_from=(JobState.VERIFYING,), waits_for="", finished_at=timezone.now()):
        return False
    log.append(job, {"kind": "finished"})
    return True


def job_pause(*, job: Job) -> bool:
    """Pause a job until it is resumed. Its current segment is abandoned, and its GPU memory is free within 2 seconds.
    Return False if it can't be paused."""
    with transaction.atomic():
        if not advance(job, JobState.PAUSED, come_from=RENDERABLE_STATES, waits_for="", fps=None):
            return False
        log.append(job, {"kind": "log", "text": "Paused."})
    return True


def job_resume(*, job: Job) -> bool:
    """Resume a paused job from its last segment."""
    with transaction.atomic():
        if not advance(job, JobState.QUEUED, come_from=(JobState.PAUSED,)):
            return False
        log.append(job, {"kind": "log", "text": "Resumed."})
        queues.enqueue_render()
    return True


def job_wait(job: Job, reason: str) -> None:
    """Store why a job waits, or "" once a worker runs it. The reaper enqueues it again."""
    with transaction.atomic():
        unfinished = Job.objects.filter(
            pk=job.pk, state__in=(*RENDERABLE_STATES, JobState.ASSEMBLING, JobState.VERIFYING)
        )
        if unfinished.exclude(waits_for=reason).update(waits_for=reason):
            log.append(job, {"kind": "waits", "text": reason})


def job_retry(*, job: Job) -> bool:
    """Retry a failed job from its finished segments. Return False if it has not failed."""
    with transaction.atomic():
        waiting = job.segments.exclude(state=SegmentState.DONE)
        to = JobState.QUEUED if waiting.exists() else JobState.ASSEMBLING
        cleared = {"error": "", "error_detail": "", "finished_at": None}
        if not advance(job, to, come_from=(JobState.FAILED,), **cleared):
            return False
        waiting.filter(state=SegmentState.FAILED).update(state=SegmentState.WAITING, attempt=0, error="")
        log.append(job, {"kind": "log", "text": "Retrying from the finished segments."})
        if to == JobState.QUEUED:
            queues.enqueue_render()
        else:
            queues.enqueue_assembly(job.pk)
    return True


def video_advance(video: Video, to: VideoState, *, come_from: Sequence[VideoState], **values: Any) -> bool:
    """Change a video's state if it is in one of ``come_from``. Return False, and change nothing, if it isn't."""
    with transaction.atomic():
        if not Video.objects.filter(pk=video.pk, state__in=come_from).update(state=to, **values):
            return False
        if LISTED & values.keys():
            listing_write([video.pk])
        else:
            listing_follow([video.pk])
        log.append(video, {"kind": "stage", "state": to.value, "label": to.label})
    video.state = to
    return True


def video_measure_again(*, video: Video) -> bool:
    """Analyse a refused video again. One without a file is joined or downloaded again. Return False for any other."""
    without_file = VideoState.FETCHING if video.imported_from else VideoState.JOINING
    to = VideoState.PROBING if default_storage.exists(video.key) else without_file
    with transaction.atomic():
        if not video_advance(video, to, come_from=(VideoState.REFUSED,), error="", notice=""):
            return False
        queues.enqueue_analysis(video.pk)
    return True


def film_arrived(film: Video, *, size: int) -> bool:
    """Have a joined video analysed like an upload. Return False if it was deleted in the meantime."""
    return video_advance(film, VideoState.PROBING, come_from=(VideoState.JOINING,), size=size)


def video_fetched(video: Video, *, size: int, **values: Any) -> bool:
    """Have a downloaded video analysed like an upload. Return False if it was deleted in the meantime."""
    return video_advance(video, VideoState.PROBING, come_from=(VideoState.FETCHING,), size=size, **values)


def video_discard_late(video: Video) -> None:
    """Delete the file of a video that no longer waits for it, unless another worker has stored its own there."""
    waiting = (VideoState.JOINING, VideoState.FETCHING, VideoState.REFUSED)
    if not Video.objects.filter(pk=video.pk).exclude(state__in=waiting).exists():
        delete_file(video.key)


def job_render_again(job: Job) -> bool:
    """Queue a job whose damaged segments have to be rendered again before it can be assembled."""
    return advance(job, JobState.QUEUED, come_from=(JobState.ASSEMBLING, JobState.VERIFYING))


def log_stage(job: Job, state: JobState) -> None:
    """Log a job's state for the pages that watch it."""
    log.append(job, {"kind": "stage", "state": state.value, "label": state.label})

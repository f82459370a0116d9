"""The states of a job and who may change them: conditional UPDATEs, and an event for each."""

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
"""Of what is learnt about a video on its way: what the library sorts and filters by."""


def job_create(*, video: Video, model: UpscaleModel, recipe: Recipe) -> Job:
    """Plan a run and queue it. Raises Refused when the recipe can't be done with this video."""
    facts = video.facts
    if video.state != VideoState.READY or facts is None:
        raise Refused("This video is not ready yet; wait until it is measured.")
    reasons = {preset.name: reason for preset, reason in presets_available()}
    if reason := reasons.get(recipe.preset):
        raise Refused(f"The preset {recipe.preset} can't be used: {reason}")
    environment = settings.ENVIRONMENT
    plan = make_plan(facts, recipe, model.scale, environment.limits)
    plan = plan.cut(environment.segment_frames or segment_frames(expected(model.weights, plan, settings.TUNED)))
    with transaction.atomic():
        if not Video.objects.select_for_update().filter(pk=video.pk, trashed_at__isnull=True).exists():
            raise Refused("This video is in the trash; take it out of there first.")
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
        say_stage(job, JobState.QUEUED)
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
    """Move a job on, if it still is where we think it is. False if it is not: leave it alone."""
    with transaction.atomic():
        if not Job.objects.filter(pk=job.pk, state__in=come_from).update(state=to, **values):
            return False
        listing_follow([job.video_id])
        say_stage(job, to)
    job.state = to
    return True


def begin_rendering(job: Job) -> None:
    """The first segment of the job is in work."""
    values = {} if job.started_at else {"started_at": timezone.now()}
    advance(job, JobState.RENDERING, come_from=(JobState.QUEUED,), **values)


def freeze_engine(job: Job, engine: Engine) -> Engine:
    """Remember what makes the first pixels; gives what the job is to be made with, by whoever goes on with it."""
    Job.objects.filter(pk=job.pk, engine_json__isnull=True).update(engine_json=asdict(engine))
    job.refresh_from_db(fields=["engine_json"])
    return Engine(**(job.engine_json or {}))


def job_fail(job: Job, error: PipelineError) -> None:
    """It ended without a result. What was rendered is kept."""
    values = {
        "waits_for": "",
        "error": error.message,
        "error_detail": error.detail[-4000:],
        "finished_at": timezone.now(),
    }
    if advance(job, JobState.FAILED, come_from=ACTIVE_STATES, **values):
        log.append(job, {"kind": "failed", "error": error.message})


def job_finish(job: Job) -> bool:
    """The result is published."""
    if not advance(job, JobState.DONE, come_from=(JobState.VERIFYING,), waits_for="", finished_at=timezone.now()):
        return False
    log.append(job, {"kind": "finished"})
    return True


def job_pause(*, job: Job) -> bool:
    """Leave it alone until it is resumed: the segment under work is given up, and what it took of the GPU is free
    within a second or two. False if it is not one that could be paused."""
    with transaction.atomic():
        if not advance(job, JobState.PAUSED, come_from=RENDERABLE_STATES, waits_for="", fps=None):
            return False
        log.append(job, {"kind": "log", "text": "Paused."})
    return True


def job_resume(*, job: Job) -> bool:
    """Go on with a job that was paused, from its last segment."""
    with transaction.atomic():
        if not advance(job, JobState.QUEUED, come_from=(JobState.PAUSED,)):
            return False
        log.append(job, {"kind": "log", "text": "Goes on."})
        queues.enqueue_render()
    return True


def job_wait(job: Job, reason: str) -> None:
    """Say why nobody works on it for now, "" once somebody does; the reaper enqueues it again."""
    with transaction.atomic():
        wanted = Job.objects.filter(pk=job.pk, state__in=(*RENDERABLE_STATES, JobState.ASSEMBLING, JobState.VERIFYING))
        if wanted.exclude(waits_for=reason).update(waits_for=reason):
            log.append(job, {"kind": "waits", "text": reason})


def job_retry(*, job: Job) -> bool:
    """Go on with a job that failed, from what was rendered. False if it has not failed."""
    with transaction.atomic():
        waiting = job.segments.exclude(state=SegmentState.DONE)
        to = JobState.QUEUED if waiting.exists() else JobState.ASSEMBLING
        ended = {"error": "", "error_detail": "", "finished_at": None}
        if not advance(job, to, come_from=(JobState.FAILED,), **ended):
            return False
        waiting.filter(state=SegmentState.FAILED).update(state=SegmentState.WAITING, attempt=0, error="")
        log.append(job, {"kind": "log", "text": "Started again from what was rendered."})
        if to == JobState.QUEUED:
            queues.enqueue_render()
        else:
            queues.enqueue_assembly(job.pk)
    return True


def video_advance(video: Video, to: VideoState, *, come_from: Sequence[VideoState], **values: Any) -> bool:
    """Move a video on, if it still is where we think it is, and say so. False if it is not: leave it alone."""
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
    """Look once more at a video that was refused; a film without a file is joined once more, and what was not fetched
    is fetched once more. False for any other."""
    without_file = VideoState.FETCHING if video.imported_from else VideoState.JOINING
    to = VideoState.PROBING if default_storage.exists(video.key) else without_file
    with transaction.atomic():
        if not video_advance(video, to, come_from=(VideoState.REFUSED,), error="", notice=""):
            return False
        queues.enqueue_analysis(video.pk)
    return True


def film_arrived(film: Video, *, size: int) -> bool:
    """Its parts are joined: it goes on as an upload does. False if it is not wanted any more."""
    return video_advance(film, VideoState.PROBING, come_from=(VideoState.JOINING,), size=size)


def video_fetched(video: Video, *, size: int, **values: Any) -> bool:
    """It is here from its address: it goes on as an upload does. False if it is not wanted any more."""
    return video_advance(video, VideoState.PROBING, come_from=(VideoState.FETCHING,), size=size, **values)


def video_discard_late(video: Video) -> None:
    """Take away the file that was brought for a video that does not wait for it any more, unless that of another worker
    has arrived in its place."""
    waits = (VideoState.JOINING, VideoState.FETCHING, VideoState.REFUSED)
    if not Video.objects.filter(pk=video.pk).exclude(state__in=waits).exists():
        delete_file(video.key)


def job_render_again(job: Job) -> bool:
    """Some of its segments have to be rendered anew before it can be put together."""
    return advance(job, JobState.QUEUED, come_from=(JobState.ASSEMBLING, JobState.VERIFYING))


def say_stage(job: Job, state: JobState) -> None:
    """Tell whoever watches."""
    log.append(job, {"kind": "stage", "state": state.value, "label": state.label})

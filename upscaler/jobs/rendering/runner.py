"""The GPU worker's task: claim, render and commit segments until none is left."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection

from upscaler.jobs import queues
from upscaler.jobs.actions import lifecycle
from upscaler.jobs.base import disk_space, stopping
from upscaler.jobs.base.db_retry import retry
from upscaler.jobs.base.failures import UNFORESEEN
from upscaler.jobs.base.identity import worker_name
from upscaler.jobs.base.installation import refusal
from upscaler.jobs.rendering import claims, live_preview
from upscaler.jobs.rendering.claims import Claim
from upscaler.jobs.rendering.progress import Progress, tell_watchable
from upscaler.jobs.worker.heartbeat import heartbeat
from upscaler.jobs.worker.render_process import child
from upscaler.live import log
from upscaler.media.files import commit_file, delete_file, reading_path, source_paths, working_path
from upscaler.models import Job, JobState, Segment, SegmentState, Worker
from upscaler.models.job import RENDERABLE_STATES
from upscaler.pipeline.core.errors import PipelineError, Stopped
from upscaler.pipeline.networks.backend import Engine
from upscaler.pipeline.networks.reproducibility import incompatibility
from upscaler.pipeline.render.encode import playable_path
from upscaler.pipeline.render.render_child import Request
from upscaler.pipeline.render.segments import Rendered

logger = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
"""How often a worker looks whether its job is still wanted."""
BELL_SECONDS = 3600.0
"""After this time a task ends and enqueues the next one, so that no task is endless."""
HELD_BELLS = 2
"""How many a cluster at work takes and keeps: one in the queue of its only worker, and one on the way there."""
STOPPED_STATES = (JobState.PAUSED, JobState.CANCELLED)


class _LaterError(Exception):
    """Nothing can be done now; a later task tries again."""


def work() -> None:
    """Render whatever waits, until nothing does, or we are asked to stop."""
    try:
        _work()
    finally:
        live_preview.discard_all()


def _work() -> None:
    began, done = time.monotonic(), None
    while not stopping.requested.is_set() and not refusal():
        claim = retry(partial(claims.claim_next, worker_name(), after=done, incompatibility=_incompatibility))
        if claim is None:
            _let_go_after(done)
            return
        _call_others()
        try:
            done = claim if _render(claim) else None
        except _LaterError:
            return  # the reaper enqueues it again
        if time.monotonic() - began > BELL_SECONDS:
            queues.enqueue_render()
            return


def _let_go_after(last: Claim | None) -> None:
    """A network is kept for a while for what comes next, but not where its job was stopped between two segments."""
    if last is None or Job.objects.filter(pk=last.job.pk).exclude(state__in=STOPPED_STATES).exists():
        return
    child.end()
    heartbeat.network = ""


def _incompatibility(job: Job) -> str:
    """Why this worker may not take a job. One that can't be read fails, so that those behind it are looked at."""
    try:
        return _reason(job)
    except (DatabaseError, OSError, PipelineError):
        raise
    except Exception:
        logger.exception("job %s can't be read", job.pk)
        lifecycle.job_fail(job, PipelineError(UNFORESEEN, permanent=True))
        return UNFORESEEN


def _reason(job: Job) -> str:
    """Its pictures would differ, or there is no room for them."""
    if job.engine_json and (reason := incompatibility(Engine(**job.engine_json))):
        return f"{reason} A worker like the first one is needed; or start it anew as another job."
    return disk_space.shortage() or disk_space.job_shortage(job)


def _call_others() -> None:
    """Enqueue tasks for idle workers while more segments wait than this worker takes.

    The clusters of busy workers take tasks from the queue as well, and hold up to two of them until they are done.
    So that many more are enqueued; a task that finds nothing left does nothing.
    """
    at_work = Segment.objects.filter(state=SegmentState.CLAIMED).values_list("worker", flat=True)
    busy = set(at_work)
    idle = Worker.objects.filter(queue="gpu", refuses="", is_stopping=False).exclude(name__in=busy).count()
    if idle and queues.is_queue_empty("gpu") and claims.is_anything_free():
        for _ in range(idle + HELD_BELLS * len(busy)):
            queues.enqueue_render()


def _render(claim: Claim) -> bool:
    """Has the segment become true?"""
    job = claim.job
    lifecycle.begin_rendering(job)
    tell = _holding(claim)
    try:
        with source_paths(_read(job), tell):
            rendered = _listen(claim, working_path(claim.key))
        is_true = _commit(claim, rendered, tell)
    except Stopped:
        _abandon(claim)
        retry(lambda: claims.hand_back(claim))
    except (PipelineError, OSError) as error:
        _abandon(claim)
        _failed(claim, error)
    except BaseException:
        _abandon(claim)
        raise
    else:
        if is_true:  # whatever happens from now on, its file stays
            retry(lambda: _go_on(job))
        return is_true
    return False


def _holding(claim: Claim) -> Callable[[int], None]:
    """Renews the lease while bytes come from storage or go there. Raises Stopped when they are not wanted."""
    beaten = time.monotonic()

    def tell(_bytes: int) -> None:
        nonlocal beaten
        if stopping.requested.is_set():
            raise Stopped
        if time.monotonic() - beaten >= claims.HEARTBEAT_SECONDS:
            beaten = time.monotonic()
            _ask(claims.heartbeat, claim)

    return tell


def _listen(claim: Claim, target: Path) -> Rendered:
    """Have the child render the segment and tell the page. Raises Stopped when it is not wanted."""
    job = claim.job
    job.refresh_from_db()
    progress = Progress(job, claim.segment)
    looked = beaten = time.monotonic()
    for answer in child.render(_request(claim, target)):
        now = time.monotonic()
        if stopping.requested.is_set():
            raise Stopped
        if now - beaten >= claims.HEARTBEAT_SECONDS:
            beaten = looked = now
            _ask(claims.heartbeat, claim)
        elif now - looked >= LOOK_SECONDS:
            looked = now
            _ask(claims.is_wanted, claim)
        if answer is None:
            continue
        if answer["kind"] == "done":
            return Rendered(**answer["rendered"])
        try:
            _tell(claim, progress, answer)
        except (OperationalError, InterfaceError) as error:
            logger.warning("a page was not told (%s)", error)
            connection.close()
    raise PipelineError("The render process ended without an answer.", permanent=False)


def _ask(question: Callable[[Claim], bool], claim: Claim) -> None:
    """Raises Stopped unless the segment is still ours. While the database is away, nobody can have taken it."""
    try:
        if not question(claim):
            raise Stopped
    except (OperationalError, InterfaceError) as error:
        logger.warning("the database does not answer (%s); rendering on", error)
        connection.close()


def _tell(claim: Claim, progress: Progress, answer: dict[str, Any]) -> None:
    job = claim.job
    if answer["kind"] == "frame":
        progress.tell(answer["number"] + 1)
    elif answer["kind"] == "engine":
        _keep_to(job, Engine(**answer["engine"]))
    elif answer["kind"] == "loading":
        log.append(job, {"kind": "log", "text": "Loading the network."})
    elif answer["kind"] == "tuned":
        log.append(job, {"kind": "log", "text": answer["text"]})
    elif answer["kind"] == "pair":
        live_preview.show(job, answer)


def _keep_to(job: Job, engine: Engine) -> None:
    """Raises Stopped if another worker began this job in another way: ours is then begun again, like theirs."""
    heartbeat.network = f"{job.network.name}, {engine.backend} {engine.precision}"
    if lifecycle.freeze_engine(job, engine) != engine:
        raise Stopped


def _request(claim: Claim, target: Path) -> Request:
    job = claim.job
    limits = settings.ENVIRONMENT.limits
    engine = job.engine_json or {}
    return Request(
        source=str(reading_path(job.video.key)),
        plan=job.plan_json,
        weights=job.network.weights.to_json(),
        precision=engine.get("precision", job.recipe.precision),
        backend=engine.get("backend", "auto"),
        start=claim.segment.start,
        end=claim.segment.end,
        target=str(target),
        tuned=str(settings.TUNED),
        pairs=str(live_preview.folder_of(job)),
        max_pixels=limits.max_pixels,
        stall_seconds=limits.stall_seconds,
    )


def _commit(claim: Claim, rendered: Rendered, tell: Callable[[int], None]) -> bool:
    """Keep the file and write it down. False if somebody else has the segment now."""
    planned = claim.segment.end - claim.segment.start
    if rendered.frames != planned:
        raise PipelineError(f"A segment has {rendered.frames} of its {planned} frames.", permanent=False)
    _keep(claim, tell)
    if not retry(lambda: claims.commit(claim, rendered)):
        _abandon(claim)
        return False
    return True


def _go_on(job: Job) -> None:
    """Say that there is more to be watched, and call for the assembly if it was the last segment."""
    tell_watchable(job)
    if not job.segments.exclude(state=SegmentState.DONE).exists() and lifecycle.advance(
        job, JobState.ASSEMBLING, come_from=RENDERABLE_STATES
    ):
        queues.enqueue_assembly(job.pk)


def _failed(claim: Claim, error: PipelineError | OSError) -> None:
    """It counts as an attempt, unless it is nobody's fault, such as a full disk: raises _LaterError then."""
    if reason := disk_space.temporary_reason(error):
        logger.warning("segment %s is left for later: %s", claim.segment, error)
        retry(lambda: claims.hand_back(claim))
        lifecycle.job_wait(claim.job, reason)
        raise _LaterError from error
    if isinstance(error, OSError):
        error = PipelineError(f"A segment could not be written: {error.strerror or error}.", permanent=False)
    logger.warning("segment %s failed: %s\n%s", claim.segment, error.message, error.detail)
    became = retry(lambda: claims.give_up(claim, error.message, permanent=error.permanent))
    if became == SegmentState.FAILED:
        lifecycle.job_fail(claim.job, error)
    elif became == SegmentState.WAITING:
        log.append(claim.job, {"kind": "log", "text": f"{error.message} Trying again."})


def _read(job: Job) -> list[str]:
    """What the render child reads: the source, and weights that did not come with the app."""
    return [job.video.key] if job.network.builtin_name else [job.video.key, job.network.key]


def _written(claim: Claim) -> list[str]:
    """A segment's key, and that of its copy for browsers, which not every preset has."""
    return [claim.key, str(playable_path(Path(claim.key)))]


def _keep(claim: Claim, tell: Callable[[int], None]) -> None:
    for key in _written(claim):
        if working_path(key).exists():
            commit_file(key, tell)


def _abandon(claim: Claim) -> None:
    """End the child, with all that it holds, and take away what it wrote."""
    child.end()
    live_preview.discard(claim.job)
    heartbeat.network = ""
    _discard(claim)


def _discard(claim: Claim) -> None:
    for key in _written(claim):
        delete_file(key)

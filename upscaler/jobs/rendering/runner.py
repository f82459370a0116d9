"""The GPU worker's task, which claims, renders and commits segments until none is left."""

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
from upscaler.jobs.actions.runs import runs_enqueue_waiting
from upscaler.jobs.base import disk_space, stopping
from upscaler.jobs.base.db_retry import retry
from upscaler.jobs.base.failures import UNEXPECTED
from upscaler.jobs.base.identity import worker_name
from upscaler.jobs.base.installation import refusal
from upscaler.jobs.base.leases import unattended
from upscaler.jobs.rendering import claims, live_preview
from upscaler.jobs.rendering.claims import Claim
from upscaler.jobs.rendering.progress import Progress, report_watchable
from upscaler.jobs.worker.heartbeat import heartbeat
from upscaler.jobs.worker.render_process import child
from upscaler.live import log
from upscaler.media.files import commit_file, delete_file, reading_path, source_paths, working_path
from upscaler.models import Job, JobState, Segment, SegmentState, TrainingRun, Worker
from upscaler.models.job import RENDERABLE_STATES
from upscaler.pipeline.core.errors import PipelineError, Stopped
from upscaler.pipeline.networks.backend import Engine
from upscaler.pipeline.networks.reproducibility import incompatibility
from upscaler.pipeline.render.encode import playable_path
from upscaler.pipeline.render.render_child import Request
from upscaler.pipeline.render.segments import Rendered

logger = logging.getLogger(__name__)

CHECK_SECONDS = 1.0
"""How often a worker checks that its claim is still valid."""
TASK_SECONDS = 3600.0
"""After this time a task ends and enqueues the next one, so that no task is endless."""
PREFETCHED_TASKS = 2
"""The tasks that a busy cluster holds: one in its only worker's queue, and one on the way there."""
STOPPED_STATES = (JobState.PAUSED, JobState.CANCELLED)


class _LaterError(Exception):
    """Rendering has to wait; a later task tries again."""


def work() -> None:
    """Render waiting segments until there are none, or this worker is asked to stop."""
    try:
        _work()
    finally:
        live_preview.delete_all()


def _work() -> None:
    started, last = time.monotonic(), None
    while not stopping.requested.is_set() and not refusal():
        claim = retry(partial(claims.claim_next, worker_name(), after=last, incompatibility=_incompatibility))
        if claim is None:
            _unload_after(last)
            runs_enqueue_waiting()
            return
        _enqueue_for_idle_workers()
        try:
            last = claim if _render(claim) else None
        except _LaterError:
            return  # the reaper enqueues it again
        if time.monotonic() - started > TASK_SECONDS:
            queues.enqueue_render()
            return


def _unload_after(last: Claim | None) -> None:
    """Unload the network if its job was paused or cancelled between two segments. Otherwise the next job may use it."""
    if last is None or Job.objects.filter(pk=last.job.pk).exclude(state__in=STOPPED_STATES).exists():
        return
    child.end()
    heartbeat.network = ""


def _incompatibility(job: Job) -> str:
    """Return why this worker can't render a job, or "". A job that can't be read fails, so as not to block others."""
    try:
        return _reason(job)
    except (DatabaseError, OSError, PipelineError):
        raise
    except Exception:
        logger.exception("Can't read job %s", job.pk)
        lifecycle.job_fail(job, PipelineError(UNEXPECTED, permanent=True))
        return UNEXPECTED


def _reason(job: Job) -> str:
    """Return why a job can't be rendered here: this worker would render it differently, or there is no disk space."""
    if job.engine_json and (reason := incompatibility(Engine(**job.engine_json))):
        return f"{reason} This job needs a worker like the one that started it. You can also start a new job."
    return disk_space.shortage() or disk_space.job_shortage(job)


def _enqueue_for_idle_workers() -> None:
    """Enqueue tasks for idle workers while more segments wait.

    The clusters of busy workers take tasks from the queue, too, and hold PREFETCHED_TASKS each, so that many more are
    enqueued. A task without a waiting segment does nothing.
    """
    names = Segment.objects.filter(state=SegmentState.CLAIMED).values_list("worker", flat=True)
    training = TrainingRun.objects.exclude(unattended()).values_list("leased_by", flat=True)
    busy = {*names, *training}
    idle = Worker.objects.filter(queue="gpu", refuses="", is_stopping=False).exclude(name__in=busy).count()
    if idle and queues.is_queue_empty("gpu") and claims.is_anything_free():
        for _ in range(idle + PREFETCHED_TASKS * len(busy)):
            queues.enqueue_render()


def _render(claim: Claim) -> bool:
    """Render a claimed segment. Return whether it is committed."""
    job = claim.job
    lifecycle.begin_rendering(job)
    keep_lease = _lease_keeper(claim)
    try:
        with source_paths(_keys_read(job), keep_lease):
            rendered = _run(claim, working_path(claim.key))
        is_committed = _commit(claim, rendered, keep_lease)
    except Stopped:
        _abandon(claim)
        retry(lambda: claims.release(claim))
    except (PipelineError, OSError) as error:
        _abandon(claim)
        _handle_failure(claim, error)
    except BaseException:
        _abandon(claim)
        raise
    else:
        if is_committed:  # from now on its file has to stay
            retry(lambda: _finish_segment(job))
        return is_committed
    return False


def _lease_keeper(claim: Claim) -> Callable[[int], None]:
    """Return a progress callback for transfers. It renews the lease, and raises Stopped when the claim is lost."""
    renewed_at = time.monotonic()

    def keep_lease(_bytes: int) -> None:
        nonlocal renewed_at
        if stopping.requested.is_set():
            raise Stopped
        if time.monotonic() - renewed_at >= claims.HEARTBEAT_SECONDS:
            renewed_at = time.monotonic()
            _require(claims.heartbeat, claim)

    return keep_lease


def _run(claim: Claim, target: Path) -> Rendered:
    """Have the render process render the segment, and report its progress. Raises Stopped when the claim is lost."""
    job = claim.job
    job.refresh_from_db()
    progress = Progress(job, claim.segment)
    checked_at = renewed_at = time.monotonic()
    for answer in child.render(_request(claim, target)):
        now = time.monotonic()
        if stopping.requested.is_set():
            raise Stopped
        if now - renewed_at >= claims.HEARTBEAT_SECONDS:
            renewed_at = checked_at = now
            _require(claims.heartbeat, claim)
        elif now - checked_at >= CHECK_SECONDS:
            checked_at = now
            _require(claims.is_valid, claim)
        if answer is None:
            continue
        if answer["kind"] == "done":
            return Rendered(**answer["rendered"])
        try:
            _report(claim, progress, answer)
        except (OperationalError, InterfaceError) as error:
            logger.warning("Can't report progress to the page: %s", error)
            connection.close()
    raise PipelineError("The render process ended without a result.", permanent=False)


def _require(check: Callable[[Claim], bool], claim: Claim) -> None:
    """Raises Stopped if ``check`` returns False. While the database doesn't respond, no other worker can claim it."""
    try:
        if not check(claim):
            raise Stopped
    except (OperationalError, InterfaceError) as error:
        logger.warning("The database doesn't respond (%s); rendering continues", error)
        connection.close()


def _report(claim: Claim, progress: Progress, answer: dict[str, Any]) -> None:
    job = claim.job
    if answer["kind"] == "frame":
        progress.report(answer["number"] + 1)
    elif answer["kind"] == "engine":
        _require_engine(job, Engine(**answer["engine"]))
    elif answer["kind"] == "loading":
        log.append(job, {"kind": "log", "text": "Loading the model."})
    elif answer["kind"] == "tuned":
        log.append(job, {"kind": "log", "text": answer["text"]})
    elif answer["kind"] == "pair":
        live_preview.show(job, answer)


def _require_engine(job: Job, engine: Engine) -> None:
    """Raises Stopped if another worker started the job with another engine: the segment is then rendered with that."""
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


def _commit(claim: Claim, rendered: Rendered, keep_lease: Callable[[int], None]) -> bool:
    """Store the segment's files and mark it as done. Return False if the claim was lost."""
    planned = claim.segment.end - claim.segment.start
    if rendered.frames != planned:
        raise PipelineError(f"A segment has {rendered.frames} frames instead of {planned}.", permanent=False)
    _store(claim, keep_lease)
    if not retry(lambda: claims.commit(claim, rendered)):
        _abandon(claim)
        return False
    return True


def _finish_segment(job: Job) -> None:
    """Report that more can be watched, and enqueue the assembly after the last segment."""
    report_watchable(job)
    if not job.segments.exclude(state=SegmentState.DONE).exists() and lifecycle.advance(
        job, JobState.ASSEMBLING, come_from=RENDERABLE_STATES
    ):
        queues.enqueue_assembly(job.pk)


def _handle_failure(claim: Claim, error: PipelineError | OSError) -> None:
    """Count a failed attempt. Raises _LaterError, without counting it, for a passing cause such as a full disk."""
    if reason := disk_space.temporary_reason(error):
        logger.warning("Segment %s has to wait: %s", claim.segment, error)
        retry(lambda: claims.release(claim))
        lifecycle.job_wait(claim.job, reason)
        raise _LaterError from error
    if isinstance(error, OSError):
        error = PipelineError(f"Can't write a segment: {error.strerror or error}.", permanent=False)
    logger.warning("Segment %s failed: %s\n%s", claim.segment, error.message, error.detail)
    state = retry(lambda: claims.fail(claim, error.message, permanent=error.permanent))
    if state == SegmentState.FAILED:
        lifecycle.job_fail(claim.job, error)
    elif state == SegmentState.WAITING:
        log.append(claim.job, {"kind": "log", "text": f"{error.message} Retrying."})


def _keys_read(job: Job) -> list[str]:
    """Return the keys that the render process reads: the source's, and that of weights that aren't built in."""
    return [job.video.key] if job.network.builtin_name else [job.video.key, job.network.key]


def _keys_written(claim: Claim) -> list[str]:
    """Return the key of the segment, and of its copy for browsers, which only some presets have."""
    return [claim.key, str(playable_path(Path(claim.key)))]


def _store(claim: Claim, keep_lease: Callable[[int], None]) -> None:
    for key in _keys_written(claim):
        if working_path(key).exists():
            commit_file(key, keep_lease)


def _abandon(claim: Claim) -> None:
    """End the render process, and delete its files."""
    child.end()
    live_preview.delete_of(claim.job)
    heartbeat.network = ""
    _delete(claim)


def _delete(claim: Claim) -> None:
    for key in _keys_written(claim):
        delete_file(key)

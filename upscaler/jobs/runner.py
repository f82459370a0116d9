"""What the GPU worker does when its bell rings: claim, render, commit, until nothing is left."""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings

from upscaler import selectors
from upscaler.jobs import claims, enqueue, lifecycle, stopping
from upscaler.jobs.child import child
from upscaler.jobs.claims import Claim
from upscaler.jobs.progress import Progress
from upscaler.live import log
from upscaler.models import Artifact, Job, JobState, SegmentState
from upscaler.models.artifact import ArtifactKind
from upscaler.models.job import RENDERABLE_STATES
from upscaler.pipeline.encode import playable_path
from upscaler.pipeline.errors import PipelineError, Stopped
from upscaler.pipeline.networks.backend import Engine
from upscaler.pipeline.render import Rendered
from upscaler.pipeline.render_child import Request
from upscaler.storage import artifact_publish, artifacts_delete, discard, keep, reading_path, source_paths, working_path

logger = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
"""How often a worker looks whether its job is still wanted."""
BELL_SECONDS = 3600.0
"""After so long a bell is answered and the next one rung, so that no task is endless."""
PAIRS_KEPT = 10


def work() -> None:
    """Render whatever waits, until nothing does, or we are asked to stop."""
    began = time.monotonic()
    while not stopping.requested.is_set():
        claim = claims.claim_next(worker_name())
        if claim is None:
            return
        _render(claim)
        if time.monotonic() - began > BELL_SECONDS:
            enqueue.ring_render()
            return


def worker_name() -> str:
    """Tells workers apart in the table and in the log."""
    return f"{socket.gethostname()}:{os.getpid()}"


def _render(claim: Claim) -> None:
    job = claim.job
    lifecycle.begin_rendering(job)
    target = working_path(claim.key)
    tell = _holding(claim)
    try:
        with source_paths(_read(job), tell):
            rendered = _listen(claim, target)
        _keep(claim, tell)
    except Stopped:
        child.end()
        _discard(claim)
        claims.hand_back(claim)
    except PipelineError as error:
        child.end()
        _discard(claim)
        _failed(claim, error)
    except BaseException:
        child.end()
        _discard(claim)
        raise
    else:
        _rendered(claim, rendered)


def _holding(claim: Claim) -> Callable[[int], None]:
    """Renews the lease while bytes come from storage or go there. Raises Stopped when they are not wanted."""
    beaten = time.monotonic()

    def tell(_bytes: int) -> None:
        nonlocal beaten
        if stopping.requested.is_set():
            raise Stopped
        if time.monotonic() - beaten >= claims.HEARTBEAT_SECONDS:
            beaten = time.monotonic()
            if not claims.heartbeat(claim):
                raise Stopped

    return tell


def _listen(claim: Claim, target: Path) -> Rendered:
    """Have the child render the segment and tell the page. Raises Stopped when it is not wanted."""
    job = claim.job
    job.refresh_from_db()
    progress = Progress(job)
    looked = beaten = time.monotonic()
    for answer in child.render(_request(claim, target)):
        now = time.monotonic()
        if stopping.requested.is_set():
            raise Stopped
        if now - beaten >= claims.HEARTBEAT_SECONDS:
            beaten = looked = now
            if not claims.heartbeat(claim):
                raise Stopped
        elif now - looked >= LOOK_SECONDS:
            looked = now
            if not claims.is_wanted(claim):
                raise Stopped
        if answer is None:
            continue
        if answer["kind"] == "frame":
            progress.tell(answer["number"] + 1)
        elif answer["kind"] == "loading":
            log.append(job, {"kind": "log", "text": "Loading the network."})
        elif answer["kind"] == "tuned":
            log.append(job, {"kind": "log", "text": answer["text"]})
        elif answer["kind"] == "pair":
            _show_pair(job, answer)
        else:
            lifecycle.freeze_engine(job, Engine(**answer["engine"]))
            return Rendered(**answer["rendered"])
    raise PipelineError("The render process ended without an answer.", permanent=False)


def _request(claim: Claim, target: Path) -> Request:
    job = claim.job
    limits = settings.ENVIRONMENT.limits
    engine = job.engine_json or {}
    return Request(
        source=str(reading_path(job.video.key)),
        plan=job.plan_json,
        weights=job.model.weights.to_json(),
        precision=engine.get("precision", job.recipe.precision),
        backend=engine.get("backend", "auto"),
        start=claim.segment.start,
        end=claim.segment.end,
        target=str(target),
        tuned=str(settings.TUNED),
        pairs=str(Path(settings.SCRATCH) / f"pairs-{job.pk}"),
        max_pixels=limits.max_pixels,
        stall_seconds=limits.stall_seconds,
    )


def _rendered(claim: Claim, rendered: Rendered) -> None:
    if not claims.commit(claim, rendered):
        _discard(claim)
        return
    job = claim.job
    if not job.segments.exclude(state=SegmentState.DONE).exists() and lifecycle.advance(
        job, JobState.ASSEMBLING, come_from=RENDERABLE_STATES
    ):
        enqueue.ring_assembly(job.pk)


def _failed(claim: Claim, error: PipelineError) -> None:
    logger.warning("segment %s failed: %s\n%s", claim.segment, error.message, error.detail)
    if claims.give_up(claim, error.message, permanent=error.permanent):
        lifecycle.job_fail(claim.job, error)
    else:
        log.append(claim.job, {"kind": "log", "text": f"{error.message} Trying again."})


def _show_pair(job: Job, answer: dict[str, Any]) -> None:
    plan = job.plan
    sizes = (plan.source.width, plan.source.height), (plan.network.width, plan.network.height)
    kinds = ArtifactKind.LIVE_BEFORE, ArtifactKind.LIVE_AFTER
    addresses = []
    for kind, size, side in zip(kinds, sizes, ("before", "after"), strict=True):
        file = Path(answer[side])
        artifact = artifact_publish(
            of=job, kind=kind, file=file, name=f"live/{file.name}", size=size, frame=answer["number"]
        )
        addresses.append(selectors.artifact_url(artifact))
        old = Artifact.objects.filter(job=job, kind=kind).order_by("-created_at")[PAIRS_KEPT:]
        artifacts_delete(list(old))
    log.append(job, {"kind": "pair", "frame": answer["number"], "before": addresses[0], "after": addresses[1]})


def _read(job: Job) -> list[str]:
    """What the render child reads: the source, and weights that did not come with the app."""
    return [job.video.key] if job.model.shipped else [job.video.key, job.model.key]


def _written(claim: Claim) -> list[str]:
    """A segment's key, and that of its copy for browsers, which not every preset has."""
    return [claim.key, str(playable_path(Path(claim.key)))]


def _keep(claim: Claim, tell: Callable[[int], None]) -> None:
    for key in _written(claim):
        if working_path(key).exists():
            keep(key, tell)


def _discard(claim: Claim) -> None:
    for key in _written(claim):
        discard(key)

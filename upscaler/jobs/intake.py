"""What happens to a video after it arrived: hash, probe, analyse, poster; then a job, and a proxy."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.core.files.storage import default_storage

from upscaler.jobs import enqueue, lifecycle
from upscaler.jobs.leases import lease
from upscaler.live import log
from upscaler.models import Artifact, UpscaleModel, Video, VideoState
from upscaler.models.artifact import ArtifactKind
from upscaler.models.upscale_model import ModelState
from upscaler.pipeline import proxy, stills
from upscaler.pipeline.analyse import analyse
from upscaler.pipeline.errors import PipelineError, Refused
from upscaler.pipeline.facts import Facts
from upscaler.pipeline.networks.named import DEFAULT
from upscaler.pipeline.networks.weights import sha256_of
from upscaler.pipeline.probe import probe
from upscaler.storage import artifact_publish, scratch_folder

logger = logging.getLogger(__name__)

INTAKE_STATES = (VideoState.PROBING, VideoState.ANALYSING)


def take_in(video_id: UUID) -> None:
    """Measure a new video. Does nothing for one that is past that."""
    video = Video.objects.select_related("owner").filter(pk=video_id, state__in=INTAKE_STATES).first()
    if video is None:
        return
    with lease(video, INTAKE_STATES) as is_ours:
        if not is_ours:
            return
        try:
            _measure(video, Path(default_storage.path(video.key)))
        except PipelineError as error:
            logger.info("video %s refused: %s\n%s", video.pk, error.message, error.detail)
            lifecycle.video_advance(video, VideoState.REFUSED, error=error.message)
            log.append(video, {"kind": "failed", "error": error.message})


def _measure(video: Video, path: Path) -> None:
    limits = settings.ENVIRONMENT.limits
    _keep_original(video, path)
    probed = probe(path, limits)
    lifecycle.video_advance(video, VideoState.ANALYSING)
    facts = analyse(path, probed, limits)
    _make_poster(video, path, facts)
    lifecycle.video_advance(video, VideoState.READY, facts_json=facts.to_json())
    video.refresh_from_db()
    if video.starts_job:
        _start_job(video)
    enqueue.ring_proxy(video.pk)


def _keep_original(video: Video, path: Path) -> None:
    """The file as it came can be had again, whatever comes of it."""
    digest = sha256_of(path)
    Video.objects.filter(pk=video.pk).update(sha256=digest)
    values = {"video": video, "kind": ArtifactKind.ORIGINAL, "size": path.stat().st_size, "sha256": digest}
    Artifact.objects.update_or_create(key=video.key, defaults=values)


def _make_poster(video: Video, path: Path, facts: Facts) -> None:
    scratch = scratch_folder(f"poster-{video.pk}")
    try:
        poster = scratch / "poster.jpg"
        size = stills.write_poster(path, facts, poster, settings.ENVIRONMENT.limits)
        artifact_publish(
            of=video, kind=ArtifactKind.POSTER, file=poster, name="poster.jpg", size=size, frame=facts.poster_frame
        )
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _start_job(video: Video) -> None:
    """With the defaults of the person who brought it. A recipe that does not fit is said, no more."""
    model = video.owner.default_model or UpscaleModel.objects.filter(shipped=DEFAULT).first()
    if model is None or model.state != ModelState.READY:
        return
    try:
        job = lifecycle.job_create(video=video, model=model, recipe=video.owner.default_recipe)
    except Refused as error:
        log.append(video, {"kind": "log", "text": error.message})
    else:
        log.append(video, {"kind": "log", "text": f"Started with {job.model.name}."})


def make_proxy(video_id: UUID) -> None:
    """Write the copy that browsers play."""
    video = Video.objects.filter(pk=video_id, state=VideoState.READY).first()
    if video is None or video.facts is None:
        return
    scratch = scratch_folder(f"proxy-{video.pk}")
    try:
        target = scratch / "proxy.mp4"
        size = proxy.make_proxy(Path(default_storage.path(video.key)), video.facts, target, settings.ENVIRONMENT.limits)
        artifact_publish(of=video, kind=ArtifactKind.PROXY, file=target, name="proxy.mp4", size=size)
        log.append(video, {"kind": "stage", "state": video.state, "label": VideoState(video.state).label})
    except PipelineError as error:
        logger.warning("no proxy for video %s: %s\n%s", video.pk, error.message, error.detail)
        log.append(video, {"kind": "log", "text": f"No playable copy of the original could be made: {error.message}"})
    finally:
        shutil.rmtree(scratch, ignore_errors=True)

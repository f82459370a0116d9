"""What happens to a video after it arrived: hash, probe, analyse, poster; then a job, small pictures, a proxy."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.core.files.storage import default_storage

from upscaler.jobs import enqueue, joining, lifecycle
from upscaler.jobs.leases import lease
from upscaler.live import log
from upscaler.models import Artifact, UpscaleModel, Video, VideoState
from upscaler.models.artifact import ArtifactKind
from upscaler.models.upscale_model import ModelState
from upscaler.pipeline import proxy, sprite, stills
from upscaler.pipeline.analyse import analyse
from upscaler.pipeline.errors import PipelineError, Refused, Stopped
from upscaler.pipeline.facts import Facts
from upscaler.pipeline.networks.named import DEFAULT
from upscaler.pipeline.networks.weights import sha256_of
from upscaler.pipeline.probe import probe
from upscaler.storage import artifact_publish, scratch_folder

logger = logging.getLogger(__name__)

INTAKE_STATES = (VideoState.JOINING, VideoState.PROBING, VideoState.ANALYSING)


def take_in(video_id: UUID) -> None:
    """Measure a new video; a film is joined of its parts first. Does nothing for one that is past that."""
    video = Video.objects.select_related("owner").filter(pk=video_id, state__in=INTAKE_STATES).first()
    if video is None:
        return
    with lease(video, INTAKE_STATES) as is_ours:
        if not is_ours:
            return
        try:
            video.refresh_from_db(fields=["state"])  # another worker may have had it until a moment ago
            if video.state == VideoState.JOINING:
                joining.join_parts(video)
            _measure(video, Path(default_storage.path(video.key)))
        except Stopped as stop:
            logger.info("video %s is left alone: %s", video.pk, stop.message)
        except PipelineError as error:
            _refuse(video, error)
        except OSError as error:  # a full disk, say: to begin again by itself would fill it again
            _refuse(video, PipelineError(f"The server could not write its files: {error.strerror or error}."))


def _refuse(video: Video, error: PipelineError) -> None:
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
    """Write the small pictures of the scrubber, and the copy that browsers play."""
    video = Video.objects.filter(pk=video_id, state=VideoState.READY).first()
    if video is None or video.facts is None:
        return
    scratch = scratch_folder(f"proxy-{video.pk}")
    try:
        for make in (_make_sprite, _make_playable):
            try:
                make(video, video.facts, scratch)
            except Stopped:
                return  # deleted in the meantime
            except PipelineError as error:
                logger.warning("%s for video %s: %s\n%s", make.__name__, video.pk, error.message, error.detail)
                log.append(video, {"kind": "log", "text": error.message})
        log.append(video, {"kind": "stage", "state": video.state, "label": VideoState(video.state).label})
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _make_sprite(video: Video, facts: Facts, scratch: Path) -> None:
    target = scratch / "sprite.jpg"
    size = sprite.write_sheet(Path(default_storage.path(video.key)), facts, target, settings.ENVIRONMENT.limits)
    artifact_publish(of=video, kind=ArtifactKind.SPRITE, file=target, name="sprite.jpg", size=size)


def _make_playable(video: Video, facts: Facts, scratch: Path) -> None:
    target = scratch / "proxy.mp4"
    size = proxy.make_proxy(Path(default_storage.path(video.key)), facts, target, settings.ENVIRONMENT.limits)
    artifact_publish(of=video, kind=ArtifactKind.PROXY, file=target, name="proxy.mp4", size=size)

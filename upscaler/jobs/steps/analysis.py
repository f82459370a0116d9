"""Analyses new videos: hash, probe, frames, poster; then a job, thumbnails and the copy for browsers."""

from __future__ import annotations

import logging
import shutil
from dataclasses import replace
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction

from upscaler.jobs import queues
from upscaler.jobs.actions import lifecycle
from upscaler.jobs.base import disk_space, stopping
from upscaler.jobs.base.failures import as_pipeline_error, may_pass
from upscaler.jobs.base.leased_work import Outcomes, leased_work
from upscaler.jobs.base.leases import TryAgain, is_held, lease, while_held
from upscaler.jobs.steps import joining, matching, url_import
from upscaler.live import log
from upscaler.media.artifacts import artifact_publish, artifacts_delete
from upscaler.media.files import Scratch, scratch_folder, source_path
from upscaler.models import Artifact, UpscaleModel, Video, VideoState
from upscaler.models.artifact import ArtifactKind
from upscaler.models.upscale_model import ModelState
from upscaler.models.video import INTAKE_STATES
from upscaler.pipeline.comparison import proxy, sprite, stills
from upscaler.pipeline.core.errors import PipelineError, Refused, Stopped
from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.networks.builtin import DEFAULT
from upscaler.pipeline.networks.weights import sha256_of
from upscaler.pipeline.planning.clip_profiles import clip_profile
from upscaler.pipeline.source.analyse import analyse
from upscaler.pipeline.source.probe import probe
from upscaler.selectors.videos import artifact_of_video

logger = logging.getLogger(__name__)


def take_in(video_id: UUID) -> None:
    """Analyse a new video, after joining its parts or downloading it. Does nothing for a video in another state."""
    video = Video.objects.select_related("owner").filter(pk=video_id, state__in=INTAKE_STATES).first()
    if video is None:
        return
    downloads = video.state == VideoState.FETCHING
    states = [state for state in INTAKE_STATES if (state == VideoState.FETCHING) is downloads]
    outcomes = Outcomes(
        wait=lambda reason: _wait(video, reason),
        retry=lambda error: _wait(video, f"{error.message} HaloWeb will retry."),
        fail=lambda error: _refuse(video, error),
    )
    frame = leased_work(
        *(video, states, outcomes),
        name=f"Analysis of video {video.pk}",
        scratch=Scratch.ANALYSIS,
        shortage=disk_space.shortage,
        may_start=url_import.may_start if downloads else None,
    )
    with frame as scratch:
        if scratch is None:
            return
        if video.state == VideoState.JOINING:
            joining.join_parts(video)
        if video.state == VideoState.FETCHING:
            url_import.fetch_source(video)
        with source_path(video.key, stopping.raise_if_cancelled) as path:
            _analyse(video, path, scratch)


def _wait(video: Video, reason: str) -> None:
    """Store why the video waits. The reaper enqueues it again."""
    Video.objects.filter(pk=video.pk).exclude(notice=reason).update(notice=reason)


def _refuse(video: Video, error: PipelineError) -> None:
    """Refuse a video, or keep its previous analysis if it has one."""
    if video.facts_json:
        notice = f"Re-analysis failed; the previous analysis is kept. {error.message}"
        lifecycle.video_advance(video, VideoState.READY, come_from=INTAKE_STATES, notice=notice)
        return
    if lifecycle.video_advance(video, VideoState.REFUSED, come_from=INTAKE_STATES, error=error.message, notice=""):
        log.append(video, {"kind": "failed", "error": error.message})


def _analyse(video: Video, path: Path, scratch: Path) -> None:
    limits = settings.ENVIRONMENT.limits
    _record_original(video, path)
    probed = probe(path, limits)
    lifecycle.video_advance(video, VideoState.ANALYSING, come_from=INTAKE_STATES)
    facts = analyse(path, probed, limits, stopping.raise_if_cancelled)
    stopping.raise_if_cancelled(
        facts.decoded_frames
    )  # the signal that stops this worker may have stopped a decoder, too
    _make_poster(video, path, facts, scratch)
    if video.facts is not None and _numbering(video.facts) != _numbering(facts):
        copies = (artifact_of_video(video, kind) for kind in (ArtifactKind.PROXY, ArtifactKind.SPRITE))
        artifacts_delete([copy for copy in copies if copy is not None])
    values = {"facts_json": facts.to_json(), "error": "", "notice": "", "derived_files_error": ""}
    to = VideoState.PAIRING if video.upscale_of_id else VideoState.READY
    with transaction.atomic():  # a video that is ready has its job: nothing creates it later
        if not lifecycle.video_advance(video, to, come_from=INTAKE_STATES, **values):
            raise Stopped("The video was deleted.")
        video.refresh_from_db()
        if to == VideoState.READY:
            if video.starts_job and video.trashed_at is None:
                _start_job(video)
            queues.enqueue_proxy(video.pk)
    if to == VideoState.PAIRING:
        matching.match(video, path, facts)


def _numbering(facts: Facts) -> tuple[object, ...]:
    """Return the facts that copies for the page depend on. If they change, the copies are made again."""
    return facts.frames, facts.rate, facts.first_frame_time, facts.width, facts.height, facts.sar


def _record_original(video: Video, path: Path) -> None:
    """Create the row of the original file, so that it can be downloaded even if the video is refused."""
    digest = sha256_of(path)
    Video.objects.filter(pk=video.pk).update(sha256=digest)
    values = {"video": video, "kind": ArtifactKind.ORIGINAL, "size": path.stat().st_size, "sha256": digest}
    Artifact.objects.update_or_create(key=video.key, defaults=values)


def _make_poster(video: Video, path: Path, facts: Facts, scratch: Path) -> None:
    poster = scratch / "poster.jpg"
    size = stills.write_poster(path, facts, poster, settings.ENVIRONMENT.limits)
    artifact_publish(
        of=video, kind=ArtifactKind.POSTER, file=poster, name="poster.jpg", size=size, frame=facts.poster_frame
    )


def _start_job(video: Video) -> None:
    """Start a job with the owner's defaults and the filters of the video's kind. If that fails, the video's page shows
    why."""
    model = video.owner.default_model or UpscaleModel.objects.filter(builtin_name=DEFAULT).first()
    try:
        if model is None or model.state != ModelState.READY:
            raise Refused("The default model of your preferences isn't ready.")
        recipe = replace(video.owner.default_recipe, filters=clip_profile(video.kind).filters)
        lifecycle.job_create(video=video, model=model, recipe=recipe)
    except Refused as error:
        Video.objects.filter(pk=video.pk).update(notice=f"Automatic upscaling did not start. {error.message}")


def make_proxy(video_id: UUID) -> None:
    """Make the thumbnails of the scrubber and the copy that browsers play, unless they exist."""
    video = Video.objects.filter(pk=video_id, state=VideoState.READY).first()
    if video is None or video.facts is None:
        return
    with lease(video, (VideoState.READY,)) as start:
        if start:
            _make_copies(video, video.facts, start)


def _make_copies(video: Video, facts: Facts, start: int) -> None:
    errors = []
    is_retried = False
    scratch = scratch_folder(Scratch.VIDEO_COPIES, video.pk)
    try:
        for kind, make in ((ArtifactKind.SPRITE, _make_sprite), (ArtifactKind.PROXY, _make_playable)):
            if artifact_of_video(video, kind) is not None:
                continue
            try:
                with as_pipeline_error(f"{kind.label} of video {video.pk}", start):
                    make(video, facts, scratch)
            except Stopped:
                return  # deleted in the meantime
            except PipelineError as error:
                logger.warning("%s of video %s: %s\n%s", kind.label, video.pk, error.message, error.detail)
                errors.append(error.message)
                is_retried |= may_pass(error, video)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    if is_retried:
        raise TryAgain
    if not is_held(video):
        return  # another worker has taken it over
    Video.objects.filter(pk=video.pk).update(derived_files_error=" ".join(dict.fromkeys(errors)))
    log.append(video, {"kind": "stage", "state": video.state, "label": VideoState(video.state).label})


def _make_sprite(video: Video, facts: Facts, scratch: Path) -> None:
    target = scratch / "sprite.jpg"
    with source_path(video.key, stopping.raise_if_cancelled) as source:
        size = sprite.write_sprite(source, facts, target, settings.ENVIRONMENT.limits, while_held(video))
    artifact_publish(of=video, kind=ArtifactKind.SPRITE, file=target, name="sprite.jpg", size=size)


def _make_playable(video: Video, facts: Facts, scratch: Path) -> None:
    target = scratch / "proxy.mp4"
    with source_path(video.key, stopping.raise_if_cancelled) as source:
        size = proxy.make_proxy(source, facts, target, settings.ENVIRONMENT.limits, while_held(video))
    artifact_publish(of=video, kind=ArtifactKind.PROXY, file=target, name="proxy.mp4", size=size)

"""Assembles rendered segments, checks the result and publishes it. ``comparison_files.py`` comes after that."""

from __future__ import annotations

import contextlib
import errno
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db.models import Sum
from django.utils import timezone

from upscaler.jobs import queues
from upscaler.jobs.actions import lifecycle
from upscaler.jobs.base import disk_space
from upscaler.jobs.base.installation import refusal
from upscaler.jobs.base.leased_work import Outcomes, leased_work
from upscaler.jobs.base.leases import must_hold
from upscaler.jobs.rendering import claims
from upscaler.live import log
from upscaler.media.artifacts import artifact_publish, artifacts_delete
from upscaler.media.files import Scratch, folder_delete, source_path, source_paths
from upscaler.media.stored import Gone, StorageTrouble
from upscaler.models import Job, JobState, Segment, SegmentState
from upscaler.models.artifact import ArtifactKind
from upscaler.models.job import FINISHING_STATES
from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.presets import preset
from upscaler.pipeline.networks.backend import Engine
from upscaler.pipeline.networks.weights import sha256_of
from upscaler.pipeline.output import assemble, receipt, verify
from upscaler.pipeline.planning.plan import Plan
from upscaler.pipeline.render.encode import playable_path, playable_size

logger = logging.getLogger(__name__)

UNREADABLE = (errno.EIO, errno.ESTALE)
"""Errors of a disk or a network drive about a file whose bytes are lost."""


def finish(job_id: UUID) -> None:
    """Turn a job's segments into its result. Does nothing for a job in another state."""
    job = Job.objects.select_related("video", "model").filter(pk=job_id, state__in=FINISHING_STATES).first()
    if job is None:
        return
    outcomes = Outcomes(
        wait=lambda reason: lifecycle.job_wait(job, reason),
        retry=lambda error: lifecycle.job_wait(job, f"{error.message} HaloWeb will retry."),
        fail=lambda error: lifecycle.job_fail(job, error),
    )
    frame = leased_work(
        *(job, FINISHING_STATES, outcomes),
        name=f"Assembly of job {job.pk}",
        scratch=Scratch.FINISHING,
        shortage=lambda: disk_space.job_shortage(job),
    )
    with frame as scratch:
        if scratch is None:
            return
        lifecycle.job_wait(job, "")
        if _is_whole(job):
            with source_path(job.video.key) as source, _segments(job) as segments:
                _finish(job, source, segments, scratch)


@contextlib.contextmanager
def _segments(job: Job) -> Iterator[list[Path]]:
    """Open the files of the segments, and their copies beside them for a preset that browsers can't play."""
    keys = [segment.key for segment in job.segments.all()]
    beside = [] if preset(job.plan.preset).plays else [str(playable_path(Path(key))) for key in keys]
    with source_paths([*keys, *beside]) as paths:
        yield paths[: len(keys)]


def _is_whole(job: Job) -> bool:
    """Are all segments undamaged? Damaged ones are queued again, and the others kept."""
    has_copies = not preset(job.plan.preset).plays
    done = job.segments.filter(state=SegmentState.DONE)
    damaged = [segment for segment in done if not _is_as_written(segment, has_copy=has_copies)]
    for segment in damaged:
        claims.render_again(segment, "Its file was damaged or missing.")
    if not job.segments.exclude(state=SegmentState.DONE).exists():
        return True
    if lifecycle.job_render_again(job):
        parts = f"{len(damaged)} segment{'' if len(damaged) == 1 else 's'}"
        log.append(job, {"kind": "log", "text": f"Rendering {parts} again, damaged on the disk."})
        queues.enqueue_render()
    return False


def _is_as_written(segment: Segment, *, has_copy: bool) -> bool:
    beside = [str(playable_path(Path(segment.key)))] if has_copy else []
    try:
        with source_paths([segment.key, *beside]) as paths:
            if not all(path.is_file() for path in paths):
                return False
            return paths[0].stat().st_size == segment.size and sha256_of(paths[0]) == segment.sha256
    except Gone:
        if reason := refusal():
            raise StorageTrouble(reason) from None
        return False
    except OSError as error:
        if error.errno in UNREADABLE:
            logger.warning("Can't read segment %s: %s", segment, error)
            return False
        raise


def _finish(job: Job, source: Path, segments: list[Path], scratch: Path) -> None:
    facts, plan = facts_of(job), job.plan
    limits = settings.ENVIRONMENT.limits
    whole = scratch / result_name(plan)
    extras = assemble.assemble(source, facts, plan, segments, whole, limits)
    if not lifecycle.advance(job, JobState.VERIFYING, come_from=FINISHING_STATES):
        return  # cancelled in the meantime
    counted = job.segments.filter(state=SegmentState.DONE).aggregate(frames=Sum("frames"))
    rendered = counted["frames"] or 0
    verified = verify.verify(source, facts, plan, whole, limits, rendered=rendered, extras=extras)
    copy, failures = _make_playable(source, facts, plan, segments, scratch)
    made = receipt.make_receipt(
        facts=facts,
        recipe=job.recipe,
        plan=plan,
        weights=job.network.weights,
        engine=Engine(**(job.engine_json or {})),
        extras=replace(extras, failures=(*extras.failures, *failures)),
        verified=verified,
        changes_nothing=not job.segments.filter(changes_nothing=False).exists(),
        render_seconds=job.render_seconds,
        seconds=(timezone.now() - (job.started_at or job.created_at)).total_seconds(),
    )
    written = scratch / "receipt.json"
    written.write_text(json.dumps(made, indent=2))
    size = (plan.output.width, plan.output.height)
    must_hold(job)
    if not Job.objects.filter(pk=job.pk, state=JobState.VERIFYING).exists():
        return  # cancelled in the meantime
    published = [artifact_publish(of=job, kind=ArtifactKind.RESULT, file=whole, name=result_name(plan), size=size)]
    if copy is not None:
        bounded = playable_size(plan)
        bounds = (bounded.width, bounded.height)
        playable = artifact_publish(of=job, kind=ArtifactKind.PLAYABLE, file=copy, name="playable.mp4", size=bounds)
        published.append(playable)
    published.append(artifact_publish(of=job, kind=ArtifactKind.RECEIPT, file=written, name="receipt.json"))
    Job.objects.filter(pk=job.pk).update(receipt_json=made)
    log.append(job, {"kind": "log", "text": _in_words(verified)})
    if lifecycle.job_finish(job):
        folder_delete(f"{job.folder}/segments")
        queues.enqueue_comparison(job.pk)
    elif Job.objects.filter(pk=job.pk, state=JobState.CANCELLED).exists():
        artifacts_delete(published)
        Job.objects.filter(pk=job.pk).update(receipt_json=None)


def result_name(plan: Plan) -> str:
    """Return the name of the result's file in the job's folder."""
    return f"result.{preset(plan.preset).container}"


def _make_playable(
    source: Path, facts: Facts, plan: Plan, segments: list[Path], scratch: Path
) -> tuple[Path | None, tuple[str, ...]]:
    """Return the checked copy for browsers, None if they can play the result; and sentences about what was left out."""
    if preset(plan.preset).plays:
        return None, ()
    copy, limits = scratch / "playable.mp4", settings.ENVIRONMENT.limits
    copies = [playable_path(path) for path in segments]
    extras = assemble.assemble_playable(source, facts, plan, copies, copy, limits)
    verify.verify_playable(plan, copy, extras, limits)
    return copy, extras.failures


def facts_of(job: Job) -> Facts:
    """Return the facts of a job's video. Raises PipelineError if it was never analysed."""
    facts = job.video.facts
    if facts is None:
        raise PipelineError("The analysis of this video is missing. Upload it again.", permanent=True)
    return facts


def _in_words(verified: verify.Verified) -> str:
    line = f"Checked: {verified.frames_out} frames, {verified.width}x{verified.height}"
    if verified.audio_shift_ms is not None:
        line += f", sound shifted by {abs(verified.audio_shift_ms):.1f} ms"
    return line + "."

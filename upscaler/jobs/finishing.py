"""From rendered segments to a published result: assemble, verify, publish; then the stills."""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.core.files.storage import default_storage
from django.utils import timezone

from upscaler.jobs import enqueue, lifecycle
from upscaler.jobs.leases import lease
from upscaler.live import log
from upscaler.models import Job, JobState
from upscaler.models.artifact import ArtifactKind
from upscaler.pipeline import assemble, receipt, stills, verify
from upscaler.pipeline.errors import PipelineError, Stopped
from upscaler.pipeline.facts import Facts
from upscaler.pipeline.networks.backend import Engine
from upscaler.storage import artifact_publish, folder_delete, scratch_folder

logger = logging.getLogger(__name__)

FINISHING_STATES = (JobState.ASSEMBLING, JobState.VERIFYING)


def finish(job_id: UUID) -> None:
    """Turn a job's segments into its result. Does nothing for a job that is not at that point."""
    job = Job.objects.select_related("video", "model").filter(pk=job_id, state__in=FINISHING_STATES).first()
    if job is None:
        return
    with lease(job, FINISHING_STATES) as is_ours:
        if not is_ours:
            return
        scratch = scratch_folder(f"finish-{job.pk}")
        try:
            _finish(job, scratch)
        except PipelineError as error:
            logger.warning("job %s failed: %s\n%s", job.pk, error.message, error.detail)
            lifecycle.job_fail(job, error)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


def _finish(job: Job, scratch: Path) -> None:
    source, facts, plan = Path(default_storage.path(job.video.key)), _facts(job), job.plan
    limits = settings.ENVIRONMENT.limits
    segments = [Path(default_storage.path(segment.key)) for segment in job.segments.all()]
    whole = scratch / "result.mp4"
    assemble.assemble(source, facts, plan, segments, whole, limits)
    if not lifecycle.advance(job, JobState.VERIFYING, come_from=FINISHING_STATES):
        return  # cancelled in the meantime
    verified = verify.verify(source, facts, plan, whole, limits)
    made = receipt.make_receipt(
        facts=facts,
        recipe=job.recipe,
        plan=plan,
        weights=job.model.weights,
        engine=Engine(**(job.engine_json or {})),
        verified=verified,
        render_seconds=job.render_seconds,
        seconds=(timezone.now() - (job.started_at or job.created_at)).total_seconds(),
    )
    written = scratch / "receipt.json"
    written.write_text(json.dumps(made, indent=2))
    size = (plan.output.width, plan.output.height)
    artifact_publish(of=job, kind=ArtifactKind.RESULT, file=whole, name="result.mp4", size=size)
    artifact_publish(of=job, kind=ArtifactKind.RECEIPT, file=written, name="receipt.json")
    Job.objects.filter(pk=job.pk).update(receipt_json=made)
    log.append(job, {"kind": "log", "text": _in_words(verified)})
    if lifecycle.job_finish(job):
        folder_delete(f"{job.folder}/segments")
        enqueue.ring_stills(job.pk)


def make_stills(job_id: UUID) -> None:
    """Publish pictures of the same frames before and after. Safe to call twice."""
    job = Job.objects.select_related("video").filter(pk=job_id, state=JobState.DONE).first()
    if job is None:
        return
    facts, plan, limits = _facts(job), job.plan, settings.ENVIRONMENT.limits
    numbers = stills.pick(facts, plan)
    result = Path(default_storage.path(f"{job.folder}/result.mp4"))
    scratch = scratch_folder(f"stills-{job.pk}")
    try:
        before = stills.before_frames(Path(default_storage.path(job.video.key)), plan, numbers, limits)
        after = stills.after_frames(result, plan, numbers, limits)
        sizes = (plan.source.width, plan.source.height), (plan.output.width, plan.output.height)
        for number, pair in zip(numbers, zip(before, after, strict=True), strict=True):
            paths = stills.write_pair(scratch, number, *pair)
            kinds = ArtifactKind.STILL_BEFORE, ArtifactKind.STILL_AFTER
            for kind, path, size in zip(kinds, paths, sizes, strict=True):
                artifact_publish(of=job, kind=kind, file=path, name=f"stills/{path.name}", size=size, frame=number)
    except Stopped:
        return  # deleted in the meantime
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    log.append(job, {"kind": "log", "text": "The stills of the comparison are ready."})


def _facts(job: Job) -> Facts:
    facts = job.video.facts
    if facts is None:
        raise PipelineError("The facts of this video are missing; upload it again.")
    return facts


def _in_words(verified: verify.Verified) -> str:
    line = f"Checked: {verified.frames_out} frames, {verified.width}x{verified.height}"
    if verified.audio_shift_ms is not None:
        line += f", sound moved by {abs(verified.audio_shift_ms):.1f} ms"
    return line + "."

"""Makes the files of a finished job's comparison: the source as the network saw it, stills, and clips."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from django.conf import settings

from upscaler.jobs.base import stopping
from upscaler.jobs.base.leased_work import Outcomes, leased_work
from upscaler.jobs.base.leases import must_hold
from upscaler.jobs.steps.finishing import facts_of
from upscaler.live import log
from upscaler.media.artifacts import artifact_publish, artifacts_delete
from upscaler.media.files import Scratch, source_paths
from upscaler.models import Artifact, Job, JobState
from upscaler.models.artifact import ArtifactKind
from upscaler.models.job import COMPARISON_VERSION
from upscaler.pipeline.comparison import comparison_clip, link_preview, source_clip, stills
from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.planning.plan import Plan
from upscaler.pipeline.posting import hover_clip
from upscaler.pipeline.render import frame_files
from upscaler.selectors.jobs import artifact_of_job, stills_of

STILL_KINDS = (
    ArtifactKind.STILL_BEFORE,
    ArtifactKind.STILL_AFTER,
    ArtifactKind.PNG_BEFORE,
    ArtifactKind.PNG_AFTER,
)


def make_comparison(job_id: UUID) -> None:
    """Publish the files that the comparison of a job shows. Safe to call twice."""
    jobs = Job.objects.select_related("video").filter(
        pk=job_id, state=JobState.DONE, comparison_version__lt=COMPARISON_VERSION
    )
    job = jobs.first()
    if job is None:
        return
    rows = Job.objects.filter(pk=job.pk)
    outcomes = Outcomes(wait=lambda _reason: None, fail=lambda error: rows.update(derived_files_error=error.message))
    name = f"Comparison of job {job.pk}"
    with leased_work(job, (JobState.DONE,), outcomes, name=name, scratch=Scratch.COMPARISON) as scratch:
        if scratch is None:
            return
        _make_comparison(job, scratch)
        rows.update(comparison_version=COMPARISON_VERSION)
        log.append(job, {"kind": "log", "text": "The comparison is ready."})


def _make_comparison(job: Job, scratch: Path) -> None:
    """Make the files. Stills come first: the page shows them while the clip is being made."""
    facts, plan = facts_of(job), job.plan
    with source_paths([job.video.key, shown_of(job).key]) as (source, result):
        if source_clip.is_needed(facts, plan):
            target = scratch / "before.mp4"
            size = source_clip.make_source_clip(source, facts, plan, target, settings.ENVIRONMENT.limits)
            artifact_publish(of=job, kind=ArtifactKind.SOURCE_CLIP, file=target, name="before.mp4", size=size)
        _make_stills(job, source, result, facts, plan, scratch)
        _make_link_preview(job, scratch)
        if comparison_clip.is_short_enough(plan):
            target = scratch / "comparison.mp4"
            size = comparison_clip.make_comparison_clip(
                source, result, facts, plan, target, settings.ENVIRONMENT.limits
            )
            _make_hover_clip(job, plan, target, scratch)
            artifact_publish(of=job, kind=ArtifactKind.COMPARISON_CLIP, file=target, name="comparison.mp4", size=size)


def shown_of(job: Job) -> Artifact:
    """Return the file that shows the result. That of an imported result is its copy, if it has one, since the copy
    matches the plan. Raises PipelineError if there is none."""
    copy = artifact_of_job(job, ArtifactKind.PLAYABLE) if job.is_import else None
    shown = copy or artifact_of_job(job, ArtifactKind.RESULT)
    if shown is None:
        raise PipelineError("The result of this job is missing.", permanent=True)
    return shown


def _make_stills(job: Job, source: Path, result: Path, facts: Facts, plan: Plan, scratch: Path) -> None:
    among = stills.candidates(facts, plan)
    chosen = stills.most_different(source, result, plan, among, settings.ENVIRONMENT.limits)
    must_hold(job)
    numbers = [number for number, _, _ in chosen]
    of_an_older_version = job.artifacts.filter(kind__in=STILL_KINDS).exclude(frame__in=numbers)
    artifacts_delete(list(of_an_older_version))
    sizes = (plan.source.width, plan.source.height), (plan.output.width, plan.output.height)
    for number, *pair in chosen:
        paths = [*frame_files.write_pair(scratch, number, *pair), *frame_files.write_pngs(scratch, number, *pair)]
        for kind, path, size in zip(STILL_KINDS, paths, sizes * 2, strict=True):
            artifact_publish(of=job, kind=kind, file=path, name=f"stills/{path.name}", size=size, frame=number)


def _make_link_preview(job: Job, scratch: Path) -> None:
    """Make the picture that sites show with a link, from the still with the most detail."""
    pairs, target = stills_of(job), scratch / "split.jpg"
    with source_paths([after.key for _, after in pairs]) as paths:
        left_still, after = pairs[link_preview.liveliest(paths)]
    with source_paths([left_still.key, after.key]) as (left, right):
        link_preview.write_link_preview(left, right, target)
    size = (link_preview.WIDTH, link_preview.HEIGHT)
    artifact_publish(
        of=job, kind=ArtifactKind.LINK_PREVIEW, file=target, name="split.jpg", size=size, frame=after.frame
    )


def _make_hover_clip(job: Job, plan: Plan, clip: Path, scratch: Path) -> None:
    """Make the clip that the library plays under the pointer, around the frame of the link preview."""
    shown = artifact_of_job(job, ArtifactKind.LINK_PREVIEW)
    frame = shown.frame if shown and shown.frame is not None else plan.frame_count // 2
    target = scratch / "hover.mp4"
    size = hover_clip.make_hover_clip(
        clip, plan, frame, target, settings.ENVIRONMENT.limits, stopping.raise_if_cancelled
    )
    artifact_publish(of=job, kind=ArtifactKind.HOVER_CLIP, file=target, name="hover.mp4", size=size)

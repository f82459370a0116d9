"""The picture that goes with a link where it is posted: made of the stills, once these are there."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from uuid import UUID

from upscaler import selectors
from upscaler.jobs import enqueue
from upscaler.jobs.leases import lease
from upscaler.jobs.trouble import in_words
from upscaler.models import Job, JobState
from upscaler.models.artifact import ArtifactKind
from upscaler.pipeline import split
from upscaler.pipeline.errors import PipelineError, Stopped
from upscaler.storage import artifact_publish, scratch_folder, source_path, source_paths

logger = logging.getLogger(__name__)


def ring_if_wanted(job_id: UUID) -> None:
    """Call when stills may have been made."""
    if selectors.jobs_without_split().filter(pk=job_id).exists():
        enqueue.ring_split(job_id)


def make_split(job_id: UUID) -> None:
    """Publish the picture of a job that has none yet. Safe to call twice."""
    job = selectors.jobs_without_split().filter(pk=job_id).first()
    if job is None:
        return
    with lease(job, (JobState.DONE,)) as start:
        if not start:
            return
        scratch = scratch_folder(f"split-{job.pk}")
        try:
            with in_words(f"the split picture of job {job.pk}", start):
                _make_split(job, scratch / "split.jpg")
        except Stopped:
            return  # deleted in the meantime
        except PipelineError as error:
            logger.warning("no split picture of job %s: %s\n%s", job.pk, error.message, error.detail)
            Job.objects.filter(pk=job.pk).update(extras_error=error.message)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


def _make_split(job: Job, target: Path) -> None:
    """Of the still on which most is to be seen."""
    pairs = selectors.stills_of(job)
    with source_paths([after.key for _, after in pairs]) as paths:
        before, after = pairs[split.liveliest(paths)]
    with source_path(before.key) as left, source_path(after.key) as right:
        split.write_split(left, right, target)
    size = (split.WIDTH, split.HEIGHT)
    artifact_publish(of=job, kind=ArtifactKind.SPLIT, file=target, name="split.jpg", size=size, frame=after.frame)

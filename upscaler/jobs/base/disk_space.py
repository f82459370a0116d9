"""Room on the disk: what a job will need, what is promised already, and whether there is enough."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

from django.conf import settings
from django.db.models import Sum

from upscaler.jobs.base.installation import refusal
from upscaler.jobs.base.isolated import isolated
from upscaler.media.files import free_bytes
from upscaler.media.stored import Gone, StorageTrouble
from upscaler.models import Job, JobState, SegmentState
from upscaler.models.job import RENDERABLE_STATES
from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.core.presets import preset
from upscaler.pipeline.tracks import track_plan

BITS_A_PIXEL = {"h264": 1.0, "h264-high": 2.0, "hevc": 0.8, "av1": 0.6, "prores": 6.0, "ffv1": 14.0, "utvideo": 16.0}
"""Of a result, by preset: generous guesses and no measurements, for until a tenth is rendered. Other presets are taken
to write like "h264-high"."""
NOTHING_BYTES = 1024**2
SPOKEN = ("No space left on device", "Disk quota exceeded")
"""What programs say of a full disk."""
READ_ONLY = "Read-only file system"
"""And of one that can't be written to, as Linux makes one that has errors."""


def is_full(error: BaseException) -> bool:
    """Did this go wrong because a disk is full? Where a library did not say why, the disk is looked at."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    if not isinstance(error, PipelineError | OSError):
        return False
    said = f"{error} {getattr(error, 'detail', '')}"
    return any(words in said for words in SPOKEN) or _is_nothing_left()


def is_read_only(error: BaseException) -> bool:
    """Did this go wrong because a disk can't be written to?"""
    if isinstance(error, OSError):
        return error.errno == errno.EROFS
    return isinstance(error, PipelineError) and READ_ONLY in f"{error} {error.detail}"


def temporary_reason(error: BaseException) -> str:
    """For a failure that is nobody's fault and will pass: what is waited for, in a sentence. "" for all others.

    A file that is gone may be one of a folder that is not mounted just now.
    """
    if isinstance(error, StorageTrouble) or (isinstance(error, Gone) and refusal()):
        return "Media storage can't be reached. It goes on by itself when that can."
    if is_full(error):
        return "The disk is full. It goes on by itself when there is room."
    if is_read_only(error):
        return "The disk is read-only. It goes on by itself when it can be written to."
    return ""


def _is_nothing_left() -> bool:
    scratch = Path(settings.SCRATCH)
    left = [free_bytes(), *([shutil.disk_usage(scratch).free] if scratch.exists() else [])]
    return min(left) < NOTHING_BYTES


def bytes_needed(job: Job) -> int:
    """What is still to be written for a job: the rest of its segments, and once more all of them, as its result.

    From what its segments took so far, where there are enough of them; else from its preset and size.
    """
    done = job.segments.filter(state=SegmentState.DONE).aggregate(frames=Sum("frames"), size=Sum("size"))
    frames, size = done["frames"] or 0, done["size"] or 0
    plan = job.plan
    if frames * 10 >= job.frames_total:
        a_frame = size / frames
    else:
        bits = BITS_A_PIXEL.get(plan.preset, BITS_A_PIXEL["h264-high"])
        a_frame = plan.output.width * plan.output.height * bits / 8
    if not preset(plan.preset).plays:
        a_frame *= 1.5  # the copy for browsers
    return int(a_frame * (2 * job.frames_total - frames)) + _laid_bytes(job)


def _laid_bytes(job: Job) -> int:
    facts = job.video.facts
    return track_plan.laid_bytes(facts, job.plan) if facts is not None else 0


def job_shortage(job: Job) -> str:
    """Why this job may not go on, for want of room, in a sentence; "" if it may. Others that have begun come first."""
    room = free_bytes() - settings.ENVIRONMENT.disk_floor_bytes
    needed = bytes_needed(job)
    if job.started_at is None:
        begun = Job.objects.filter(state__in=(*RENDERABLE_STATES, JobState.ASSEMBLING, JobState.VERIFYING))
        room -= sum(_promised(other) for other in begun.filter(started_at__isnull=False).exclude(pk=job.pk))
    if room >= needed:
        return ""
    return (
        f"It needs about {_size(needed)} of room, and {_size(max(room, 0))} can be used here. "
        "It goes on by itself when there is room."
    )


def _promised(job: Job) -> int:
    with isolated(f"reckoning the room for job {job.pk}"):
        return bytes_needed(job)
    return 0


def shortage() -> str:
    """Why nothing at all is written now; "" while there is room above the floor."""
    free, floor = free_bytes(), settings.ENVIRONMENT.disk_floor_bytes
    if free >= floor:
        return ""
    return f"Only {_size(free)} of the disk are free, less than the {_size(floor)} that are kept. It goes on by itself."


def _size(size: int) -> str:
    """In words; rounded up, so that only nothing is 0."""
    return f"{size / 1024**3:.1f} GiB" if size >= 1024**3 else f"{-(-size // 1024**2)} MiB"

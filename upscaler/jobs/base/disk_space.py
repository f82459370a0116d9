"""Disk space: how much a job needs, how much other jobs will use, and whether there is enough."""

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

BITS_PER_PIXEL = {"h264": 1.0, "h264-high": 2.0, "hevc": 0.8, "av1": 0.6, "prores": 6.0, "ffv1": 14.0, "utvideo": 16.0}
"""Estimated bits per pixel of a result, used until a tenth of it is rendered. Other presets count as "h264-high"."""
FULL_BYTES = 1024**2
FULL_MESSAGES = ("No space left on device", "Disk quota exceeded")
"""Messages of programs about a full disk."""
READ_ONLY = "Read-only file system"
"""The message about a disk that can't be written to. Linux makes one with errors read-only."""


def is_full(error: BaseException) -> bool:
    """Did this fail because a disk is full? Some libraries don't say why, so the free space is checked, too."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    if not isinstance(error, PipelineError | OSError):
        return False
    text = f"{error} {getattr(error, 'detail', '')}"
    return any(message in text for message in FULL_MESSAGES) or _is_disk_full()


def is_read_only(error: BaseException) -> bool:
    """Did this fail because a disk is read-only?"""
    if isinstance(error, OSError):
        return error.errno == errno.EROFS
    return isinstance(error, PipelineError) and READ_ONLY in f"{error} {error.detail}"


def temporary_reason(error: BaseException) -> str:
    """Return a sentence about a failure that will pass, such as a full disk; "" for any other failure.

    A missing file may belong to a folder that isn't mounted at the moment.
    """
    if isinstance(error, StorageTrouble) or (isinstance(error, Gone) and refusal()):
        return "Media storage can't be reached. This continues automatically when it can."
    if is_full(error):
        return "The disk is full. This continues automatically when there is space."
    if is_read_only(error):
        return "The disk is read-only. This continues automatically when it is writable."
    return ""


def _is_disk_full() -> bool:
    scratch = Path(settings.SCRATCH)
    free = [free_bytes(), *([shutil.disk_usage(scratch).free] if scratch.exists() else [])]
    return min(free) < FULL_BYTES


def bytes_needed(job: Job) -> int:
    """Estimate the bytes that a job will still write: the rest of its segments, and all of them again as its result.

    The estimate uses the sizes of its segments once there are enough of them, and its preset and size before that.
    """
    done = job.segments.filter(state=SegmentState.DONE).aggregate(frames=Sum("frames"), size=Sum("size"))
    frames, size = done["frames"] or 0, done["size"] or 0
    plan = job.plan
    if frames * 10 >= job.frames_total:
        bytes_per_frame = size / frames
    else:
        bits = BITS_PER_PIXEL.get(plan.preset, BITS_PER_PIXEL["h264-high"])
        bytes_per_frame = plan.output.width * plan.output.height * bits / 8
    if not preset(plan.preset).plays:
        bytes_per_frame *= 1.5  # the copy for browsers
    return int(bytes_per_frame * (2 * job.frames_total - frames)) + _track_bytes(job)


def _track_bytes(job: Job) -> int:
    facts = job.video.facts
    return track_plan.pcm_bytes(facts, job.plan) if facts is not None else 0


def job_shortage(job: Job) -> str:
    """Return why there is too little disk space for this job, or "". Jobs that have started come first."""
    available = free_bytes() - settings.ENVIRONMENT.disk_floor_bytes
    needed = bytes_needed(job)
    if job.started_at is None:
        started = Job.objects.filter(state__in=(*RENDERABLE_STATES, JobState.ASSEMBLING, JobState.VERIFYING))
        available -= sum(_reserved(other) for other in started.filter(started_at__isnull=False).exclude(pk=job.pk))
    if available >= needed:
        return ""
    return (
        f"Needs about {_size(needed)} of disk space; {_size(max(available, 0))} available. "
        "It continues automatically when there is space."
    )


def _reserved(job: Job) -> int:
    with isolated(f"Estimating the disk space for job {job.pk}"):
        return bytes_needed(job)
    return 0


def shortage() -> str:
    """Return why no job can write to the disk, or "" while enough is free."""
    free, floor = free_bytes(), settings.ENVIRONMENT.disk_floor_bytes
    if free >= floor:
        return ""
    return (
        f"Only {_size(free)} free; HaloWeb keeps {_size(floor)} free. It continues automatically when there is space."
    )


def _size(size: int) -> str:
    """Format a number of bytes, rounded up, so that only 0 bytes are shown as 0."""
    return f"{size / 1024**3:.1f} GiB" if size >= 1024**3 else f"{-(-size // 1024**2)} MiB"

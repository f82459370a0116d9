"""Reports a job's progress, speed and remaining time to its page, at most twice per second."""

from __future__ import annotations

import logging
import time
from collections import deque

from django.db import InterfaceError, OperationalError, connection
from django.db.models import F, Sum

from upscaler.live import log
from upscaler.models import Job, Segment, SegmentState
from upscaler.selectors.jobs import seconds_watchable

REPORT_SECONDS = 0.5
WINDOW_SECONDS = 20.0
"""The time over which the speed is averaged: steady, and soon right after a change."""

logger = logging.getLogger(__name__)


class Progress:
    """The progress of one segment. Other workers may render other segments of the job."""

    def __init__(self, job: Job, segment: Segment) -> None:
        self._job = job
        self._segment = segment
        self._reported_at = 0.0
        self._marks: deque[tuple[float, int]] = deque()

    def report(self, frame: int) -> None:
        """Report that this segment is rendered up to ``frame``, a frame number of the job."""
        now = time.monotonic()
        frames = frame - self._segment.start
        self._marks.append((now, frames))
        while now - self._marks[0][0] > WINDOW_SECONDS:
            self._marks.popleft()
        if now - self._reported_at < REPORT_SECONDS and frame < self._segment.end:
            return
        self._reported_at = now
        self._segment.fps = self._fps()
        Segment.objects.filter(pk=self._segment.pk, fence=self._segment.fence).update(
            frames_begun=frames, fps=self._segment.fps
        )
        done, fps = _of_all(self._job)
        Job.objects.filter(pk=self._job.pk).update(frames_done=done, fps=fps)
        left = (self._job.frames_total - done) / fps if fps else None
        log.append(
            self._job,
            {"kind": "progress", "frame": done, "total": self._job.frames_total, "fps": fps, "seconds_left": left},
        )

    def _fps(self) -> float | None:
        (began, first), (now, last) = self._marks[0], self._marks[-1]
        return round((last - first) / (now - began), 3) if last > first and now > began else self._segment.fps


def report_watchable(job: Job) -> None:
    """Report how much of the result can be watched. A failure is only logged: the segment is stored already."""
    try:
        log.append(job, {"kind": "watchable", "seconds": seconds_watchable(job)})
    except (OperationalError, InterfaceError) as error:
        logger.warning("Can't report progress to the page: %s", error)
        connection.close()


def _of_all(job: Job) -> tuple[int, float | None]:
    """Return how many frames are rendered, including those of current segments, and all workers' frames per second."""
    done = job.segments.filter(state=SegmentState.DONE).aggregate(frames=Sum(F("end") - F("start")))
    current = job.segments.filter(state=SegmentState.CLAIMED).aggregate(frames=Sum("frames_begun"), fps=Sum("fps"))
    return (done["frames"] or 0) + (current["frames"] or 0), current["fps"]

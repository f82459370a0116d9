"""How far, how fast, how long still: told to the page at most twice a second."""

from __future__ import annotations

import logging
import time
from collections import deque

from django.db import InterfaceError, OperationalError, connection
from django.db.models import F, Sum

from upscaler.live import log
from upscaler.models import Job, Segment, SegmentState
from upscaler.selectors.jobs import seconds_watchable

TELL_SECONDS = 0.5
WINDOW_SECONDS = 20.0
"""The speed shown is that of the last so many seconds: steady, and soon right after a change."""

logger = logging.getLogger(__name__)


class Progress:
    """Of one segment of a job, from the worker that has it; others may be at other segments of it."""

    def __init__(self, job: Job, segment: Segment) -> None:
        self._job = job
        self._segment = segment
        self._told = 0.0
        self._marks: deque[tuple[float, int]] = deque()

    def tell(self, frame: int) -> None:
        """The job's frames up to ``frame`` of this segment are rendered."""
        now = time.monotonic()
        frames = frame - self._segment.start
        self._marks.append((now, frames))
        while now - self._marks[0][0] > WINDOW_SECONDS:
            self._marks.popleft()
        if now - self._told < TELL_SECONDS and frame < self._segment.end:
            return
        self._told = now
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


def tell_watchable(job: Job) -> None:
    """One more segment is there. What comes of it is not undone where no page can be told."""
    try:
        log.append(job, {"kind": "watchable", "seconds": seconds_watchable(job)})
    except (OperationalError, InterfaceError) as error:
        logger.warning("a page was not told (%s)", error)
        connection.close()


def _of_all(job: Job) -> tuple[int, float | None]:
    """Frames rendered by all workers, those of segments under work too, and how many a second they make together."""
    done = job.segments.filter(state=SegmentState.DONE).aggregate(frames=Sum(F("end") - F("start")))
    begun = job.segments.filter(state=SegmentState.CLAIMED).aggregate(frames=Sum("frames_begun"), fps=Sum("fps"))
    return (done["frames"] or 0) + (begun["frames"] or 0), begun["fps"]

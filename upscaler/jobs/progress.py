"""How far, how fast, how long still: told to the page at most twice a second."""

from __future__ import annotations

import time
from collections import deque

from upscaler.live import log
from upscaler.models import Job

TELL_SECONDS = 0.5
WINDOW_SECONDS = 20.0
"""The speed shown is that of the last so many seconds: steady, and soon right after a change."""


class Progress:
    """Of one job, from one worker."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._told = 0.0
        self._marks: deque[tuple[float, int]] = deque()

    def tell(self, frame: int) -> None:
        """``frame`` frames of the job are rendered."""
        now = time.monotonic()
        self._marks.append((now, frame))
        while now - self._marks[0][0] > WINDOW_SECONDS:
            self._marks.popleft()
        if now - self._told < TELL_SECONDS and frame < self._job.frames_total:
            return
        self._told = now
        fps = self._fps()
        Job.objects.filter(pk=self._job.pk).update(frames_done=frame, fps=fps)
        left = (self._job.frames_total - frame) / fps if fps else None
        log.append(
            self._job,
            {"kind": "progress", "frame": frame, "total": self._job.frames_total, "fps": fps, "seconds_left": left},
        )

    def _fps(self) -> float | None:
        (began, first), (now, last) = self._marks[0], self._marks[-1]
        return round((last - first) / (now - began), 3) if last > first and now > began else self._job.fps

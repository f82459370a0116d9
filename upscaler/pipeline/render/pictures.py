"""Pictures and the frames that show them: a frame that repeats the one before it has none of its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from upscaler.pipeline.core.frame import Frame
from upscaler.pipeline.planning.plan import Plan


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture as decoded (``before``) and upscaled (``after``)."""

    number: int
    """Index among the plan's pictures, from 0."""
    before: Frame
    after: Frame
    """Read-only: a later stage may still hold the picture."""


class Numbering:
    """Map between a plan's frames and its pictures. Takes eight bytes per picture."""

    def __init__(self, plan: Plan) -> None:
        is_new = np.ones(plan.frame_count, bool)
        is_new[[number for number in plan.repeats.numbers() if 0 < number < plan.frame_count]] = False
        self._first = np.flatnonzero(is_new)
        self._frames = plan.frame_count

    @property
    def pictures(self) -> int:
        """Number of pictures."""
        return len(self._first)

    def picture_of(self, frame: int) -> int:
        """Return the number of the picture that a frame shows."""
        return int(np.searchsorted(self._first, frame, "right")) - 1

    def first_frame(self, picture: int) -> int:
        """Return the first frame that shows a picture: the one that is upscaled."""
        return int(self._first[picture])

    def frames_of(self, picture: int, start: int, end: int) -> range:
        """Return the frames within [start, end) that show a picture."""
        after = self.first_frame(picture + 1) if picture + 1 < self.pictures else self._frames
        return range(max(start, self.first_frame(picture)), min(end, after))

    def shown(self, start: int, end: int) -> range:
        """Return the pictures that the frames [start, end) show."""
        return range(self.picture_of(start), self.picture_of(end - 1) + 1)

    def around(self, pictures: range, radius: int) -> range:
        """Extend a range of pictures by ``radius`` to both sides, within the plan."""
        return range(max(0, pictures.start - radius), min(self.pictures, pictures.stop + radius))

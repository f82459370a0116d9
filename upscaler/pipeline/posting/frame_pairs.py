"""The comparison clip's two pictures of each frame, scaled to one size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from upscaler.pipeline.comparison.comparison_clip import Box, layout
from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.core.frame import Frame, flat
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.planning.plan import Plan, Size
from upscaler.pipeline.programs import ffmpeg

CancelCheck = Callable[[int], None]
"""Called with the number of each frame; an exception in it cancels the work."""


@dataclass(frozen=True)
class Part:
    """Frames [first, first + frames) of a comparison clip, of which every ``step``-th is shown."""

    clip: Path
    plan: Plan
    first: int
    frames: int
    step: int = 1

    @property
    def count(self) -> int:
        """Number of frames shown."""
        return -(-self.frames // self.step)

    @property
    def rate(self) -> Fraction:
        """Frame rate at which they are shown."""
        return self.plan.rate / self.step

    @property
    def seconds(self) -> Fraction:
        return self.frames / self.plan.rate

    @property
    def lead(self) -> Fraction:
        """Seconds before the first frame at which reading starts: half a frame, so that rounding of times
        doesn't decide which one is first."""
        return 1 / (2 * self.plan.rate) if self.first else Fraction(0)

    def opened(self) -> ffmpeg.Stream:
        """Return the input node of the clip, from the part's start on. Seeking is exact, since the clip is ours."""
        begins = self.first / self.plan.rate - self.lead
        return ffmpeg.trusted_file(self.clip, **({"ss": f"{float(begins):.6f}"} if self.first else {}))


def pairs(part: Part, size: Size, limits: Limits, raise_if_cancelled: CancelCheck) -> Iterator[tuple[Frame, Frame]]:
    """Yield before and after, each (height, width, 3) of ``size``, writable.

    Raises PipelineError when the clip ends before the part does, and what ``raise_if_cancelled`` raises.
    """
    clip_layout = layout(part.plan)
    both = part.opened()[ffmpeg.PICTURES].filter("trim", end_frame=part.frames).filter("framestep", part.step)
    each = both.filter_multi_output("split")
    before, after = (
        _cropped(each[number], box, size) for number, box in enumerate((clip_layout.before, clip_layout.after))
    )
    stacked = ffmpeg.stack_vertically(before, after)
    output = ffmpeg.write(stacked, to="pipe:", format="rawvideo", pix_fmt="rgb24", fps_mode="passthrough")
    with ffmpeg.reading(output, limits=limits, label="The comparison clip's decoder") as process:
        for number in range(part.count):
            raise_if_cancelled(number)
            frame: Frame = np.empty((2 * size.height, size.width, 3), np.uint8)
            if process.read_into(flat(frame)) < frame.nbytes:
                raise PipelineError(
                    f"The comparison clip ended after {number} of {part.count} frames.",
                    permanent=False,
                    detail=process.tail,
                )
            yield frame[: size.height], frame[size.height :]


def _cropped(pictures: ffmpeg.Stream, box: Box, size: Size) -> ffmpeg.Stream:
    """Crop one of the two pictures and scale it as a player would."""
    cut = pictures.filter("crop", box.width, box.height, box.x, box.y, exact=1)
    scaled = cut.filter(
        "scale", size.width, size.height, in_color_matrix="bt709", flags="bicubic+accurate_rnd+full_chroma_int"
    )
    return scaled.filter("setsar", "1").filter("format", "rgb24")

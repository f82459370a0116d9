"""The frames of a clip at one size, for as many encoder passes as needed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from upscaler.pipeline.core.frame import Frame
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.planning.plan import Size
from upscaler.pipeline.programs import ffmpeg

from .clip_recipe import PostRecipe, canvas, picture_size
from .frame_pairs import CancelCheck, Part, pairs
from .layouts import composed


@dataclass(frozen=True)
class Drawing:
    """The part of a comparison that a recipe selects, at most ``width`` wide."""

    part: Part
    recipe: PostRecipe
    limits: Limits
    raise_if_cancelled: CancelCheck
    width: int | None = None

    @property
    def whole(self) -> Size:
        """Size of each frame."""
        return canvas(self.recipe, self._picture)

    def frames(self) -> Iterator[Frame]:
        """Yield all frames. Raises PipelineError when the comparison clip ends too early."""
        pictures = pairs(self.part, self._picture, self.limits, self.raise_if_cancelled)
        yield from composed(pictures, self.recipe, self._picture, self.part.count, self.part.rate)

    def node(self) -> ffmpeg.Stream:
        """Return the input node of the frames."""
        return ffmpeg.raw_frames(self.whole.width, self.whole.height, str(self.part.rate))

    @property
    def _picture(self) -> Size:
        return picture_size(self.recipe, self.part.plan, self.width)

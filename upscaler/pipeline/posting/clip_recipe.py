"""Settings of a clip to post, and the sizes derived from them. Cheap to import, for web processes."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from upscaler.pipeline.planning.plan import Plan, Size
from upscaler.pipeline.render.encode import bounded

MB = 1_000_000
"""Bytes. It also fits where a site means 1,048,576."""
WIPE, SIDE, FLIP = "wipe", "side", "flip"
FORMS = {WIPE: "Wipe", SIDE: "Side by side", FLIP: "Before, then after"}
MP4, WEBP, GIF = "mp4", "webp", "gif"
FORMATS = {MP4: "MP4", WEBP: "Animated WebP", GIF: "GIF"}
SIZES = {MP4: (8, 10, 25, 50, 100), WEBP: (8, 10), GIF: (8, 10)}
"""Limits in MB, by format, of common chats and forums; lower for images."""
LONGEST = Fraction(30)
SHORTEST = Fraction(1)
USUAL = Fraction(8)
"""Seconds."""
MAX_WIDTH = {MP4: 1920, WEBP: 800, GIF: 480}
"""Pixels of the whole clip, by format."""
MAX_RATE = 15
"""Approximate frames per second of an animation, whose frames compress poorly."""


@dataclass(frozen=True)
class PostRecipe:
    """One clip to post. Frames are those of the job's plan."""

    form: str
    format: str
    first: int
    frames: int
    most_bytes: int
    with_sound: bool
    with_labels: bool

    @property
    def is_video(self) -> bool:
        return self.format == MP4


def part_of(plan: Plan, start: Fraction, seconds: Fraction) -> tuple[int, int]:
    """Return the first frame and the number of frames of an interval, cut at the plan's end."""
    first = round(start * plan.rate)
    return first, min(max(1, round(seconds * plan.rate)), plan.frame_count - first)


def latest(plan: Plan) -> Fraction:
    """Return the latest start of a clip in seconds, which leaves SHORTEST, or 0 for a shorter result."""
    return max(plan.duration - SHORTEST, Fraction(0))


def step_of(recipe: PostRecipe, plan: Plan) -> int:
    """Return the frame step: 1 for a video, and about MAX_RATE frames per second for an animation."""
    return 1 if recipe.is_video else max(1, round(plan.rate / MAX_RATE))


def picture_size(recipe: PostRecipe, plan: Plan, width: int | None = None) -> Size:
    """Return the size of each of the two pictures: even, at most the result's; ``width`` limits the whole clip."""
    shape = bounded(plan.output)
    across = 2 if recipe.form == SIDE else 1
    most = min(width or MAX_WIDTH[recipe.format], MAX_WIDTH[recipe.format])
    wide = min(shape.width, most // across)
    return scaled(shape, wide)


def scaled(shape: Size, width: int) -> Size:
    """Return the even size of this width with the aspect ratio of ``shape``."""
    return Size(_even(width), _even(width * shape.height / shape.width))


def canvas(recipe: PostRecipe, picture: Size) -> Size:
    """Return the size of the whole clip."""
    return Size(picture.width * (2 if recipe.form == SIDE else 1), picture.height)


def _even(value: float) -> int:
    return max(2, 2 * round(value / 2))

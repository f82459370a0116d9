"""What a person wants of a clip to post, and the sizes that come of it. Light: web processes load this."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from upscaler.pipeline.planning.plan import Plan, Size
from upscaler.pipeline.render.encode import bounded

MB = 1_000_000
"""Bytes. Where a site means 1,048,576, the clip passes all the same."""
WIPE, SIDE, FLIP = "wipe", "side", "flip"
FORMS = {WIPE: "Wipe", SIDE: "Side by side", FLIP: "Before, then after"}
MP4, WEBP, GIF = "mp4", "webp", "gif"
FORMATS = {MP4: "MP4", WEBP: "Animated WebP", GIF: "GIF"}
SIZES = {MP4: (8, 10, 25, 50, 100), WEBP: (8, 10), GIF: (8, 10)}
"""In MB, by format: what chats and forums take. Of pictures, they take less."""
LONGEST = Fraction(30)
SHORTEST = Fraction(1)
USUAL = Fraction(8)
"""Seconds."""
MOST_WIDTH = {MP4: 1920, WEBP: 800, GIF: 480}
"""Pixels of the whole picture, by format."""
MOST_RATE = 15
"""About so many frames a second has an animated picture: each of them is coded nearly by itself."""


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
    """The first frame and the number of frames of so many seconds from ``start`` on; fewer where the plan ends."""
    first = round(start * plan.rate)
    return first, min(max(1, round(seconds * plan.rate)), plan.frame_count - first)


def latest(plan: Plan) -> Fraction:
    """Seconds at which a clip may begin: so that SHORTEST is left, or, of a shorter result, its beginning."""
    return max(plan.duration - SHORTEST, Fraction(0))


def step_of(recipe: PostRecipe, plan: Plan) -> int:
    """Every which frame is shown at first: of a video every one, of an animated picture about MOST_RATE a second."""
    return 1 if recipe.is_video else max(1, round(plan.rate / MOST_RATE))


def picture_size(recipe: PostRecipe, plan: Plan, width: int | None = None) -> Size:
    """Of each of the two pictures, even and never larger than the result; ``width`` is the whole clip's at most."""
    shape = bounded(plan.output)
    across = 2 if recipe.form == SIDE else 1
    most = min(width or MOST_WIDTH[recipe.format], MOST_WIDTH[recipe.format])
    wide = min(shape.width, most // across)
    return scaled(shape, wide)


def scaled(shape: Size, width: int) -> Size:
    """A picture of this shape, so wide, with even sides."""
    return Size(_even(width), _even(width * shape.height / shape.width))


def canvas(recipe: PostRecipe, picture: Size) -> Size:
    """Of the whole clip."""
    return Size(picture.width * (2 if recipe.form == SIDE else 1), picture.height)


def _even(value: float) -> int:
    return max(2, 2 * round(value / 2))

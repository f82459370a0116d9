"""Filters after the network, one per module, in their fixed order.

Each is a generator of pictures and a pure function of its input. OpenCV is loaded only by a plan that needs it.
"""

from __future__ import annotations

from collections.abc import Iterator

from upscaler.pipeline.planning.plan import Plan
from upscaler.pipeline.render.pictures import Picture


def postfiltered(pictures: Iterator[Picture], plan: Plan, shown: range) -> Iterator[Picture]:
    """Apply the plan's postfilters.

    ``shown`` are the numbers of the pictures to yield; those around them, ``plan.deflicker`` to both
    sides, are only input.
    """
    if plan.keep_colours:
        from .colour_match import colour_matched

        pictures = colour_matched(pictures)
    if plan.deflicker:
        from .deflicker import deflickered

        pictures = deflickered(pictures, plan.deflicker, shown)
    return pictures

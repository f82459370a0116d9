"""What happens to pictures behind the network, one filter a file, in the one order in which they run.

Each is a generator of pictures, and a pure function of them: no filter remembers what it gave before.
OpenCV is loaded only by a plan that needs it.
"""

from __future__ import annotations

from collections.abc import Iterator

from upscaler.pipeline.planning.plan import Plan
from upscaler.pipeline.render.pictures import Picture


def finished(pictures: Iterator[Picture], plan: Plan, shown: range) -> Iterator[Picture]:
    """The pictures as the encoder takes them.

    ``shown`` are the numbers of those that are wanted; the others, ``plan.deflicker`` to both sides
    as far as the plan goes, are looked at and need not come out.
    """
    if plan.keep_colours:
        from .colour_match import kept

        pictures = kept(pictures)
    if plan.deflicker:
        from .deflicker import steadied

        pictures = steadied(pictures, plan.deflicker, shown)
    return pictures

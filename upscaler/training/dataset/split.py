"""Split captures into training and held-out: by map or capture, never by frame."""

from __future__ import annotations

from collections.abc import Iterable

from upscaler.pipeline.core.errors import Refused
from upscaler.training.core.capture import Capture, Split

EVERY = 5
"""One map of five is held out where nobody decides."""


def decide_split(
    captures: Iterable[Capture], chosen: dict[str, Split] | None = None, every: int = EVERY
) -> dict[str, Split]:
    """Return the split of each capture by its id.

    ``chosen`` holds what people decided, by id: it stays. Where nothing is chosen as held out, every ``every``-th map
    is, in the order of their names, at least one of two or more. A capture without a map counts as a map of its own. A
    map is on one side as a whole: one that has a chosen capture follows it, as held out where choices differ.
    """
    listed = sorted(captures, key=lambda capture: (map_of(capture), capture.id))
    chosen = chosen or {}
    sides: dict[str, Split] = {}
    for capture in listed:
        if capture.id in chosen and sides.get(map_of(capture)) is not Split.HELD_OUT:
            sides[map_of(capture)] = chosen[capture.id]
    maps = sorted({map_of(capture) for capture in listed})
    free = [name for name in maps if name not in sides]
    if Split.HELD_OUT not in sides.values() and len(maps) > 1:
        sides |= dict.fromkeys(free[every - 1 :: every] or free[-1:], Split.HELD_OUT)
    return {capture.id: chosen.get(capture.id, sides.get(map_of(capture), Split.TRAINING)) for capture in listed}


def check_split(captures: Iterable[Capture]) -> None:
    """Raise Refused, with what to do, unless there are captures on both sides and no map is on both."""
    listed = list(captures)
    by_side = {side: [capture for capture in listed if capture.split is side] for side in Split}
    maps = sorted({map_of(capture) for capture in listed})
    if not listed:
        raise Refused("The dataset has no capture. Add some.")
    if len(maps) == 1:
        raise Refused(
            f"All captures of the dataset are of one map ({maps[0]}), so none can be held out to evaluate the model. "
            "Add a capture of another map."
        )
    for side, words in ((Split.HELD_OUT, "held out to evaluate the model"), (Split.TRAINING, "trained on")):
        if not by_side[side]:
            raise Refused(f"No capture is {words}. Move one map to the other side of the split.")
    both = {map_of(capture) for capture in by_side[Split.TRAINING]} & {
        map_of(capture) for capture in by_side[Split.HELD_OUT]
    }
    if both:
        raise Refused(f"The map {min(both)} is trained on and held out at once. Put all of its captures on one side.")


def map_of(capture: Capture) -> str:
    """Return the map by which a capture is split; its id where no map is known."""
    return capture.map.strip().lower() or f"capture {capture.id}"

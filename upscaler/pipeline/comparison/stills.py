"""Pictures of single frames: pairs while rendering, stills of a finished job, posters."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.frame import Frame, flat
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.recipe import Recipe
from upscaler.pipeline.planning.plan import Plan
from upscaler.pipeline.prefilters import aspect, chain
from upscaler.pipeline.programs import ffmpeg
from upscaler.pipeline.render.frame_files import write_picture

STILLS = 6
TRIED = 5
"""Frames of a scene that are compared for each still."""


def most_different(
    source: Path, result: Path, plan: Plan, among: tuple[tuple[int, ...], ...], limits: Limits
) -> list[tuple[int, Frame, Frame]]:
    """Return from each group of frame numbers the frame that differs most before and after: number, before, after.

    Raises PipelineError when the files don't have these frames.
    """
    numbers = tuple(sorted(number for group in among for number in group))
    group_of = {number: at for at, group in enumerate(among) for number in group}
    best: dict[int, tuple[float, int, Frame, Frame]] = {}
    pairs = zip(before_frames(source, plan, numbers, limits), after_frames(result, plan, numbers, limits), strict=True)
    for number, (before, after) in zip(numbers, pairs, strict=True):
        differs, at = difference(before, after), group_of[number]
        if at not in best or differs > best[at][0]:
            best[at] = (differs, number, before, after)
    return [(number, before, after) for _, number, before, after in (best[at] for at in sorted(best))]


def difference(before: Frame, after: Frame) -> float:
    """Return the mean difference of brightness, 0 to 255, between ``after`` and ``before`` enlarged bicubically."""
    height, width = after.shape[:2]
    enlarged = cv2.resize(before, (width, height), interpolation=cv2.INTER_CUBIC)
    grey = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in (enlarged, after)]
    return float(cv2.absdiff(*grey).mean())


def candidates(facts: Facts, plan: Plan, count: int = STILLS) -> tuple[tuple[int, ...], ...]:
    """Return groups of frame numbers of the plan, one from each of its longest scenes.

    Where there are fewer scenes than ``count``, the longest ones are halved. A clip of fewer frames
    returns all of them.
    """
    cuts = (round(cut * plan.rate / facts.rate) - plan.first_frame * plan.per_frame for cut in facts.cuts)
    bounds = [0, *(cut for cut in cuts if 0 < cut < plan.frame_count), plan.frame_count]
    scenes = list(pairwise(bounds))
    while len(scenes) < count:
        longest = max(scenes, key=lambda scene: scene[1] - scene[0])
        if longest[1] - longest[0] < 2:
            break
        middle = (longest[0] + longest[1]) // 2
        scenes.remove(longest)
        scenes += [(longest[0], middle), (middle, longest[1])]
    longest_first = sorted(scenes, key=lambda scene: scene[0] - scene[1])[:count]
    return tuple(_spread(start, end) for start, end in sorted(longest_first))


def _spread(start: int, end: int) -> tuple[int, ...]:
    """Spread numbers evenly over [start, end), without the ends where possible: they may be within a fade."""
    steps = TRIED + 1
    return tuple(sorted({start + (end - start) * step // steps for step in range(1, steps)}))


def before_frames(source: Path, plan: Plan, numbers: tuple[int, ...], limits: Limits) -> Iterator[Frame]:
    """Yield frames of the source as the network's input."""
    opened = ffmpeg.source(source, limits, plan.opening)[plan.opening.pictures]
    graph = ffmpeg.apply_steps(opened, plan.steps)
    yield from _selected(graph, numbers, (plan.source.width, plan.source.height), limits)


def after_frames(result: Path, plan: Plan, numbers: tuple[int, ...], limits: Limits) -> Iterator[Frame]:
    """Yield frames of the finished file, as a viewer sees them."""
    graph = ffmpeg.result_file(result)[ffmpeg.PICTURES]
    yield from _selected(graph, numbers, (plan.output.width, plan.output.height), limits)


def write_poster(source: Path, facts: Facts, target: Path, limits: Limits) -> tuple[int, int]:
    """Write the frame that analyse chose, in square pixels, as a JPEG; returns its width and height."""
    recipe = Recipe()
    size = aspect.size(facts, recipe)
    opened = ffmpeg.source(source, limits, facts.opening)[facts.opening.pictures]
    graph = ffmpeg.apply_steps(opened, chain(facts, recipe))
    for frame in _selected(graph, (facts.poster_frame,), size, limits):
        write_picture(target, frame)
        return size
    raise PipelineError("The poster's frame can't be decoded.", permanent=False)


def _selected(graph: ffmpeg.Stream, numbers: tuple[int, ...], size: tuple[int, int], limits: Limits) -> Iterator[Frame]:
    """Yield the frames with these numbers, in order; stops decoding after the last."""
    wanted = "+".join(f"eq(n,{number})" for number in numbers)
    graph = graph.filter("trim", end_frame=max(numbers) + 1).filter("select", wanted)
    output = ffmpeg.write(graph, to="pipe:", format="rawvideo", pix_fmt="rgb24", fps_mode="passthrough")
    with ffmpeg.reading(output, limits=limits, label="The stills' decoder") as process:
        for _ in numbers:
            frame: Frame = np.empty((size[1], size[0], 3), np.uint8)
            if process.read_into(flat(frame)) < frame.nbytes:
                return
            yield frame

"""What the kept frames of a dataset cover: maps, brightness and motion; and what is missing, as sentences."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from upscaler.pipeline.core.errors import Refused
from upscaler.training.core.capture import Split

from .folder import Dataset
from .selection import has_motion
from .split import check_split, map_of

BRIGHTNESS = {"dark": (0.0, 40.0), "medium": (40.0, 110.0), "bright": (110.0, 256.0)}
"""Ranges of the mean luma, of 255. Eight captures of a game have 16 to 56."""
MOTION = {"still": (0.0, 0.3), "slow": (0.3, 2.0), "fast": (2.0, float("inf"))}
"""Ranges of the mean optical flow, in per cent of the picture's width per frame. 2% of 1280 pixels at 30 frames per
second is a turn by a whole picture in under two seconds."""
LEAST_SHARE = 0.05
FEW_FRAMES, FEW_MAPS = 1000, 4
MOST_OF_ONE_MAP = 0.5


@dataclass(frozen=True)
class Coverage:
    """Numbers of kept frames that are trained on, unless said otherwise."""

    frames: int
    held_out_frames: int
    by_map: Mapping[str, int]
    by_brightness: Mapping[str, int]
    """By the names in BRIGHTNESS."""
    by_motion: Mapping[str, int]
    """By the names in MOTION: frames of captures with motion alone."""
    missing: tuple[str, ...]
    """What captures to add, as sentences."""


def coverage(dataset: Dataset) -> Coverage:
    """Count what the dataset covers, by the frames' index: no frame is opened."""
    by_map: defaultdict[str, int] = defaultdict(int)
    brightness, motion = dict.fromkeys(BRIGHTNESS, 0), dict.fromkeys(MOTION, 0)
    held_out = 0
    for capture in dataset.captures:
        files = dataset.frame_files(capture.id)
        kept, index = files.kept(), files.index()
        if capture.split is Split.HELD_OUT:
            held_out += int(kept.sum())
            continue
        by_map[map_of(capture)] += int(kept.sum())
        _count(np.asarray(index["brightness"])[kept], BRIGHTNESS, brightness)
        if has_motion(capture):
            _count(np.asarray(index["motion"])[kept], MOTION, motion)
    counted = Coverage(sum(by_map.values()), held_out, dict(by_map), brightness, motion, ())
    return Coverage(
        counted.frames, held_out, counted.by_map, brightness, motion, (*_missing(counted), *split_problems(dataset))
    )


def split_problems(dataset: Dataset) -> Iterator[str]:
    """Yield why the dataset can't be split into training and held-out, if it can't."""
    try:
        check_split(dataset.captures)
    except Refused as reason:
        yield reason.message


def _count(values: NDArray[np.float32], ranges: Mapping[str, tuple[float, float]], into: dict[str, int]) -> None:
    for name, (low, high) in ranges.items():
        into[name] += int(((values >= low) & (values < high)).sum())


def _missing(counted: Coverage) -> Iterator[str]:
    if counted.frames < FEW_FRAMES:
        yield f"{counted.frames:,} frames are trained on; {FEW_FRAMES:,} or more are better. Add captures."
    if 0 < len(counted.by_map) < FEW_MAPS:
        yield f"Only {len(counted.by_map)} of the maps are trained on; models learn more from {FEW_MAPS} or more."
    largest = max(counted.by_map, key=lambda name: counted.by_map[name], default="")
    if len(counted.by_map) > 1 and counted.by_map[largest] > MOST_OF_ONE_MAP * counted.frames:
        share = 100 * counted.by_map[largest] / counted.frames
        yield f"{share:.0f}% of the frames are of one map ({largest}). Add captures of other maps, or keep fewer of it."
    for name, count in counted.by_map.items():
        if not count:
            yield f"No frame of {name} is kept. Harvest it, or remove it."
    for name, count in counted.by_brightness.items():
        if counted.frames and count < LEAST_SHARE * counted.frames:
            yield f"Hardly any frame is {name} ({count:,} of {counted.frames:,}). Add captures of {name} scenes."
    with_motion = sum(counted.by_motion.values())
    if counted.frames and not with_motion:
        yield (
            "No capture shows motion: all are stills. Models learn more from videos of 30 frames per second, whose "
            "twins have the real artefacts of codecs over time."
        )
    for name, words in (("fast", "turns and runs"), ("still", "moments in which little moves")):
        if with_motion and counted.by_motion[name] < LEAST_SHARE * with_motion:
            yield f"Hardly any frame shows {words}. Add captures of them."

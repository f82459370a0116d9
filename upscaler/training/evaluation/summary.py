"""From rows to means over clips, with their spread: for all clips, by codec, by map, and by amount of motion."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from .contestants import LANCZOS, STOCK
from .rows import ClipRow, FrameRow, Row


@dataclass(frozen=True)
class Metric:
    """A column of the tables. ``better`` is 1 where more is better, -1 where less is, 0 where neither is."""

    key: str
    heading: str
    axis: str
    better: int
    digits: int


DISTORTION, CRISPNESS, ARTEFACTS = "distortion", "crispness", "artefacts"
METRICS = (
    Metric("psnr_y", "PSNR-Y, dB", DISTORTION, 1, 2),
    Metric("ssim_y", "SSIM-Y", DISTORTION, 1, 4),
    Metric("vmaf_neg", "VMAF-NEG", DISTORTION, 1, 1),
    Metric("xpsnr_y", "XPSNR-Y, dB", DISTORTION, 1, 2),
    Metric("sharpness", "sharpness", CRISPNESS, 0, 3),
    Metric("gmsd", "GMSD", CRISPNESS, -1, 4),
    Metric("haarpsi", "HaarPSI", CRISPNESS, 1, 4),
    Metric("blocking", "blocking", ARTEFACTS, -1, 2),
    Metric("flicker", "flicker", ARTEFACTS, -1, 2),
    Metric("colour", "colour shift", ARTEFACTS, -1, 2),
    Metric("colour_change", "colour change", ARTEFACTS, -1, 2),
)
"""Sharpness is best at 1. Artefacts are in levels of 255."""
BASELINES = (STOCK, LANCZOS)
"""What models are compared with where nothing else is said."""


@dataclass(frozen=True)
class Mean:
    """A mean over ``count`` clips or seeds. ``error`` is its standard error, None for a single one."""

    value: float
    error: float | None
    count: int


@dataclass(frozen=True)
class Difference:
    """The mean of a contestant less that of another on the same clips, and the clips where it is worse."""

    mean: Mean
    worse: tuple[str, ...]


Means = dict[str, Mean]
"""By the key of the metric; metrics that weren't measured are left out."""
ClipValues = dict[str, dict[str, float]]
"""For each clip, the values of its metrics."""


@dataclass(frozen=True)
class Summary:
    """What the tables show. Contestants are in the order of the rows."""

    clips: tuple[str, ...]
    frames: int
    """Evaluated frames of all clips."""
    means: dict[str, Means]
    differences: dict[str, dict[str, dict[str, Difference]]]
    """By contestant, the baseline that it is compared with, and the metric."""
    groups: dict[str, dict[str, dict[str, Means]]]
    """By kind of group ("codec", "map", "motion"), group, and contestant."""
    per_clip: dict[str, ClipValues]
    cpu_seconds: dict[str, float]
    """Mean processor time of the enlargement of one frame."""


def summarise(rows: Sequence[Row], baselines: Sequence[str] = BASELINES) -> Summary:
    """Return the means of rows, and the differences of each contestant from the ``baselines`` that are among them.

    Raises ValueError if there are no rows, or if a name stands for two contestants.
    """
    frames = [row for row in rows if isinstance(row, FrameRow)]
    sequences = [row for row in rows if isinstance(row, ClipRow)]
    if not frames:
        raise ValueError("No frames were evaluated.")
    names = list(dict.fromkeys(row.key.contestant for row in frames))
    if len({(row.key.contestant, row.key.fingerprint) for row in frames}) > len(names):
        raise ValueError("Two models have the same name. Rename one of them.")
    per_clip = _per_clip(names, frames, sequences)
    return Summary(
        clips=tuple(dict.fromkeys(row.key.case for row in frames)),
        frames=len({(row.key.case, row.number) for row in frames}),
        means={name: _means(per_clip[name]) for name in names},
        differences={name: _differences(name, per_clip, baselines) for name in names},
        groups=_groups(names, frames, sequences),
        per_clip=per_clip,
        cpu_seconds={
            name: float(np.mean([row.cpu_seconds for row in frames if row.key.contestant == name])) for name in names
        },
    )


def _per_clip(names: Iterable[str], frames: Iterable[FrameRow], sequences: Iterable[ClipRow]) -> dict[str, ClipValues]:
    """Return the mean of each metric over the frames of each clip."""
    found: dict[str, dict[str, dict[str, list[float]]]] = {
        name: defaultdict(lambda: defaultdict(list)) for name in names
    }
    shifts: dict[tuple[str, str], list[tuple[float, float, float]]] = defaultdict(list)
    rows: list[Row] = [*frames, *sequences]
    for row in rows:
        for key, value in _values(row).items():
            found[row.key.contestant][row.key.case][key].append(value)
        if isinstance(row, FrameRow):
            shifts[row.key.contestant, row.key.case].append(row.colour_shift)
    means = {
        name: {clip: {key: float(np.mean(values)) for key, values in keys.items()} for clip, keys in clips.items()}
        for name, clips in found.items()
    }
    for (name, clip), each in shifts.items():
        means[name][clip] |= _colour(each, shifts.get((LANCZOS, clip)) if name != LANCZOS else None)
    return means


def _values(row: Row) -> dict[str, float]:
    """Return the metrics that a row holds."""
    names: tuple[str, ...] = ("vmaf_neg", "xpsnr_y")
    if isinstance(row, FrameRow):
        names = ("psnr_y", "ssim_y", "sharpness", "gmsd", "haarpsi", "blocking", "flicker")
    return {name: value for name in names if (value := getattr(row, name)) is not None}


def _colour(shifts: Sequence[tuple[float, ...]], of_lanczos: Sequence[tuple[float, ...]] | None) -> dict[str, float]:
    """Return how far the mean colour of a clip is from the truth's, and from the source's, which Lanczos keeps."""
    mean = np.mean(shifts, axis=0)
    values = {"colour": float(np.abs(mean).max())}
    if of_lanczos:
        values["colour_change"] = float(np.abs(mean - np.mean(of_lanczos, axis=0)).max())
    return values


def _means(clips: ClipValues) -> Means:
    values = {metric.key: [clip[metric.key] for clip in clips.values() if metric.key in clip] for metric in METRICS}
    return {key: mean_of(each) for key, each in values.items() if each}


def mean_of(values: Sequence[float]) -> Mean:
    """Return the mean of at least one value, with its standard error."""
    error = float(np.std(values, ddof=1)) / math.sqrt(len(values)) if len(values) > 1 else None
    return Mean(float(np.mean(values)), error, len(values))


def _differences(
    name: str, per_clip: dict[str, ClipValues], baselines: Sequence[str]
) -> dict[str, dict[str, Difference]]:
    """Return the differences from the baselines that were evaluated, clip by clip."""
    found: dict[str, dict[str, Difference]] = {}
    for baseline in baselines:
        if baseline == name or baseline not in per_clip:
            continue
        mine, other = per_clip[name], per_clip[baseline]
        found[baseline] = {}
        for metric in METRICS:
            gaps = {
                clip: values[metric.key] - other[clip][metric.key]
                for clip, values in mine.items()
                if metric.key in values and metric.key in other.get(clip, {})
            }
            if gaps:
                worse = tuple(clip for clip, gap in gaps.items() if gap * metric.better < 0)
                found[baseline][metric.key] = Difference(mean_of(list(gaps.values())), worse)
    return found


def _groups(
    names: Sequence[str], frames: Sequence[FrameRow], sequences: Sequence[ClipRow]
) -> dict[str, dict[str, dict[str, Means]]]:
    codec_of = {row.key.case: row.codec for row in frames}
    map_of = {row.key.case: row.map for row in frames}
    motion = _motion_groups(frames)
    by_frame: dict[str, Callable[[FrameRow], str]] = {
        "codec": lambda row: row.codec,
        "map": lambda row: row.map,
        "motion": lambda row: motion(row.motion),
    }
    # what is measured of whole sequences belongs to no single amount of motion
    by_clip: dict[str, Callable[[ClipRow], str]] = {
        "codec": lambda row: codec_of[row.key.case],
        "map": lambda row: map_of[row.key.case],
        "motion": lambda _row: "",
    }
    return {
        kind: {
            group: {
                name: _means(clips)
                for name, clips in _per_clip(
                    names,
                    [row for row in frames if by_frame[kind](row) == group],
                    [row for row in sequences if by_clip[kind](row) == group],
                ).items()
                if clips
            }
            for group in sorted({by_frame[kind](row) for row in frames})
        }
        for kind in by_frame
    }


def _motion_groups(frames: Sequence[FrameRow]) -> Callable[[float], str]:
    """Return a function that tells the tercile of an amount of motion, among those of all evaluated frames."""
    amounts = list({(row.key.case, row.number): row.motion for row in frames}.values())
    low, high = (float(each) for each in np.quantile(amounts, (1 / 3, 2 / 3)))

    def group(amount: float) -> str:
        if amount <= low:
            return f"1: little, up to {low:.1f}"
        return f"2: some, up to {high:.1f}" if amount <= high else f"3: much, above {high:.1f}"

    return group

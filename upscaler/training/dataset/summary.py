"""What a capture's frames come to: bursts, counts, and the hash of a dataset's content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from upscaler.training.core.capture import Burst, Capture

from .frame_files import FrameFiles, Mark
from .manifest import CaptureEntry
from .selection import has_motion


@dataclass(frozen=True)
class CaptureSummary:
    """Counts of one capture. ``kept`` and ``bursts`` respect the marks."""

    capture: Capture
    is_harvested: bool
    frames: int
    kept: int
    bursts: int
    included: int
    excluded: int
    left_out: Mapping[str, int]
    """Frames by the reason of the harvest."""


def summarise(entry: CaptureEntry, files: FrameFiles) -> CaptureSummary:
    marks = files.marks()
    return CaptureSummary(
        capture=entry.capture,
        is_harvested=entry.harvested is not None,
        frames=entry.capture.frames,
        kept=int(files.kept().sum()),
        bursts=len(kept_bursts(files, entry.capture)),
        included=int((marks == Mark.INCLUDED).sum()),
        excluded=int((marks == Mark.EXCLUDED).sum()),
        left_out=entry.harvested.left_out if entry.harvested else {},
    )


def kept_bursts(files: FrameFiles, capture: Capture) -> list[Burst]:
    """Return the kept frames of a capture as bursts, in order. A still is a burst of one.

    A frame that is excluded within a burst divides it.
    """
    numbers = np.flatnonzero(files.kept())
    if not len(numbers):
        return []
    of_burst = np.asarray(files.index()["burst"])[numbers]
    is_first = (np.diff(numbers, prepend=-2) != 1) | (np.diff(of_burst, prepend=-2) != 0)
    if not has_motion(capture):
        is_first[:] = True
    starts = np.flatnonzero(is_first)
    counts = np.diff(np.append(starts, len(numbers)))
    return [Burst(int(numbers[start]), int(count)) for start, count in zip(starts, counts, strict=True)]


def content_hash(entries: Sequence[CaptureEntry], files: Sequence[FrameFiles]) -> str:
    """Hash what a model is trained and evaluated on: files, splits and kept frames; not names, paths and dates."""
    parts = [
        [entry.sha256, entry.capture.split.value, hashlib.sha256(np.packbits(of.kept()).tobytes()).hexdigest()]
        for entry, of in zip(entries, files, strict=True)
    ]
    return hashlib.sha256(json.dumps(sorted(parts)).encode()).hexdigest()

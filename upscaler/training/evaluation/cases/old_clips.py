"""A folder of old clips with the truth of each frame, described by its manifest.json.

``clips`` of the manifest name the ``file``, its ``width``, ``height`` and ``codec``, the ``active`` picture within
black borders (x, y, width and height), the ``ground_truth`` file, or null, the part of it that is shown
(``gt_crop_xywh``, or null for all of it), and for each decoded frame the number of the truth that it shows
(``gt_frame_of_output_frame``). ``ground_truth`` lists those files with ``width``, ``height`` and ``map``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from upscaler.pipeline.core.errors import Refused
from upscaler.pipeline.core.limits import Limits
from upscaler.training.core.twin import UNKNOWN_QUANTISER, Pair, Pixels
from upscaler.training.degradation.quantisers import quantisers
from upscaler.training.evaluation.clips import SCALE, CaseFrame, MotionMeter, Sampling

from .decode import OLD_MATRIX, TRUTH_MATRIX, decode_frames

Rectangle = tuple[int, int, int, int]
"""x, y, width and height in pixels."""
ReadQuantisers = Callable[[Path], Iterator[Pixels] | None]
"""For each decoded frame of a file, the quantiser of each pixel's macroblock: (h, w). None if its codec doesn't say."""

NAMES = {"flv1": "spark", "msmpeg4v3": "divx3", "mpeg1video": "mpeg1", "mpeg2video": "mpeg2"}
"""What codecs are called where ffmpeg's name says little."""


def quantisers_of_file(path: Path) -> Iterator[Pixels] | None:
    """Return the quantisers of a file from its bitstream; None if its codec doesn't tell."""
    return quantisers(path, Limits())


@dataclass(frozen=True)
class OldClip:
    """An old clip whose active picture is exactly a quarter of its truth."""

    name: str
    codec: str
    map: str
    path: Path
    size: tuple[int, int]
    """Width and height of the coded frame."""
    active: Rectangle
    truth_path: Path
    truth_size: tuple[int, int]
    truth_crop: Rectangle
    shows: tuple[int, ...]
    """For each decoded frame, the number of the truth that it shows."""
    read_quantisers: ReadQuantisers = quantisers_of_file

    @property
    def grid(self) -> tuple[int, int]:
        """The codec's blocks begin at the corner of the coded frame, outside the active picture."""
        return -self.active[0], -self.active[1]

    def frames(self, sampling: Sampling) -> Iterator[CaseFrame]:
        """Yield the frames that are evaluated. Raises PipelineError if the clip or its truth ends too early."""
        numbers = [number for number in range(len(self.shows)) if sampling.wants(number)]
        before = {number: self._last_other(number) for number in numbers}
        wanted = {self.shows[number] for number in numbers} | {other for other in before.values() if other is not None}
        truths = _Lookahead(decode_frames(self.truth_path, self.truth_size, sorted(wanted), TRUTH_MATRIX))
        lows = decode_frames(self.path, self.size, numbers, OLD_MATRIX)
        planes = self._quantisers(numbers)
        for number, (_, low), plane in zip(numbers, lows, planes, strict=True):
            meter = MotionMeter()
            if (other := before[number]) is not None:
                meter.add(other, _crop(truths.get(other), self.truth_crop))
            truth = _crop(truths.get(self.shows[number]), self.truth_crop)
            motion = meter.add(self.shows[number], truth)
            pair = Pair(self.shows[number], _crop(low, self.active), truth, _crop(plane, self.active))
            yield CaseFrame(number, pair, motion)

    def _last_other(self, number: int) -> int | None:
        """Return the truth that the clip showed before that of frame ``number``; None at its beginning."""
        shown = self.shows[number]
        return next((other for other in reversed(self.shows[:number]) if other != shown), None)

    def _quantisers(self, numbers: Sequence[int]) -> Iterator[Pixels]:
        told = self.read_quantisers(self.path)
        if told is None:
            plane = np.full(self.size[::-1], UNKNOWN_QUANTISER, np.uint8)
            yield from (plane for _ in numbers)
        else:
            wanted = set(numbers)
            yield from (plane for n, plane in enumerate(told) if n in wanted)


class _Lookahead:
    """Frames by rising number, of which the last few are kept: truths of neighbouring frames repeat."""

    KEPT = 2

    def __init__(self, frames: Iterator[tuple[int, Pixels]]) -> None:
        self._frames = frames
        self._kept: dict[int, Pixels] = {}

    def get(self, number: int) -> Pixels:
        """Return frame ``number``. Raises KeyError for one that was dropped, or was never there."""
        while number not in self._kept:
            found = next(self._frames, None)
            if found is None:
                raise KeyError(number)
            self._kept[found[0]] = found[1]
            if len(self._kept) > self.KEPT:
                del self._kept[min(self._kept)]
        return self._kept[number]


def old_clips(
    folder: Path, names: Sequence[str] = (), read_quantisers: ReadQuantisers = quantisers_of_file
) -> list[OldClip]:
    """Return the clips of a folder whose active picture is exactly a quarter of their truth, by name.

    ``names`` are parts of names to select by; all clips if empty. Raises Refused if there is no manifest, or no clip
    whose name has one of them.
    """
    manifest = folder / "manifest.json"
    if not manifest.is_file():
        raise Refused(f"There is no manifest.json in {folder}. Name a folder of old clips with their truth.")
    data = json.loads(manifest.read_text())
    truths = {truth["file"]: truth for truth in data["ground_truth"]}
    clips = [
        _clip(folder, entry, truths[entry["ground_truth"]], read_quantisers)
        for entry in data["clips"]
        if entry["ground_truth"] in truths and not entry["interlaced"] and not entry["truncated"]
    ]
    clips = [clip for clip in clips if clip.truth_crop[2:] == (SCALE * clip.active[2], SCALE * clip.active[3])]
    if missing := [name for name in names if not any(name in clip.name for clip in clips)]:
        raise Refused(f"No clip is called {missing[0]!r}. The clips are: {', '.join(clip.name for clip in clips)}.")
    chosen = [clip for clip in clips if not names or any(name in clip.name for name in names)]
    return sorted(chosen, key=lambda clip: clip.name)


def _clip(folder: Path, entry: dict[str, Any], truth: dict[str, Any], read_quantisers: ReadQuantisers) -> OldClip:
    size = (truth["width"], truth["height"])
    return OldClip(
        name=Path(entry["file"]).stem,
        codec=_codec(entry),
        map=truth["map"],
        path=folder / entry["file"],
        size=(entry["width"], entry["height"]),
        active=tuple(entry["active"]),
        truth_path=folder / truth["file"],
        truth_size=size,
        truth_crop=tuple(entry["gt_crop_xywh"] or (0, 0, *size)),
        shows=tuple(entry["gt_frame_of_output_frame"][: entry["decoded_frames"]]),
        read_quantisers=read_quantisers,
    )


def _codec(entry: dict[str, Any]) -> str:
    """Return the codec's name, such as "xvid"."""
    if entry["codec"] == "mpeg4" and entry["codec_tag"] == "XVID":
        return "xvid"
    return NAMES.get(entry["codec"], str(entry["codec"]))


def _crop(frame: Pixels, rectangle: Rectangle) -> Pixels:
    x, y, width, height = rectangle
    return np.ascontiguousarray(frame[y : y + height, x : x + width])

"""Find frames of held-out captures among those that are trained on: renamed, cropped or encoded again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

import cv2
import numpy as np
from numpy.typing import NDArray

from upscaler.pipeline.core.errors import Refused
from upscaler.pipeline.measure.luma import Luma
from upscaler.training.core.capture import Capture, Split

from .alignment import coarse, coarse_likeness, likeness
from .crops import CROPS, crop_hashes
from .distances import Hashes
from .folder import Dataset
from .frame_files import FrameFiles

MAX_DISTANCE = 12
"""Bits of 64 between the hash of a frame and that of the best crop. 170 smuggled frames of ten captures have at most
10; 0.3% of the pairs of frames of different maps have 12 or less."""
MAX_CANDIDATES = 16
"""Frames, by their distance, that are compared with one held-out frame."""
STARTS = 3
MIN_COARSE, MIN_LIKENESS = 0.8, 0.87
"""169 of 170 smuggled frames have more than 0.88 of the first and of the second, the last one 0.55 of the second. Among
62,000 pairs of frames of different maps of one game, the most is 0.9 of the first and 0.84 of the second."""
NEAR = 2
"""Bits up to which a held-out frame looks like the one before it, and isn't searched for again."""
MIN_CONTRAST = 5.0
MAX_LEAKS = 50


@dataclass(frozen=True)
class Leak:
    """A frame that is trained on and shows what a held-out frame shows."""

    training: Capture
    training_frame: int
    held_out: Capture
    held_out_frame: int
    likeness: float
    """Correlation of their detail, up to 1."""

    @property
    def sentence(self) -> str:
        return (
            f"Frame {self.training_frame} of {self.training.id} is trained on, but shows the same as frame "
            f"{self.held_out_frame} of {self.held_out.id}, which is held out. Exclude that frame, or put both captures "
            "on one side of the split."
        )


def leaks(dataset: Dataset, on_progress: Callable[[int, int], None] = lambda _done, _total: None) -> list[Leak]:
    """Return up to MAX_LEAKS leaks, one for each frame that is trained on and leaks.

    Every frame of the held-out captures counts, kept or not, and the kept ones of the others. Crops down to 80% of
    width and height are found; mirrored or rotated frames are not. ``on_progress`` gets the number of held-out frames
    that were searched for, and their total; an exception in it cancels the search.
    """
    return list(islice(_find(dataset, on_progress), MAX_LEAKS))


def refuse_leaks(dataset: Dataset, on_progress: Callable[[int, int], None] = lambda _done, _total: None) -> None:
    """Raise Refused, naming both frames, for the first leak."""
    for leak in _find(dataset, on_progress):
        raise Refused(leak.sentence)


@dataclass(frozen=True, eq=False)
class _Trained:
    """All frames that are trained on: their hashes, and the capture and row of each."""

    hashes: Hashes
    of: NDArray[np.int32]
    rows: NDArray[np.int64]
    captures: list[Capture]
    files: list[FrameFiles]


def _find(dataset: Dataset, on_progress: Callable[[int, int], None]) -> Iterator[Leak]:
    trained = _trained(dataset)
    held_out = [capture for capture in dataset.captures if capture.split is Split.HELD_OUT]
    total, done = sum(capture.frames for capture in held_out), 0
    reported: set[tuple[str, int]] = set()
    for capture in held_out:
        files = dataset.frame_files(capture.id)
        for row in _distinct(np.asarray(files.index()["hash"])):
            on_progress(done + row, total)
            for at, alike in _matches(files, row, trained):
                leak = Leak(trained.captures[trained.of[at]], int(trained.rows[at]), capture, row, alike)
                if (leak.training.id, leak.training_frame) not in reported:
                    reported.add((leak.training.id, leak.training_frame))
                    yield leak
        done += capture.frames
    on_progress(total, total)


def _trained(dataset: Dataset) -> _Trained:
    captures = [capture for capture in dataset.captures if capture.split is Split.TRAINING]
    files = [dataset.frame_files(capture.id) for capture in captures]
    rows = [np.flatnonzero(of.kept()) for of in files]
    hashes = [np.asarray(of.index()["hash"])[kept] for of, kept in zip(files, rows, strict=True)]
    return _Trained(
        hashes=np.concatenate([*hashes, np.empty(0, np.uint64)]),
        of=np.repeat(np.arange(len(rows), dtype=np.int32), [len(kept) for kept in rows]),
        rows=np.concatenate([*rows, np.empty(0, np.int64)]),
        captures=captures,
        files=files,
    )


def _distinct(hashes: Hashes) -> Iterator[int]:
    """Yield the rows whose hash differs from that of the row yielded before."""
    last: int | None = None
    for row, value in enumerate(hashes.tolist()):
        if last is None or (value ^ last).bit_count() > NEAR:
            last = value
            yield row


def _matches(files: FrameFiles, row: int, trained: _Trained) -> Iterator[tuple[int, float]]:
    """Yield the places among the trained frames that show what a held-out frame shows, with their likeness."""
    whole = _thumbnail(files, row)
    if whole is None or not len(trained.hashes):
        return
    by_crop = crop_hashes(whole)
    closest = np.full(len(trained.hashes), 64, np.uint8)
    for value in by_crop:
        np.minimum(closest, np.bitwise_count(trained.hashes ^ value), out=closest)
    coarse_whole = coarse(whole)
    candidates = np.flatnonzero(closest <= MAX_DISTANCE)
    for at in candidates[np.argsort(closest[candidates], kind="stable")][:MAX_CANDIDATES]:
        part = _thumbnail(trained.files[trained.of[at]], int(trained.rows[at]))
        if part is None:
            continue
        order = np.argsort(np.bitwise_count(by_crop ^ trained.hashes[at]), kind="stable")[:STARTS]
        crops = [CROPS[which] for which in order]
        coarse_part = coarse(part)
        if max(coarse_likeness(coarse_whole, coarse_part, crop) for crop in crops) < MIN_COARSE:
            continue
        if (alike := likeness(whole, part, crops)) >= MIN_LIKENESS:
            yield int(at), alike


def _thumbnail(files: FrameFiles, row: int) -> Luma | None:
    """Return the luma of a thumbnail; None where it shows one plain colour, or nothing."""
    (data,) = files.thumbnails([row])
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE) if data else None
    if decoded is None or float(decoded.std()) < MIN_CONTRAST:
        return None
    return np.asarray(decoded, np.uint8)

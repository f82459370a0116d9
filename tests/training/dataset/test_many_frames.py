"""A dataset of 50,000 frames: pages stay quick, and memory flat."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from upscaler.training.core.capture import Capture, CaptureKind
from upscaler.training.dataset.frame import NO_BURST, HarvestedFrame, Reason
from upscaler.training.dataset.frame_files import FrameFiles, Mark, Shown, write_frames
from upscaler.training.dataset.summary import kept_bursts

FRAMES = 50_000


def frames() -> Iterator[HarvestedFrame]:
    for number in range(FRAMES):
        kept = number % 3 != 0
        yield HarvestedFrame(
            number=number,
            burst=number if kept else NO_BURST,
            scene=number // 1000,
            sharpness=100 + number % 50,
            brightness=number % 256,
            motion=number % 7,
            hash=number * 0x9E3779B97F4A7C15 % 2**64,
            kept=kept,
            reason=Reason.NONE if kept else Reason.SOFTER,
            thumbnail=b"\xff\xd8" + number.to_bytes(4, "big"),
        )


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> FrameFiles:
    folder = tmp_path_factory.mktemp("dataset") / "harvest-1"
    write_frames(folder, frames())
    return FrameFiles(folder)


@pytest.mark.parametrize("shown", list(Shown))
def test_a_page_of_60_costs_the_same_anywhere(files: FrameFiles, shown: Shown) -> None:
    total = files.page(0, 1, shown).total
    pages = [0, total // 2, total - 60]
    processor_seconds = []
    for first in pages:
        begun = time.process_time()
        page = files.page(first, 60, shown)
        list(files.thumbnails([row.frame.number for row in page.rows]))
        processor_seconds.append(time.process_time() - begun)
        assert len(page.rows) == 60

    assert min(processor_seconds) < 0.05


def test_memory_for_a_page_is_far_less_than_the_frames(files: FrameFiles) -> None:
    files.page(0, 60, Shown.KEPT)
    tracemalloc.start()
    files.page(40_000, 60, Shown.ALL)
    files.page(20_000, 60, Shown.KEPT)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 3 * 1024**2


def test_writing_keeps_no_frame_in_memory(tmp_path: Path) -> None:
    tracemalloc.start()
    write_frames(tmp_path / "harvest-1", (frame for frame, _ in zip(frames(), range(5000), strict=False)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 1024**2


def test_every_thumbnail_is_its_own_frame(files: FrameFiles) -> None:
    rows = [0, 777, FRAMES - 1]

    assert [int.from_bytes(picture[2:], "big") for picture in files.thumbnails(rows)] == rows


def test_bursts_of_stills_are_single_and_follow_marks(tmp_path: Path) -> None:
    write_frames(tmp_path / "harvest-1", (frame for frame, _ in zip(frames(), range(9), strict=False)))
    files = FrameFiles(tmp_path / "harvest-1")
    capture = Capture("stills", tmp_path, CaptureKind.PICTURES, 64, 64, None, 9)
    files.mark([1, 2], Mark.EXCLUDED)
    files.mark([3], Mark.INCLUDED)

    assert [(burst.first, burst.count) for burst in kept_bursts(files, capture)] == [
        (3, 1),
        (4, 1),
        (5, 1),
        (7, 1),
        (8, 1),
    ]


def test_hashes_of_all_frames_are_read_without_parsing(files: FrameFiles) -> None:
    hashes = np.asarray(files.index()["hash"])

    assert len(hashes) == FRAMES
    assert int(hashes[12345]) == next(files.frames([12345])).hash

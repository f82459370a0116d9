"""The picture of two halves."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from upscaler.pipeline.comparison import link_preview
from upscaler.pipeline.core.errors import PipelineError


def picture(path: Path, size: tuple[int, int], level: int, *, ending: str = ".jpg") -> Path:
    target = path.with_suffix(ending)
    cv2.imwrite(str(target), np.full((size[1], size[0], 3), level, np.uint8))
    return target


@pytest.mark.parametrize(
    ("small", "large"), [((64, 48), (256, 192)), ((320, 240), (2880, 2160)), ((480, 854), (960, 1708))]
)
@pytest.mark.parametrize("ending", [".jpg", ".png"])
def test_left_is_before_and_right_is_after_whatever_their_sizes(
    tmp_path: Path, small: tuple[int, int], large: tuple[int, int], ending: str
) -> None:
    before = picture(tmp_path / "before", small, 60, ending=ending)
    after = picture(tmp_path / "after", large, 180, ending=ending)

    link_preview.write_link_preview(before, after, tmp_path / "split.jpg")

    made = cv2.imread(str(tmp_path / "split.jpg"), cv2.IMREAD_GRAYSCALE)
    assert made is not None
    assert made.shape == (630, 1200)
    assert abs(made[:, :590].mean() - 60) < 2
    assert abs(made[:, 610:].mean() - 180) < 2
    assert made[:, 599:601].min() > 225


def test_both_halves_show_the_same_place(tmp_path: Path) -> None:
    small = np.zeros((48, 64, 3), np.uint8)
    small[20:28] = 255  # a bar across the middle: it goes on behind the line
    cv2.imwrite(str(tmp_path / "before.png"), small)
    cv2.imwrite(str(tmp_path / "after.png"), small.repeat(4, 0).repeat(4, 1))

    link_preview.write_link_preview(tmp_path / "before.png", tmp_path / "after.png", tmp_path / "split.jpg")

    made = cv2.imread(str(tmp_path / "split.jpg"), cv2.IMREAD_GRAYSCALE)
    assert made is not None
    edges = [np.flatnonzero(made[:, column] > 128)[[0, -1]] for column in (300, 900)]
    assert np.abs(edges[0] - edges[1]).max() <= 2


def test_the_liveliest_is_no_black_screen(tmp_path: Path) -> None:
    noise = tmp_path / "noise.png"
    cv2.imwrite(str(noise), np.random.default_rng(1).integers(0, 255, (480, 640, 3), np.uint8).repeat(4, 0))
    black, grey = picture(tmp_path / "black", (640, 480), 0), picture(tmp_path / "grey", (640, 480), 128)

    assert link_preview.liveliest([black, noise, grey]) == 1
    assert link_preview.liveliest([black]) == 0


def test_what_is_no_picture_is_said(tmp_path: Path) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"0123456789")

    with pytest.raises(PipelineError, match="Can't read"):
        link_preview.write_link_preview(broken, broken, tmp_path / "split.jpg")
    with pytest.raises(PipelineError, match="Can't read"):
        link_preview.liveliest([broken])


def test_a_place_that_takes_no_file_is_said(tmp_path: Path) -> None:
    some = picture(tmp_path / "some", (64, 48), 60)

    with pytest.raises(PipelineError, match="disk isn't full"):
        link_preview.write_link_preview(some, some, tmp_path / "nowhere" / "split.jpg")

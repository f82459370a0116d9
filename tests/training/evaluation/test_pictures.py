"""Labelled crops side by side."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.training.arrays import picture
from tests.training.evaluation.cases import contestants, moving_case
from upscaler.training.evaluation.clips import Sampling
from upscaler.training.evaluation.evaluate import evaluate
from upscaler.training.evaluation.pictures import Box, compare, most_different, sheet, typical_frames, write
from upscaler.training.evaluation.rows import FrameRow


def test_the_crop_is_where_the_pictures_differ_most() -> None:
    one = picture(256, 1)
    other = one.copy()
    other[128:160, 64:96] = 255 - other[128:160, 64:96]
    assert most_different([one, other], (32, 32)) == Box(64, 128, 32, 32)


def test_differences_at_the_border_count_for_nothing() -> None:
    one = picture(256, 1)
    other = one.copy()
    other[:8] = 255 - other[:8]
    other[100:140, 100:140] //= 2
    box = most_different([one, other], (40, 40))
    assert abs(box.x - 100) <= 4
    assert abs(box.y - 100) <= 4


def test_a_crop_is_never_larger_than_the_picture() -> None:
    assert most_different([picture(64, 1), picture(64, 2)], (500, 40)).width == 64


def test_crops_are_enlarged_without_change_below_their_labels() -> None:
    frames = {"Lanczos": picture(256, 1), "truth": picture(256, 2)}
    box = Box(20, 40, 120, 90)
    result = sheet(frames, box, zoom=2)
    assert result.shape == (180, 2 * 240 + 4, 3)
    for left, frame in ((0, frames["Lanczos"]), (244, frames["truth"])):
        panel = result[:, left : left + 240]
        expected = frame[40:130, 20:140].repeat(2, 0).repeat(2, 1)
        assert np.array_equal(panel[60:], expected[60:])
        assert not np.array_equal(panel[:40], expected[:40])


def test_a_sheet_has_a_row_for_every_few_crops() -> None:
    frames = {str(number): picture(256, number) for number in range(5)}
    assert sheet(frames, Box(0, 0, 100, 60), zoom=1, columns=2).shape == (3 * 64 - 4, 204, 3)


def test_a_name_that_does_not_fit_is_an_error_and_not_left_out() -> None:
    with pytest.raises(ValueError, match="no space for the label"):
        sheet({"a name that is far too long": picture(64, 1)}, Box(0, 0, 40, 40), zoom=1)


def test_every_contestant_and_the_truth_are_compared() -> None:
    (frame,) = moving_case("one", frames=1).frames(Sampling(1))
    result = compare(frame, contestants(), size=(80, 60), zoom=2)
    assert result.shape == (120, 4 * 160 + 3 * 4, 3)
    box = Box(8, 8, 80, 60)
    assert np.array_equal(
        compare(frame, contestants(), box=box)[80:, -160:], box.cut(frame.pair.truth).repeat(2, 0).repeat(2, 1)[80:]
    )


@pytest.mark.parametrize("name", ["crop.png", "crop.jpg"])
def test_a_picture_is_written_in_its_colours(tmp_path: Path, name: str) -> None:
    frame = picture(64, 3)
    path = write(frame, tmp_path / "pictures" / name)
    stored = cv2.imread(str(path))
    assert stored is not None
    read = cv2.cvtColor(stored, cv2.COLOR_BGR2RGB)
    assert np.abs(read.astype(int) - frame).mean() < (0.001 if name.endswith("png") else 4)
    assert [each.name for each in path.parent.iterdir()] == [name]


def test_other_formats_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="must end in"):
        write(picture(64, 3), tmp_path / "crop.gif")


def test_typical_frames_have_the_median_gain_of_their_codec(tmp_path: Path) -> None:
    cases = [moving_case("one", codec="xvid"), moving_case("two", codec="xvid"), moving_case("three", codec="wmv2")]
    rows = evaluate(cases, contestants(), tmp_path / "rows", Sampling(2), with_sequences=False)
    frames = [row for row in rows if isinstance(row, FrameRow)]
    psnr = {(row.key.contestant, row.key.case, row.number): row.psnr_y for row in frames}
    chosen = typical_frames(frames, "mine", "stock", 5)
    assert chosen[0][0] == "three"
    assert chosen[1][0] in ("one", "two")
    gains = sorted(
        psnr["mine", case, number] - psnr["stock", case, number] for case in ("one", "two") for number in (0, 2, 4)
    )
    case, number = chosen[1]
    assert psnr["mine", case, number] - psnr["stock", case, number] == gains[3]
    assert typical_frames(frames, "mine", "stock", 1) == chosen[:1]

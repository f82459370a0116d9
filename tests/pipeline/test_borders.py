"""Black borders, and what only looks like them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clips import corpus, ffmpeg
from tests.pipeline.conftest import LIMITS
from upscaler.pipeline.core.facts import Border
from upscaler.pipeline.source.analyse import analyse
from upscaler.pipeline.source.probe import probe

MOVING = "testsrc2=size=320x176:rate=30:duration=1"
BARS = "pad=320:240:0:32"
DARK = "lutyuv=y='16+(val-16)*0.3'"
BRIGHT_LETTERS = "drawbox=x=40:y={y}:w=2:h=9:c=white:t=fill,drawbox=x=46:y={y}:w=2:h=9:c=white:t=fill"


def border_of(folder: Path, picture: str, *options: str, name: str = "clip.avi") -> Border:
    path = folder / name
    ffmpeg("-f", "lavfi", "-i", picture, *(options or ("-c:v", "mpeg4", "-q:v", "5")), path)
    return analyse(path, probe(path, LIMITS), LIMITS).border


def near(found: Border, left: int, top: int, right: int, bottom: int) -> bool:
    sides = (found.left, found.top, found.right, found.bottom)
    return all(abs(got - wanted) <= 2 for got, wanted in zip(sides, (left, top, right, bottom), strict=True))


@pytest.mark.parametrize(
    ("options", "name"),
    [
        (("-c:v", "mpeg4", "-q:v", "8"), "mpeg4.avi"),
        (("-c:v", "libx264", "-crf", "30", "-pix_fmt", "yuv420p10le"), "ten_bits.mkv"),
        (("-pix_fmt", "yuvj420p", "-c:v", "mjpeg", "-q:v", "4"), "full_range.avi"),
        (("-pix_fmt", "rgb24", "-c:v", "ffv1"), "rgb.mkv"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_letterbox_is_found_in_every_kind_of_picture(options: tuple[str, ...], name: str, tmp_path: Path) -> None:
    assert near(border_of(tmp_path, f"{MOVING},{BARS}", *options, name=name), 0, 32, 0, 32)


def test_borders_are_even(tmp_path: Path) -> None:
    found = border_of(tmp_path, "testsrc2=size=281x201:rate=30:duration=1,format=rgb24,pad=320:240:19:19")
    assert near(found, 19, 19, 20, 20)
    assert all(side % 2 == 0 for side in (found.left, found.top, found.right, found.bottom))


def test_the_letterbox_of_a_dark_clip_is_found(tmp_path: Path) -> None:
    path = tmp_path / "dark.avi"
    ffmpeg("-i", corpus("xvid_320x240_letterbox16x9.avi"), "-t", "2", "-an", "-vf", DARK, "-q:v", "5", path)
    assert near(analyse(path, probe(path, LIMITS), LIMITS).border, 0, 30, 0, 30)


def test_a_dark_clip_is_not_cropped(tmp_path: Path) -> None:
    path = tmp_path / "dark.avi"
    ffmpeg("-i", corpus("xvid_320x240_30_mp3.avi"), "-t", "2", "-an", "-vf", DARK, "-q:v", "5", path)
    assert analyse(path, probe(path, LIMITS), LIMITS).border == Border()


def test_a_scene_that_is_dark_at_its_edges_takes_nothing_from_the_others(tmp_path: Path) -> None:
    dark = "drawbox=t=60:c=black:enable='gt(n,7)'"
    assert border_of(tmp_path, f"testsrc2=size=320x240:rate=30:duration=2,{dark}") == Border()


@pytest.mark.parametrize(("y", "expected"), [(8, (0, 8, 0, 32)), (220, (0, 32, 0, 11))])
def test_writing_in_a_bar_is_not_cut(y: int, expected: tuple[int, int, int, int], tmp_path: Path) -> None:
    found = border_of(tmp_path, f"{MOVING},{BARS},{BRIGHT_LETTERS.format(y=y)}")
    assert near(found, *expected)
    assert found.top <= 8 or y != 8
    assert found.bottom <= 11 or y == 8


def test_a_black_clip_has_no_borders(tmp_path: Path) -> None:
    assert border_of(tmp_path, "color=black:size=320x240:rate=30:duration=1") == Border()


def test_a_lamp_that_moves_in_the_dark_is_no_small_picture(tmp_path: Path) -> None:
    lamp = "color=white:size=100x140:rate=30[l];color=black:size=320x240:rate=30[d];[d][l]overlay=x='20+n*4':y=40"
    assert border_of(tmp_path, lamp, "-t", "1", "-c:v", "mpeg4", "-q:v", "5") == Border()


def test_a_title_on_black_is_no_small_picture(tmp_path: Path) -> None:
    title = "drawbox=x=140:y=100:w=40:h=24:c=white:t=fill"
    assert border_of(tmp_path, f"color=black:size=320x240:rate=30:duration=1,{title}") == Border()


def test_a_small_picture_in_the_middle_of_black_is_cut_out(tmp_path: Path) -> None:
    found = border_of(tmp_path, "testsrc2=size=160x120:rate=30:duration=1,pad=320:240:80:60")
    assert near(found, 80, 60, 80, 60)


def test_a_line_or_two_at_the_edge_stay(tmp_path: Path) -> None:
    assert border_of(tmp_path, "testsrc2=size=318x240:rate=30:duration=1,pad=320:240:2:0") == Border()

"""A file that says something new of its pictures midway: each part keeps its shape, its colours and its fields."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.faithful import combing
from tests.clips import ffmpeg
from tests.flashing import LIMITS, TV_STREAM, Outcome, joined, noise, pictures, upscaled
from tests.pipeline.outputs_of import pixels_of
from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.frame import Frame
from upscaler.pipeline.core.recipe import Filters, Recipe
from upscaler.pipeline.output.damage_report import warnings
from upscaler.pipeline.planning.plan import make_plan
from upscaler.pipeline.source.analyse import analyse
from upscaler.pipeline.source.probe import probe

MPEG2, H264 = ("-c:v", "mpeg2video", "-q:v", "3"), ("-c:v", "libx264", "-qp", "3", "-preset", "veryfast", "-bf", "0")
GRAY, PATCH = "0xC0C0C0", (40, 180, 60)
SECONDS = 1


def facts_of(path: Path) -> Facts:
    return analyse(path, probe(path, LIMITS), LIMITS)


def said_of(facts: Facts, recipe: Recipe | None = None) -> list[str]:
    return warnings(facts, make_plan(facts, recipe or Recipe(), 4, LIMITS))


def put_together(
    path: Path, parts: Sequence[tuple[str, tuple[str, ...]]], seconds: Sequence[float] = (SECONDS,) * 9
) -> Path:
    """One second or so of each of (source for lavfi, options), by one clock."""
    made, begins = [], 0.0
    for number, ((picture, options), lasts) in enumerate(zip(parts, seconds, strict=False)):
        made.append(path.with_name(f"{number}{path.suffix}"))
        ffmpeg("-f", "lavfi", "-i", picture, *options, "-t", str(lasts), *TV_STREAM, "-output_ts_offset", str(begins),
               made[-1])  # fmt: skip
        begins += lasts
    return joined(path, *made)


def flat(size: str = "96x64", colour: str = GRAY) -> str:
    return f"color={colour}:size={size}:rate=25"


def lively(size: str = "96x64") -> str:
    """Light everywhere, and no two frames alike."""
    return f"{flat(size)},noise=alls=40:allf=t"


def frames_of(result: Outcome) -> list[Frame]:
    size = result.receipt["result"]
    return pixels_of(result.path, size["width"], size["height"])


def light(frame: Frame) -> NDArray[np.bool_]:
    """Where a frame is not black."""
    found: NDArray[np.bool_] = frame.mean(axis=2) > 96
    return found


def filled(frame: Frame) -> tuple[float, float]:
    """The share of a frame's width and of its height that its picture fills, in the middle."""
    seen = light(frame)
    return float(seen[seen.shape[0] // 2].mean()), float(seen[:, seen.shape[1] // 2].mean())


# --- shape and size


@pytest.mark.parametrize(
    ("aspects", "shares"),
    [
        (("4:3", "16:9"), ((1, 1), (1, 0.75))),
        (("16:9", "4:3"), ((1, 1), (0.75, 1))),
        (("4:3", "16:9", "4:3"), ((1, 1), (1, 0.75), (1, 1))),
    ],
)
def test_a_part_of_another_shape_keeps_it_between_black_bars(
    aspects: tuple[str, ...], shares: tuple[tuple[float, float], ...], tmp_path: Path
) -> None:
    source = put_together(tmp_path / "wide.ts", [(lively(), (*MPEG2, "-aspect", one)) for one in aspects])
    result = upscaled(source)
    frames = frames_of(result)
    assert len(frames) == pytest.approx(25 * len(aspects), abs=1)
    for number, share in enumerate(shares):
        assert filled(frames[25 * number + 12]) == pytest.approx(share, abs=0.05)
    assert result.warnings.count("the picture is") == len(aspects) - 1
    assert "From 0:01.0 on, the picture is" in result.warnings


@pytest.mark.parametrize(("ending", "video"), [("ts", H264), ("mpg", MPEG2)])
def test_a_part_of_another_size_and_shape_keeps_its_shape(ending: str, video: tuple[str, ...], tmp_path: Path) -> None:
    source = put_together(tmp_path / f"sizes.{ending}", [(lively("64x48"), video), (lively("96x48"), video)])
    result = upscaled(source)
    frames = frames_of(result)
    size = result.receipt["result"]
    assert (size["width"], size["height"]) == (64, 48)
    assert filled(frames[10]) == (1, 1)
    assert filled(frames[-10]) == pytest.approx((1, 32 / 48), abs=0.06)
    assert "From 0:01.0 on, the picture is 2.00:1 instead of 1.33:1." in result.warnings


def test_a_part_of_another_size_of_the_same_shape_fills_the_picture(tmp_path: Path) -> None:
    source = put_together(tmp_path / "sizes.ts", [(lively("64x48"), H264), (lively("128x96"), H264)])
    result = upscaled(source)
    assert filled(frames_of(result)[-10]) == (1, 1)
    assert result.warnings == ""


@pytest.mark.parametrize("aspects", [("4:3", "16:9"), ("16:9", "4:3")])
def test_a_picture_that_stands_still_over_a_change_of_shape_changes_its_shape(
    aspects: tuple[str, str], tmp_path: Path
) -> None:
    """All frames are alike but for what the file says of them: the second part is no repeat of the first."""
    result = upscaled(put_together(tmp_path / "card.ts", [(flat(), (*MPEG2, "-aspect", one)) for one in aspects]))
    frames = frames_of(result)
    assert filled(frames[12]) == (1, 1)
    assert min(filled(frames[-10])) == pytest.approx(0.75, abs=0.05)


def test_what_is_round_stays_round(tmp_path: Path) -> None:
    """A square of square pixels, in a part with pixels that are not."""
    first = (lively("96x64"), (*H264, "-aspect", "3:2"))
    square = "color=black:size=96x64:rate=25,drawbox=x=36:y=16:w=24:h=32:c=white:t=fill,noise=alls=20:allf=t"
    result = upscaled(put_together(tmp_path / "square.ts", [first, (square, (*H264, "-aspect", "2:1"))]))
    seen = light(frames_of(result)[-10])
    across, down = seen.any(axis=0).sum(), seen.any(axis=1).sum()
    assert across == pytest.approx(down, abs=2)


def test_the_sound_goes_on_over_a_change_of_shape(tmp_path: Path) -> None:
    parts = []
    for number, aspect in enumerate(("4:3", "16:9")):
        parts.append(tmp_path / f"{number}.ts")
        ffmpeg("-f", "lavfi", "-i", pictures("25", 2, "96x64"), "-f", "lavfi", "-i", noise(2, 48000, seed=number),
               *MPEG2, "-aspect", aspect, "-c:a", "mp2", *TV_STREAM, "-output_ts_offset", str(2.2 * number),
               parts[-1])  # fmt: skip
    upscaled(joined(tmp_path / "both.ts", *parts)).is_together(4)


# --- colours


@pytest.mark.parametrize(
    "said",
    [
        (("smpte170m", "tv"), ("bt709", "tv")),
        (("bt709", "tv"), ("smpte170m", "tv"), ("bt709", "tv")),
        (("smpte170m", "tv"), ("smpte170m", "pc")),
        (("bt709", "pc"), ("smpte170m", "tv")),
    ],
)
def test_each_part_keeps_its_colours(said: tuple[tuple[str, str], ...], tmp_path: Path) -> None:
    parts = []
    for matrix, span in said:
        written = f"scale=out_color_matrix={matrix}:out_range={span},format=yuv420p"
        parts.append((f"{flat('64x48', '0x28B43C')},format=gbrp,{written}",
                      (*H264, "-colorspace", matrix, "-color_range", span)))  # fmt: skip
    result = upscaled(put_together(tmp_path / "colours.ts", parts))
    frames = frames_of(result)
    for number in range(len(said)):
        off = frames[25 * number + 12][24, 32].astype(int) - PATCH
        assert np.abs(off).max() <= 4, (number, off)
    assert result.warnings.count("the file's colours are") == len(said) - 1
    assert "From 0:01.0 on, the file's colours are" in result.warnings
    assert "They are converted" in result.warnings


def test_colours_and_shape_that_change_at_once_are_both_kept(tmp_path: Path) -> None:
    parts = []
    for matrix, size in (("smpte170m", "64x48"), ("bt709", "96x48")):
        written = f"format=gbrp,scale=out_color_matrix={matrix}:out_range=tv,format=yuv420p"
        parts.append((f"{flat(size, '0x28B43C')},{written}", (*H264, "-colorspace", matrix, "-color_range", "tv")))
    result = upscaled(put_together(tmp_path / "both.ts", parts))
    last = frames_of(result)[-10]
    assert np.abs(last[24, 32].astype(int) - PATCH).max() <= 4
    assert last[2].max() <= 12


def test_a_picture_that_stands_still_over_a_change_of_colours_changes_its_colours(tmp_path: Path) -> None:
    """The very same numbers in the file, by another matrix: (40, 180, 60) by the first, and not by the second."""
    written = "format=gbrp,scale=out_color_matrix=smpte170m:out_range=tv,format=yuv420p"
    parts = [
        (f"{flat('64x48', '0x28B43C')},{written}", (*H264, "-colorspace", matrix, "-color_range", "tv"))
        for matrix in ("smpte170m", "bt709")
    ]
    frames = frames_of(upscaled(put_together(tmp_path / "card.ts", parts)))
    first, second = (frames[at][24, 32].astype(int) for at in (12, -10))
    assert np.abs(first - PATCH).max() <= 4
    assert np.abs(second - first).max() >= 8


def test_a_part_that_says_nothing_of_its_colours_is_not_called_wrong(tmp_path: Path) -> None:
    tagged = ("-colorspace", "smpte170m", "-color_range", "tv")
    facts = facts_of(put_together(tmp_path / "untagged.ts", [(flat(), (*H264, *tagged)), (flat(), H264)]))
    assert not any("colours" in sentence for sentence in said_of(facts))


# --- what is said, and when


def test_a_file_that_always_says_the_same_has_no_parts(tmp_path: Path) -> None:
    facts = facts_of(put_together(tmp_path / "same.ts", [(flat(), MPEG2), (flat(), MPEG2)]))
    assert (facts.headers, said_of(facts)) == ((), [])


def test_a_damaged_header_of_a_moment_is_no_part(tmp_path: Path) -> None:
    parts = [(flat(), (*MPEG2, "-aspect", one)) for one in ("4:3", "16:9", "4:3")]
    facts = facts_of(put_together(tmp_path / "moment.ts", parts, (1, 0.12, 1)))
    assert (facts.headers, said_of(facts)) == ((), [])


def test_the_parts_begin_where_their_pictures_do(tmp_path: Path) -> None:
    parts = [(flat(), (*MPEG2, "-aspect", one)) for one in ("4:3", "16:9", "4:3")]
    facts = facts_of(put_together(tmp_path / "parts.ts", parts, (1, 0.6, 1)))
    assert [header.frame for header in facts.headers] == [0, pytest.approx(25, abs=1), pytest.approx(40, abs=1)]
    assert [header.shape for header in facts.headers] == [Fraction(4, 3), Fraction(16, 9), Fraction(4, 3)]


def test_a_change_is_said_only_of_what_a_trim_shows(tmp_path: Path) -> None:
    facts = facts_of(put_together(tmp_path / "cut.ts", [(flat(), (*MPEG2, "-aspect", one)) for one in ("4:3", "16:9")]))
    assert len(said_of(facts)) == 1
    assert said_of(facts, Recipe(trim=(0, 20))) == []
    assert said_of(facts, Recipe(trim=(30, 45))) == []


# --- fields


def woven(order: str, seconds: float = 1.2) -> tuple[str, tuple[str, ...]]:
    mode = {"tff": "interleave_top", "bff": "interleave_bottom,setfield=bff"}[order]
    picture = f"testsrc2=size=64x320:rate=50:duration={seconds},tinterlace={mode}"
    return picture, ("-c:v", "mpeg2video", "-flags", "+ildct+ilme", "-q:v", "10")


@pytest.mark.parametrize("orders", [("tff", "bff"), ("bff", "tff"), ("tff", "bff", "tff")])
def test_a_first_field_that_changes_midway_leaves_no_combs(orders: tuple[str, ...], tmp_path: Path) -> None:
    source = put_together(tmp_path / "fields.ts", [woven(one) for one in orders], (1.2,) * 3)
    result = upscaled(source)
    assert result.frames == pytest.approx(30 * len(orders), abs=2)
    assert "The field order changes midway" in result.warnings
    assert combing(result.path) <= 0.1


def test_a_frame_for_each_field_follows_a_first_field_that_changes(tmp_path: Path) -> None:
    source = put_together(tmp_path / "fields.ts", [woven("tff"), woven("bff")], (1.2,) * 2)
    result = upscaled(source, filters=Filters(deinterlace="field"))
    assert result.frames == pytest.approx(120, abs=3)
    assert combing(result.path) <= 0.1


@pytest.mark.parametrize("order", ["tff", "bff"])
def test_one_order_throughout_is_no_change(order: str, tmp_path: Path) -> None:
    facts = facts_of(put_together(tmp_path / "fields.ts", [woven(order, 2.4)], (2.4,)))
    assert (facts.field_order, facts.field_order_changes) == (order, False)


def test_whole_frames_are_no_fields(tmp_path: Path) -> None:
    path = tmp_path / "whole.ts"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x320:rate=25:duration=2.4", *MPEG2, path)
    assert (facts_of(path).field_order, facts_of(path).field_order_changes) == ("progressive", False)

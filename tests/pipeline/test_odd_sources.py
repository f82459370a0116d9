"""Files that are put together as few are: each comes out as a player shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.clips import ffmpeg, make_clip
from tests.matroska import pictures_at
from tests.pipeline.conftest import LIMITS, Planned
from tests.pipeline.facts_of import facts_of
from tests.pipeline.outputs_of import probed
from upscaler.pipeline.comparison.stills import candidates
from upscaler.pipeline.core.errors import Refused
from upscaler.pipeline.core.frame import Frame
from upscaler.pipeline.core.recipe import Filters, Recipe
from upscaler.pipeline.output.damage_report import warnings
from upscaler.pipeline.planning.plan import make_plan
from upscaler.pipeline.render.decode import Decoder
from upscaler.pipeline.source.analyse import analyse
from upscaler.pipeline.source.probe import probe

PATCH = (224, 163, 46)


def decoded(work: Planned) -> list[Frame]:
    with Decoder(work.source, work.plan, LIMITS) as frames:
        return list(frames)


@pytest.mark.parametrize("sar", ["1", "4/3", "8/9"])
@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv444p"])
def test_full_range_stays_full_range_whatever_the_shape_of_the_pixels(
    sar: str, pix_fmt: str, tmp_path: Path, planned: Callable[..., Planned]
) -> None:
    source = tmp_path / "clip.mkv"
    written = f"format=rgb24,scale=out_range=full:out_color_matrix=bt601,format={pix_fmt},setsar={sar}"
    ffmpeg("-f", "lavfi", "-i", f"color=0x{bytes(PATCH).hex()}:size=64x48:rate=25:duration=0.2", "-vf", written,
           "-color_range", "pc", "-c:v", "ffv1", source)  # fmt: skip
    frames = decoded(planned(source))
    assert np.abs(frames[0].astype(int) - PATCH).max() <= 3


@pytest.mark.parametrize(("pix_fmt", "left"), [("yuv411p", 2), ("yuv410p", 6), ("yuv420p", 1), ("yuv420p", 2)])
def test_a_crop_leaves_colour_where_it_was(
    pix_fmt: str, left: int, tmp_path: Path, planned: Callable[..., Planned]
) -> None:
    source = tmp_path / "clip.mkv"
    halves = "color=red:size=64x48:rate=25:duration=0.2,drawbox=x=32:w=32:h=48:c=blue:t=fill"
    ffmpeg("-f", "lavfi", "-i", halves, "-vf", f"format={pix_fmt}", "-c:v", "ffv1", source)
    whole = decoded(planned(source, Recipe(filters=Filters(crop="off"))))[0]
    cut = decoded(planned(source, Recipe(filters=Filters(crop=f"{left}:0:{left}:0"))))[0]
    assert np.abs(cut.astype(int) - whole[:, left : 64 - left]).max() <= 8


def test_a_film_that_stands_still_for_hours_is_planned_in_bounds_and_that_is_said(tmp_path: Path) -> None:
    times = [0, 8, *(8 + 599_000 * number for number in range(1, 37))]
    source = pictures_at(times, tmp_path / "slides.mkv")
    facts = analyse(source, probe(source, LIMITS), LIMITS)
    plan = make_plan(facts, Recipe(), 4, LIMITS)
    assert plan.frame_count < 100_000
    assert float(facts.duration) == pytest.approx(times[-1] / 1000, abs=1)
    assert any("is still nearly all the time" in sentence for sentence in warnings(facts, plan))
    with pytest.raises(
        Refused, match=r"At 60 frames per second, the 38 frames of this video would become 1,\d{3},\d{3}"
    ):
        make_plan(facts, Recipe(filters=Filters(rate="60")), 4, LIMITS)


def test_so_many_quick_pictures_with_long_gaps_are_refused(tmp_path: Path) -> None:
    """At no rate that makes few enough frames would they be in time."""
    times = [0, 8, 17, *(17 + 599_000 * number for number in range(1, 37))]
    source = pictures_at(times, tmp_path / "bursts.mkv")
    with pytest.raises(Refused, match=r"39 frames in 6.0 hours, .* apart. At 120 .* would be 2,\d{3},\d{3} frames"):
        analyse(source, probe(source, LIMITS), LIMITS)


def with_cover_first(path: Path) -> None:
    """Move the box that holds the cover before those of the streams; sizes and places of all else stay as they are."""
    data = path.read_bytes()
    moov = next(box for box in boxes(data, 0, len(data)) if box[0] == b"moov")
    children = list(boxes(data, moov[1] + 8, moov[2]))
    order = sorted(children, key=lambda box: (box[0] != b"mvhd", box[0] != b"udta"))
    path.write_bytes(data[: moov[1] + 8] + b"".join(data[start:end] for _, start, end in order) + data[moov[2] :])


def boxes(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and end of each MP4 box."""
    while at < end:
        size = int.from_bytes(data[at : at + 4], "big")
        yield data[at + 4 : at + 8], at, at + size
        at += size


def test_a_cover_that_comes_first_is_not_the_film(tmp_path: Path, planned: Callable[..., Planned]) -> None:
    clip, cover, source = tmp_path / "clip.mp4", tmp_path / "cover.jpg", tmp_path / "covered.mp4"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25:duration=1", "-c:v", "mpeg4", clip)
    ffmpeg("-f", "lavfi", "-i", "color=green:size=96x64", "-frames:v", "1", cover)
    ffmpeg("-i", clip, "-i", cover, "-map", "0", "-map", "1", "-c", "copy", "-disposition:v:1", "attached_pic", source)
    with_cover_first(source)
    assert probed(source)["streams"][0]["codec_name"] == "mjpeg"
    work = planned(source)
    assert (work.facts.frames, work.facts.width) == (25, 64)
    assert len(decoded(work)) == 25


def test_a_last_picture_that_stays_does_stay_and_is_no_damage(tmp_path: Path, planned: Callable[..., Planned]) -> None:
    short, source = tmp_path / "short.mp4", tmp_path / "held.mp4"
    in_milliseconds = ("-video_track_timescale", "1000")
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25:duration=2", "-c:v", "mpeg4", *in_milliseconds, short)
    hold = "setts=duration='if(eq(N,49),3000,40)'"
    ffmpeg("-i", short, "-c", "copy", "-bsf:v", hold, *in_milliseconds, source)
    work = planned(source)
    assert (work.facts.decoded_frames, work.facts.frames, work.facts.held) == (50, 124, 74)
    assert not work.facts.is_damaged
    frames = decoded(work)
    assert len(frames) == 124
    assert all((frame == frames[49]).all() for frame in frames[50:])
    assert set(range(50, 124)) <= work.plan.repeats.numbers()


def test_a_rate_that_is_rounded_to_hundredths_is_the_declared_one(tmp_path: Path) -> None:
    path = tmp_path / "clip.mov"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x48:rate=30:duration=3", "-c:v", "mpeg4", "-video_track_timescale",
           "100", path)  # fmt: skip
    facts = analyse(path, probe(path, LIMITS), LIMITS)
    assert (facts.rate, facts.frames) == (30, 90)


@pytest.mark.parametrize("deinterlace", ["off", "frame", "match"])
def test_one_frame_is_denoised_without_end_by_ffmpeg_so_it_is_not(
    deinterlace: str, tmp_path: Path, planned: Callable[..., Planned]
) -> None:
    source = make_clip(tmp_path / "clip.avi", frames=3, rate="25", sound=None)
    recipe = Recipe(trim=(1, 2), filters=Filters(denoise="light", deinterlace=deinterlace))
    assert len(decoded(planned(source, recipe))) == 1


@pytest.mark.parametrize("rate", ["50", "60", "12", "25"])
def test_repeats_are_the_same_frames_at_any_rate(rate: str, tmp_path: Path, planned: Callable[..., Planned]) -> None:
    source = tmp_path / "clip.avi"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25:duration=2", "-vf", "select='not(eq(mod(n,7),3))'",
           "-fps_mode", "cfr", "-c:v", "ffv1", source)  # fmt: skip
    work = planned(source, Recipe(filters=Filters(rate=rate)))
    assert work.facts.duplicates
    frames = decoded(work)
    same = {number for number in range(1, len(frames)) if (frames[number] == frames[number - 1]).all()}
    assert same == work.plan.repeats.numbers()


def test_a_rate_below_the_source_is_said_to_leave_frames_out() -> None:
    facts = facts_of(rate=Fraction(25))
    said = warnings(facts, make_plan(facts, Recipe(filters=Filters(rate="12")), 4, LIMITS))
    assert said == ["At 12 frames per second, less than the video's own 25, some frames are left out."]
    assert warnings(facts, make_plan(facts, Recipe(filters=Filters(rate="50")), 4, LIMITS)) == []


@pytest.mark.parametrize("change", [{"matrix": "bt2020"}, {"transfer": "smpte2084"}])
def test_the_colours_of_hdr_are_said_to_suffer(change: dict[str, Any]) -> None:
    facts = facts_of(**change)
    assert "HDR" in warnings(facts, make_plan(facts, Recipe(), 4, LIMITS))[0]


def test_a_picture_that_is_too_small_for_an_encoder_is_refused_before_any_work() -> None:
    facts = facts_of(width=50, height=34)
    with pytest.raises(Refused, match="AV1 needs at least 64 pixels per side"):
        make_plan(facts, Recipe(preset="av1", scale=Fraction(1)), 4, LIMITS)
    make_plan(facts, Recipe(preset="h264", scale=Fraction(1)), 4, LIMITS)


def test_stills_are_of_the_scenes_also_at_field_rate() -> None:
    facts = facts_of(frames=100, decoded_frames=100, cuts=(50,), height=480, field_order="tff", fields_are="apart")
    plan = make_plan(facts, Recipe(filters=Filters(deinterlace="field")), 4, LIMITS)
    assert plan.frame_count == 200
    assert candidates(facts, plan, 2) == ((16, 33, 50, 66, 83), (116, 133, 150, 166, 183))


def test_a_mark_in_a_bar_is_kept_whatever_its_colour(tmp_path: Path) -> None:
    for colour in ("0000FF", "800000", "404040", "00FF00"):
        path = tmp_path / f"{colour}.avi"
        bars = "testsrc2=size=320x180:rate=10:duration=2,pad=320:240:0:30"
        mark = f"drawbox=x=100:y=12:w=60:h=6:c=0x{colour}:t=fill"
        ffmpeg("-f", "lavfi", "-i", f"{bars},{mark}", "-c:v", "mpeg4", "-q:v", "3", path)
        assert 10 <= analyse(path, probe(path, LIMITS), LIMITS).border.top <= 12, colour

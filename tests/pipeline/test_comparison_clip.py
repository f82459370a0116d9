"""The comparison clip: both pictures of one frame in one, for every frame of the plan and for no other."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.clips import corpus, ffmpeg, make_clip
from tests.listening import sound_shift_ms
from tests.numbered import Picture, make_numbered, number_in
from tests.pipeline.conftest import LIMITS
from tests.pipeline.rendering import Plans, enlarged, frames_of
from upscaler.pipeline.comparison.comparison_clip import Box, Layout, is_short_enough, layout, make_comparison_clip
from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.core.recipe import Filters, Recipe
from upscaler.pipeline.planning.plan import Size
from upscaler.pipeline.programs.ffprobe import probe


def cut(frame: Picture, box: Box) -> Picture:
    return frame[box.y : box.y + box.height, box.x : box.x + box.width]


@pytest.mark.parametrize("trim", [None, (31, 77)])
def test_both_pictures_of_every_frame_are_of_the_same_number(
    tmp_path: Path, planned: Plans, trim: tuple[int, int] | None
) -> None:
    made = planned(make_numbered(tmp_path / "numbered.avi", 90), Recipe(trim=trim))
    result, clip = enlarged(made, tmp_path / "result.mp4"), tmp_path / "comparison.mp4"

    size = make_comparison_clip(made.source, result, made.facts, made.plan, clip, LIMITS)

    lies = layout(made.plan)
    assert size == (lies.width, lies.height) == (512, 384 + 96)
    first = trim[0] if trim else 0
    seen = frames_of(clip, Size(*size))
    assert len(seen) == made.plan.frame_count
    for number, frame in enumerate(seen, start=first):
        before, after = cut(frame, lies.before), cut(frame, lies.after)
        assert {number_in(picture, half) for picture in (before, after) for half in (0, 1)} == {number}
    (video,) = (stream for stream in probe(clip, LIMITS)["streams"] if stream["codec_type"] == "video")
    assert float(video["duration"]) == pytest.approx(len(seen) / float(made.plan.rate), abs=0.0001)
    assert {video.get(name) for name in ("color_space", "color_primaries", "color_transfer")} == {"bt709"}


def test_neither_picture_bleeds_into_the_other(tmp_path: Path, planned: Plans) -> None:
    """Odd sides, red before and blue after: the outermost pixels have their colours too."""
    source, result = tmp_path / "red.avi", tmp_path / "blue.mp4"
    ffmpeg(
        "-f", "lavfi", "-i", "color=red:size=64x48:rate=30:duration=0.5,format=gbrp,crop=63:47", "-c:v", "ffv1", source
    )
    made = planned(source, Recipe(filters=Filters(crop="off")))
    ffmpeg(
        "-f", "lavfi", "-i", f"color=blue:size={made.plan.output.width}x{made.plan.output.height}:rate=30:duration=0.5",
        "-vf", "scale=out_color_matrix=bt709", "-c:v", "libx264", "-pix_fmt", "yuv420p", result,
    )  # fmt: skip

    size = make_comparison_clip(source, result, made.facts, made.plan, tmp_path / "clip.mp4", LIMITS)

    frame, lies = frames_of(tmp_path / "clip.mp4", Size(*size))[5], layout(made.plan)
    before, after = cut(frame, lies.before).astype(int), cut(frame, lies.after).astype(int)
    assert (before.shape, after.shape) == ((47, 63, 3), (188, 252, 3))
    for picture, strong, weak in ((before, 0, 2), (after, 2, 0)):
        assert picture[..., strong].min() > 225
        assert picture[..., weak].max() < 12
        assert np.ptp(picture, axis=(0, 1)).max() <= 6, "its edges look as its middle does"


def test_a_result_of_other_frames_is_refused(tmp_path: Path, planned: Plans) -> None:
    made = planned(make_clip(tmp_path / "source.avi", frames=30))
    result = make_clip(tmp_path / "short.mp4", frames=20, size="256x192", codec="libx264", sound=None)

    with pytest.raises(PipelineError, match="20 frames instead of 30"):
        make_comparison_clip(made.source, result, made.facts, made.plan, tmp_path / "clip.mp4", LIMITS)


@pytest.mark.parametrize("name", ["xvid_320x240_audio_late_0.75s.mkv", "h264_320x240_audio_early_0.4s.mp4"])
def test_the_sound_is_where_it_was(name: str, tmp_path: Path, planned: Plans) -> None:
    made = planned(corpus(name), Recipe(trim=(0, 90), height=240))
    result, clip = enlarged(made, tmp_path / "result.mp4"), tmp_path / "comparison.mp4"

    make_comparison_clip(made.source, result, made.facts, made.plan, clip, LIMITS)

    shift = sound_shift_ms(made.source, clip, window=(1, 2))
    assert abs(shift + 1000 * float(made.plan.start)) <= 10


def test_pictures_that_browsers_balk_at_are_made_smaller(tmp_path: Path, planned: Plans) -> None:
    made = planned(make_clip(tmp_path / "large.avi", frames=3, size="720x540", sound=None), Recipe(filters=Filters()))
    assert made.plan.output == Size(2880, 2160)

    assert layout(made.plan) == Layout(1920, 1440 + 544, Box(0, 1440, 720, 540), Box(0, 0, 1920, 1440))


def test_a_long_result_gets_no_clip(tmp_path: Path, planned: Plans) -> None:
    plan = planned(make_clip(tmp_path / "clip.avi", frames=3, sound=None)).plan
    assert is_short_enough(replace(plan, frame_count=20 * 60 * 30))
    assert not is_short_enough(replace(plan, frame_count=20 * 60 * 30 + 1))
    assert plan.rate == Fraction(30)

"""Plan -> frames."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.clips import ffmpeg, make_clip
from tests.pipeline.conftest import Planned
from tests.pipeline.rendering import Plans
from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.core.frame import Frame
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.recipe import Recipe
from upscaler.pipeline.render.decode import Decoder


def frames_of(work: Planned, limits: Limits, *, start: int = 0) -> list[Frame]:
    with Decoder(work.source, work.plan, limits, start=start) as decoder:
        return list(decoder)


def test_every_planned_frame_comes_with_the_planned_size(clip: Path, planned: Plans, limits: Limits) -> None:
    frames = frames_of(planned(clip), limits)
    assert [frame.shape for frame in frames] == [(48, 64, 3)] * 30
    assert len({frame.tobytes() for frame in frames}) == 30


@pytest.mark.parametrize("start", [1, 11, 29])
@pytest.mark.parametrize("recipe", [Recipe(), Recipe(trim=(0, 30))])
def test_a_later_start_gives_the_same_frames(
    start: int, recipe: Recipe, clip: Path, planned: Plans, limits: Limits
) -> None:
    work = planned(clip, recipe)
    whole = frames_of(work, limits)
    np.testing.assert_array_equal(frames_of(work, limits, start=start), whole[start:])


@pytest.mark.parametrize("codec", ["mpeg2video", "libx264"])
@pytest.mark.parametrize("ending", ["mpg", "mkv"])
def test_a_later_start_is_exact_where_seeking_is_not(
    codec: str, ending: str, tmp_path: Path, planned: Plans, limits: Limits
) -> None:
    source = make_clip(tmp_path / f"clip.{ending}", codec=codec, frames=50, sound=None, extra=("-bf", "2", "-g", "12"))
    work = planned(source)
    np.testing.assert_array_equal(frames_of(work, limits, start=31), frames_of(work, limits)[31:])


def test_a_variable_rate_gives_a_frame_for_every_slot(tmp_path: Path, planned: Plans, limits: Limits) -> None:
    keep = ("-vf", "select='not(eq(mod(n\\,7)\\,3))'", "-fps_mode", "vfr")
    work = planned(make_clip(tmp_path / "gaps.mkv", frames=60, extra=keep, sound=None))
    frames = frames_of(work, limits)
    assert len(frames) == work.facts.frames > work.facts.decoded_frames
    np.testing.assert_array_equal(frames[3], frames[2])  # frame 3 was dropped: frame 2 stays on the screen
    np.testing.assert_array_equal(frames_of(work, limits, start=20), frames[20:])


def test_a_trim_gives_the_frames_of_its_range(clip: Path, planned: Plans, limits: Limits) -> None:
    whole = frames_of(planned(clip), limits)
    np.testing.assert_array_equal(frames_of(planned(clip, Recipe(trim=(7, 19))), limits), whole[7:19])


def test_a_source_that_ends_early_is_an_error(clip: Path, planned: Plans, limits: Limits) -> None:
    work = planned(clip)
    promised = replace(work, plan=replace(work.plan, frame_count=31))
    with pytest.raises(PipelineError, match="returned 30 of the 31 frames"):
        frames_of(promised, limits)


@pytest.mark.parametrize("matrix", ["smpte170m", "bt709"])
def test_colours_are_those_that_the_matrix_of_the_source_means(
    matrix: str, tmp_path: Path, planned: Plans, limits: Limits
) -> None:
    source = tmp_path / "green.mp4"
    ffmpeg(
        "-f", "lavfi", "-i", "color=0x1EC828:size=64x48:rate=10:duration=0.5,format=gbrp", "-vf",
        f"scale=out_color_matrix={matrix}:out_range=limited,format=yuv420p",
        "-colorspace", matrix, "-color_range", "tv", "-c:v", "libx264", "-qp", "1", source,
    )  # fmt: skip
    middle = frames_of(planned(source), limits)[0][24, 32].astype(int)
    assert np.abs(middle - (30, 200, 40)).max() <= 3


def test_closing_half_way_ends_the_decoder(tmp_path: Path, planned: Plans, limits: Limits) -> None:
    work = planned(make_clip(tmp_path / "long.avi", frames=600, size="320x240", sound=None))
    with Decoder(work.source, work.plan, limits) as decoder:
        next(iter(decoder))
        process = decoder._process
        assert process.is_running
    assert not process.is_running

"""The sweep over before and after that the library plays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.clips import ffmpeg, make_clip
from tests.pipeline.conftest import LIMITS
from tests.pipeline.rendering import Plans, frames_of
from upscaler.pipeline.comparison.comparison_clip import layout
from upscaler.pipeline.core.errors import PipelineError, Stopped
from upscaler.pipeline.output.output_timing import shown
from upscaler.pipeline.planning.plan import Plan, Size
from upscaler.pipeline.posting import hover_clip


@pytest.fixture
def plan(tmp_path: Path, planned: Plans) -> Plan:
    """Six seconds of 64x48 to 256x192."""
    return planned(make_clip(tmp_path / "source.avi", frames=180, sound=None)).plan


def two_colours(target: Path, plan: Plan, *, noise: int = 0) -> Path:
    """A comparison clip that is red before and blue after."""
    lies = layout(plan)
    seconds = float(plan.duration)
    above = f"color=blue:s={lies.width}x{lies.before.y}:r={plan.rate}:d={seconds}"
    below = f"color=red:s={lies.width}x{lies.height - lies.before.y}:r={plan.rate}:d={seconds}"
    more = f",noise=alls={noise}:allf=t" if noise else ""
    ffmpeg(
        "-f", "lavfi", "-i", above, "-f", "lavfi", "-i", below,
        "-filter_complex", f"[0][1]vstack,format=yuv420p{more}", "-c:v", "libx264", "-preset", "ultrafast",
        "-crf", "4" if noise else "18", target,
    )  # fmt: skip
    return target


def test_the_line_goes_from_the_right_to_the_left_and_back(tmp_path: Path, plan: Plan) -> None:
    clip, target = two_colours(tmp_path / "clip.mp4", plan), tmp_path / "hover.mp4"

    size = hover_clip.make_hover_clip(clip, plan, 90, target, LIMITS, raise_if_cancelled)

    assert size == (320, 240)
    assert shown(target, LIMITS).frames == 120
    assert target.stat().st_size <= hover_clip.HOVER_BYTES
    frames = frames_of(target, Size(*size))
    red = [float((frame[..., 0] > 128).mean() - (frame.min(axis=2) > 128).mean()) for frame in frames]
    assert red[0] > 0.97 and red[60] < 0.03
    assert red[30] == pytest.approx(0.5, abs=0.05) and red[90] == pytest.approx(0.5, abs=0.05)
    assert all(frame[:, -10:, 2].mean() > 128 for frame in frames[20:100]), "after lies at the right"


def test_it_is_made_smaller_until_it_fits(tmp_path: Path, plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    clip, target = two_colours(tmp_path / "clip.mp4", plan, noise=40), tmp_path / "hover.mp4"

    hover_clip.make_hover_clip(clip, plan, 90, target, LIMITS, raise_if_cancelled)
    assert target.stat().st_size <= hover_clip.HOVER_BYTES

    monkeypatch.setattr(hover_clip, "HOVER_BYTES", 1000)
    with pytest.raises(PipelineError, match="doesn't fit"):
        hover_clip.make_hover_clip(clip, plan, 90, target, LIMITS, raise_if_cancelled)


@pytest.mark.parametrize(("frame", "first"), [(0, 0), (90, 30), (179, 60), (75, 15)])
def test_its_frame_is_in_the_middle_where_that_can_be(plan: Plan, frame: int, first: int) -> None:
    assert hover_clip.frames_around(frame, plan) == range(first, first + 120)


def test_a_short_clip_is_swept_over_whole(plan: Plan) -> None:
    assert hover_clip.frames_around(10, replace(plan, frame_count=30)) == range(30)


def test_it_can_be_stopped(tmp_path: Path, plan: Plan) -> None:
    def stop(number: int) -> None:
        if number == 20:
            raise Stopped

    with pytest.raises(Stopped):
        hover_clip.make_hover_clip(
            two_colours(tmp_path / "clip.mp4", plan), plan, 90, tmp_path / "hover.mp4", LIMITS, stop
        )


def raise_if_cancelled(_number: int) -> None:
    """Nobody asks for an end."""

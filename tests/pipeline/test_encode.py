"""Frames -> one segment."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tests.pipeline.conftest import Planned
from tests.pipeline.facts_of import facts_of
from upscaler.pipeline.containers.mp4 import concatenate_segments
from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.core.frame import Frame
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.recipe import Recipe
from upscaler.pipeline.planning.plan import Plan, make_plan
from upscaler.pipeline.render.encode import Encoder

RATES = [Fraction(30), Fraction(30000, 1001), Fraction(15, 2)]


def plan_of(rate: Fraction = Fraction(30), *, width: int = 64, height: int = 48, recipe: Recipe | None = None) -> Plan:
    facts = facts_of(width=width, height=height, rate=rate, frames=30, decoded_frames=30)
    return make_plan(facts, recipe or Recipe(), 4, Limits(), segment_frames=10)


def pictures(plan: Plan, count: int = 30) -> list[Frame]:
    noise = np.random.default_rng(5)
    shape = (plan.network.height // 8 + 1, plan.network.width // 8 + 1, 3)
    blocks = (noise.integers(0, 255, shape, np.uint8).repeat(8, 0).repeat(8, 1) for _ in range(count))
    return [np.ascontiguousarray(frame[: plan.network.height, : plan.network.width]) for frame in blocks]


def encode(target: Path, plan: Plan, frames: list[Frame], start: int, end: int, limits: Limits) -> Path:
    with Encoder(target, plan, limits, start=start, end=end) as encoder:
        for frame in frames[start:end]:
            encoder.write(frame)
        encoder.finish()
    return target


def in_segments(folder: Path, plan: Plan, limits: Limits) -> Path:
    frames = pictures(plan)
    segments = [
        encode(folder / f"{start}.mp4", plan, frames, start, end, limits) for start, end in reversed(plan.segments)
    ]
    whole = folder / "whole.mp4"
    whole.write_bytes(b"".join(concatenate_segments(segments[::-1])))
    return whole


def shown(path: Path, entries: str = "frame=pts") -> list[str]:
    command = ["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", entries, "-of", "csv=p=0"]
    output = subprocess.check_output([*command, str(path)], text=True, timeout=60)
    return [line.strip().rstrip(",") for line in output.splitlines() if line.strip()]


@pytest.mark.parametrize("rate", RATES)
def test_joined_segments_hold_every_frame_at_even_distances(rate: Fraction, tmp_path: Path, limits: Limits) -> None:
    plan = plan_of(rate)
    stamps = [int(stamp.split(",")[0]) for stamp in shown(in_segments(tmp_path, plan, limits))]
    assert len(stamps) == 30
    assert {after - before for before, after in pairwise(stamps)} == {plan.time_scale / rate}


def test_a_segment_begins_where_the_one_before_it_ends(tmp_path: Path, limits: Limits) -> None:
    plan = plan_of()
    frames = pictures(plan)
    starts = [
        Fraction(shown(encode(tmp_path / f"{a}.mp4", plan, frames, a, b, limits), "stream=start_time")[0])
        for a, b in plan.segments
    ]
    assert [round((start - starts[0]) * plan.rate, 3) for start in starts] == [0, 10, 20]


def test_the_same_frames_give_the_same_bytes(tmp_path: Path, limits: Limits) -> None:
    plan = plan_of()
    for name in ("once", "again"):
        (tmp_path / name).mkdir()
    once, again = in_segments(tmp_path / "once", plan, limits), in_segments(tmp_path / "again", plan, limits)
    assert once.read_bytes() == again.read_bytes()


def test_the_heads_of_all_segments_are_the_same(tmp_path: Path, limits: Limits) -> None:
    plan = plan_of()
    frames = pictures(plan)
    heads = {
        path.read_bytes().partition(b"moof")[0][:-4]
        for path in (encode(tmp_path / f"{a}.mp4", plan, frames, a, b, limits) for a, b in plan.segments)
    }
    assert len(heads) == 1


def test_the_colours_are_tagged_and_true(tmp_path: Path, limits: Limits) -> None:
    """The page's ``RGB(30,200,40) shows as (15,173,32)``: an untagged BT.601 picture read as BT.709."""
    plan = plan_of()
    green = np.full((plan.network.height, plan.network.width, 3), (30, 200, 40), np.uint8)
    segment = encode(tmp_path / "green.mp4", plan, [green] * 30, 0, 30, limits)
    tags = shown(segment, "stream=color_range,color_space,color_transfer,color_primaries")
    assert tags == ["tv,bt709,bt709,bt709"]
    seen = subprocess.check_output(
        ["ffmpeg", "-v", "error", "-i", segment, "-frames:v", "1", "-vf", "scale=in_color_matrix=bt709,format=rgb24",
         "-f", "rawvideo", "-"],
        timeout=60,
    )  # fmt: skip
    picture = np.frombuffer(seen, np.uint8).reshape(plan.output.height, plan.output.width, 3)
    assert np.abs(picture.astype(int) - (30, 200, 40)).max() <= 3


@pytest.mark.parametrize(("width", "height"), [(17, 19), (64, 33)])
def test_an_odd_picture_gets_an_even_frame_and_no_stretch(
    width: int, height: int, tmp_path: Path, limits: Limits
) -> None:
    facts = facts_of(width=width, height=height, frames=30, decoded_frames=30)
    plan = make_plan(facts, Recipe(), 1, Limits())
    segment = encode(tmp_path / "odd.mp4", plan, pictures(plan), 0, 30, limits)
    assert shown(segment, "stream=width,height") == [f"{width + width % 2},{height + height % 2}"]


def test_another_height_is_scaled_to(tmp_path: Path, limits: Limits) -> None:
    plan = plan_of(width=320, height=240, recipe=Recipe(height=720))
    segment = encode(tmp_path / "720.mp4", plan, pictures(plan, 3), 0, 3, limits)
    assert shown(segment, "stream=width,height") == ["960,720"]


def test_a_missing_frame_is_an_error(tmp_path: Path, limits: Limits) -> None:
    plan = plan_of()
    with (
        pytest.raises(PipelineError, match="received 9 of its 10 frames"),
        Encoder(tmp_path / "short.mp4", plan, limits, start=0, end=10) as encoder,
    ):
        for frame in pictures(plan, 9):
            encoder.write(frame)
        encoder.finish()


def test_an_encoder_that_fails_is_an_error(
    tmp_path: Path, planned: Callable[..., Planned], clip: Path, limits: Limits
) -> None:
    plan = planned(clip).plan
    with pytest.raises(PipelineError, match="The encoder"):
        encode(tmp_path / "no such folder" / "x.mp4", plan, pictures(plan), 0, 30, limits)

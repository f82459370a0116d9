"""The playable copy of the source as the network saw it: every frame of the plan and no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.numbered import make_numbered, number_in
from tests.pipeline.conftest import LIMITS
from tests.pipeline.rendering import Plans, frames_of
from upscaler.pipeline.comparison.source_clip import make_source_clip
from upscaler.pipeline.core.recipe import Recipe
from upscaler.pipeline.output.output_timing import shown
from upscaler.pipeline.planning.plan import Size
from upscaler.pipeline.programs.ffprobe import probe


@pytest.mark.parametrize("rate", ["30", "30000/1001", "119.88"])
@pytest.mark.parametrize("trim", [None, (31, 77)])
def test_it_has_each_frame_of_the_plan_for_its_whole_time(
    rate: str, trim: tuple[int, int] | None, tmp_path: Path, planned: Plans
) -> None:
    made = planned(make_numbered(tmp_path / "numbered.avi", 90, rate=rate), Recipe(trim=trim))
    clip = tmp_path / "clip.mp4"

    size = Size(*make_source_clip(made.source, made.facts, made.plan, clip, LIMITS))

    first, end = trim or (0, 90)
    assert [number_in(frame, 0) for frame in frames_of(clip, size)] == list(range(first, end))
    assert shown(clip, LIMITS).misplaced(made.plan.rate) == 0
    (video,) = (stream for stream in probe(clip, LIMITS)["streams"] if stream["codec_type"] == "video")
    assert float(video["duration"]) == pytest.approx(float((end - first) / made.plan.rate), abs=0.0001)
    tags = {name: video.get(name) for name in ("color_space", "color_primaries", "color_transfer", "color_range")}
    assert tags == dict.fromkeys(tags, "bt709") | {"color_range": "tv"}

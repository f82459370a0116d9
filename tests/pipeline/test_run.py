"""The whole way of a file, as the command line walks it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.clips import make_clip
from upscaler.pipeline import run
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.recipe import Recipe
from upscaler.pipeline.networks.backends.nearest import NearestBackend
from upscaler.pipeline.networks.speed_cache import Tuned
from upscaler.pipeline.render.segments import Renderer


def test_segments_are_a_minute_of_work_and_join_to_the_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = make_clip(tmp_path / "clip.avi", frames=130, rate="30", size="64x48")
    slow = Tuned("nearest", "cpu", "fp32", 1.0)
    monkeypatch.setattr(run, "open_tuned", lambda *_: (NearestBackend(4), slow))
    segments: list[tuple[int, int]] = []
    render = Renderer.render

    def watched(renderer: Renderer, start: int, end: int, *rest: Any) -> object:
        segments.append((start, end))
        return render(renderer, start, end, *rest)

    monkeypatch.setattr(Renderer, "render", watched)
    news: list[str] = []
    receipt = run.upscale_file(
        clip, tmp_path / "out.mp4", "nearest", Recipe(), Limits(), lambda *_: None, force=False, on_message=news.append
    )
    assert segments == [(0, 60), (60, 120), (120, 130)]
    assert receipt["result"]["frames_out"] == 130
    assert len(news) == 1
    assert news[0].endswith("frames per second (fp32): about 2 minutes.")

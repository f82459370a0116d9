"""Segments, one after the other: every planned frame comes out, however it is cut."""

from __future__ import annotations

import hashlib
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest

from tests.clips import make_clip
from tests.pipeline.conftest import Planned
from tests.pipeline.rendering import Plans
from upscaler.pipeline.containers.mp4 import concatenate_segments
from upscaler.pipeline.core.errors import PipelineError, Stopped
from upscaler.pipeline.core.frame import Frame
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.networks.backend import Batch, Engine
from upscaler.pipeline.networks.backends.nearest import NearestBackend
from upscaler.pipeline.render.segments import Renderer
from upscaler.pipeline.render.upscale import upscale


def ignore(_number: int, _before: Frame, _after: Frame) -> None: ...


def rendered(work: Planned, folder: Path, limits: Limits, *, order: int = 1) -> Path:
    """All segments of a plan, joined."""
    folder.mkdir()
    paths = [folder / f"{number}.mp4" for number in range(len(work.plan.segments))]
    with Renderer(work.source, work.plan, NearestBackend(4), limits) as renderer:
        for (start, end), path in list(zip(work.plan.segments, paths, strict=True))[::order]:
            assert renderer.render(start, end, path, ignore).frames == end - start
    whole = folder / "whole.mp4"
    whole.write_bytes(b"".join(concatenate_segments(paths)))
    return whole


def pictures_in(path: Path) -> list[Frame]:
    raw = subprocess.check_output(
        ["ffmpeg", "-v", "error", "-i", path, "-f", "rawvideo", "-pix_fmt", "gray", "-fps_mode", "passthrough", "-"],
        timeout=60,
    )
    return list(np.frombuffer(raw, np.uint8).reshape(-1, 192, 256))


def test_three_segments_show_what_one_shows(tmp_path: Path, clip: Path, planned: Plans, limits: Limits) -> None:
    one = pictures_in(rendered(planned(clip), tmp_path / "one", limits))
    three_segments = planned(clip, segment_frames=12)
    assert len(three_segments.plan.segments) == 3
    three = pictures_in(rendered(three_segments, tmp_path / "three", limits))
    assert len(one) == len(three) == 30
    for ours, theirs in zip(one, three, strict=True):
        assert np.abs(ours.astype(int) - theirs).mean() < 4  # both are lossy; another frame differs by more than 15


def test_the_order_of_rendering_does_not_change_a_byte(
    tmp_path: Path, clip: Path, planned: Plans, limits: Limits
) -> None:
    work = planned(clip, segment_frames=12)
    forwards = rendered(work, tmp_path / "forwards", limits)
    backwards = rendered(work, tmp_path / "backwards", limits, order=-1)
    assert forwards.read_bytes() == backwards.read_bytes()


def test_what_comes_of_a_segment_is_told_as_it_is(tmp_path: Path, clip: Path, planned: Plans, limits: Limits) -> None:
    work, target = planned(clip), tmp_path / "segment.mp4"
    seen: list[tuple[int, tuple[int, ...], tuple[int, ...]]] = []
    with Renderer(clip, work.plan, NearestBackend(4), limits) as renderer:
        told = renderer.render(5, 9, target, lambda n, before, after: seen.append((n, before.shape, after.shape)))
    assert [number for number, *_ in seen] == [5, 6, 7, 8]
    assert set(seen[0][1:]) == {(48, 64, 3), (192, 256, 3)}
    assert (told.frames, told.size) == (4, target.stat().st_size)
    assert told.sha256 == hashlib.sha256(target.read_bytes()).hexdigest()


def test_a_source_that_ends_early_fails_its_segment(tmp_path: Path, clip: Path, planned: Plans, limits: Limits) -> None:
    work = planned(clip)
    plan = replace(work.plan, frame_count=33, segments=((0, 33),))
    with (
        Renderer(clip, plan, NearestBackend(4), limits) as renderer,
        pytest.raises(PipelineError, match="30 of the 33"),
    ):
        renderer.render(0, 33, tmp_path / "segment.mp4", ignore)


def test_stopping_half_way_leaves_no_ffmpeg_behind(tmp_path: Path, planned: Plans, limits: Limits) -> None:
    work = planned(make_clip(tmp_path / "long.avi", frames=300, size="320x240", sound=None))
    before = set(psutil.Process().children(recursive=True))

    def stop(number: int, _before: Frame, _after: Frame) -> None:
        if number == 5:
            raise Stopped

    with Renderer(work.source, work.plan, NearestBackend(4), limits) as renderer, pytest.raises(Stopped):
        renderer.render(0, 240, tmp_path / "segment.mp4", stop)
    assert set(psutil.Process().children(recursive=True)) <= before


def test_a_renderer_goes_on_after_a_failure(tmp_path: Path, clip: Path, planned: Plans, limits: Limits) -> None:
    work = planned(clip)
    target = tmp_path / "segment.mp4"

    def fail(number: int, _before: Frame, _after: Frame) -> None:
        raise Stopped

    with Renderer(clip, work.plan, NearestBackend(4), limits) as renderer:
        with pytest.raises(Stopped):
            renderer.render(0, 10, target, fail)
        again = renderer.render(0, 10, target, ignore)
    assert again.frames == 10
    assert len(pictures_in(target)) == 10


def test_a_network_of_another_scale_than_planned_is_an_error(clip: Path, planned: Plans, limits: Limits) -> None:
    with pytest.raises(PipelineError, match="scale 4, not 2"):
        Renderer(clip, planned(clip).plan, NearestBackend(2), limits)


class Wrong:
    """A network that says 4 and gives 2."""

    scale = 4
    engine = Engine("wrong", "cpu", "exact")

    def batch(self, width: int, height: int) -> int:
        return 1

    def upscale(self, frames: Batch) -> Batch:
        return frames.repeat(2, axis=1).repeat(2, axis=2)

    def close(self) -> None: ...


def test_a_picture_of_another_size_than_planned_is_an_error(clip: Path, planned: Plans) -> None:
    with pytest.raises(PipelineError, match="1 frames of 128x96 instead of 1 of 256x192"):
        upscale([np.zeros((48, 64, 3), np.uint8)], Wrong(), planned(clip).plan)


class Idle(NearestBackend):
    """A network that changes nothing but rounding, up to the picture ``until``."""

    def __init__(self, until: int = 1000) -> None:
        super().__init__(4)
        self.engine = Engine("torch", "cpu", "fp32")
        self._until, self._seen = until, 0

    def upscale(self, frames: Batch) -> Batch:
        enlarged = super().upscale(frames)
        enlarged[:, 1::2] -= enlarged[:, 1::2] > 0
        if self._seen == self._until:
            enlarged[:, 3::4, 3::4] ^= 64
        self._seen += len(frames)
        return enlarged


@pytest.mark.parametrize(
    ("network", "said"),
    [
        pytest.param(Idle(), True, id="never"),
        pytest.param(Idle(until=20), False, id="from the 20th on"),
        pytest.param(NearestBackend(4), False, id="on purpose"),
    ],
)
def test_a_network_that_changes_no_picture_is_noticed(
    network: NearestBackend, said: bool, tmp_path: Path, clip: Path, planned: Plans, limits: Limits
) -> None:
    with Renderer(clip, planned(clip).plan, network, limits) as renderer:
        assert renderer.render(0, 30, tmp_path / "segment.mp4", ignore).changes_nothing == said

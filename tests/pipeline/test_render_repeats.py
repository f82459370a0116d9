"""Frames that repeat the one before them cost no network, and what comes out does not depend on the order of work."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.clips import corpus
from tests.pipeline.conftest import Planned
from tests.pipeline.rendering import Plans
from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.core.frame import Frame
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.recipe import Recipe
from upscaler.pipeline.core.repeats import Repeats
from upscaler.pipeline.networks.backend import Batch, Engine
from upscaler.pipeline.networks.backends.nearest import NearestBackend
from upscaler.pipeline.planning.plan import Plan
from upscaler.pipeline.render.pictures import Numbering
from upscaler.pipeline.render.segments import Renderer

SEGMENT = 10
REPEATED = [3, 6, *range(9, 22), 24, 28, 29]
"""One of the runs is longer than a segment and goes over two borders of some; one ends the clip."""


class Counting:
    """A network with a shift and a flicker of its own, that counts; still a pure function of what it sees."""

    scale = 4
    engine = Engine("counting", "cpu", "exact")

    def __init__(self) -> None:
        self.frames = 0

    def batch(self, width: int, height: int) -> int:
        return 3

    def upscale(self, frames: Batch) -> Batch:
        self.frames += len(frames)
        return np.stack([self._enlarge(frame[None])[0] for frame in frames])

    def _enlarge(self, frame: Batch) -> Batch:
        random = np.random.default_rng(int(frame.sum()))
        enlarged = NearestBackend(4).upscale(frame).astype(np.int16)
        noisy = enlarged + random.integers(-6, 7, enlarged.shape) + random.integers(-9, 10, 3)
        return np.asarray(np.clip(noisy, 0, 255), np.uint8)

    def close(self) -> None: ...


def repeating(work: Planned, **changes: Any) -> Plan:
    return replace(work.plan, repeats=Repeats.of(REPEATED), **changes)


def frames_of(
    source: Path, plan: Plan, limits: Limits, folder: Path, order: Iterable[int], *, alone: bool = False
) -> tuple[dict[int, str], dict[int, bytes], int]:
    """Sums of the frames as the encoder gets them, the segments' bytes, and how many frames the network saw."""
    network, sums, files = Counting(), dict[int, str](), dict[int, bytes]()

    def told(number: int, _before: Frame, after: Frame) -> None:
        sums[number] = hashlib.sha256(after.tobytes()).hexdigest()

    folder.mkdir()
    renderer = Renderer(source, plan, network, limits)
    for number in order:
        start, end = plan.segments[number]
        rendered = renderer.render(start, end, folder / f"{number}.mp4", told)
        assert rendered.frames == end - start
        files[number] = (folder / f"{number}.mp4").read_bytes()
        if alone:
            renderer.close()
    renderer.close()
    return sums, files, network.frames


@pytest.mark.parametrize(("deflicker", "keep_colours"), [(0, False), (2, True)])
def test_every_order_of_work_gives_the_same_bytes(
    tmp_path: Path, clip: Path, planned: Plans, limits: Limits, deflicker: int, keep_colours: bool
) -> None:
    plan = repeating(planned(clip, segment_frames=SEGMENT), deflicker=deflicker, keep_colours=keep_colours)
    count = len(plan.segments)
    sums, files, _ = frames_of(clip, plan, limits, tmp_path / "forwards", range(count))
    assert sorted(sums) == list(range(30))
    backwards = frames_of(clip, plan, limits, tmp_path / "backwards", reversed(range(count)))
    alone = frames_of(clip, plan, limits, tmp_path / "alone", (1, 2, 0), alone=True)
    again = frames_of(clip, plan, limits, tmp_path / "again", (1, 0, 0, 2))
    for other_sums, other_files, _ in (backwards, alone, again):
        assert other_sums == sums
        assert other_files == files
    whole, _, _ = frames_of(clip, replace(plan, segments=((0, 30),)), limits, tmp_path / "whole", (0,))
    assert whole == sums


@pytest.mark.parametrize("deflicker", [0, 2])
def test_segments_in_order_put_each_picture_through_the_network_once(
    tmp_path: Path, clip: Path, planned: Plans, limits: Limits, deflicker: int
) -> None:
    plan = repeating(planned(clip, segment_frames=SEGMENT), deflicker=deflicker)
    sums, _, frames = frames_of(clip, plan, limits, tmp_path / "all", range(len(plan.segments)))
    assert frames == 30 - len(REPEATED)
    for number in range(1, 30):
        assert (sums[number] == sums[number - 1]) == (number in REPEATED)


def test_a_segment_within_one_run_renders_its_first_frame_again(
    tmp_path: Path, clip: Path, planned: Plans, limits: Limits
) -> None:
    plan = repeating(planned(clip, segment_frames=SEGMENT))
    sums, _, frames = frames_of(clip, plan, limits, tmp_path / "one", (1,))
    assert sorted(sums) == list(range(10, 20))
    assert len(set(sums.values())) == frames == 1


def test_the_encoder_is_handed_the_very_same_picture(
    clip: Path, planned: Plans, limits: Limits, tmp_path: Path
) -> None:
    plan = repeating(planned(clip), keep_colours=True, deflicker=2)
    pictures: list[Frame] = []
    with Renderer(clip, plan, Counting(), limits) as renderer:
        rendered = renderer.render(0, 30, tmp_path / "all.mp4", lambda n, before, after: pictures.append(after))
    assert all((pictures[number] is pictures[number - 1]) == (number in REPEATED) for number in range(1, 30))
    assert (rendered.frames, rendered.network_frames) == (30, 12)


def test_a_source_that_ends_within_a_run_fails_its_segment(
    tmp_path: Path, clip: Path, planned: Plans, limits: Limits
) -> None:
    plan = replace(planned(clip).plan, frame_count=33, segments=((0, 33),), repeats=Repeats.of(range(25, 33)))
    with Renderer(clip, plan, Counting(), limits) as renderer, pytest.raises(PipelineError, match="30 of the 33"):
        renderer.render(0, 33, tmp_path / "segment.mp4", lambda *_: None)


def test_frames_are_numbered_by_the_pictures_that_they_show(clip: Path, planned: Plans) -> None:
    numbering = Numbering(repeating(planned(clip)))
    assert numbering.pictures == 12
    assert [numbering.picture_of(frame) for frame in range(10)] == [0, 1, 2, 2, 3, 4, 4, 5, 6, 6]
    assert list(numbering.frames_of(6, 0, 30)) == list(range(8, 22))
    assert list(numbering.frames_of(6, 10, 12)) == [10, 11]
    assert numbering.shown(7, 14) == range(5, 7)
    assert numbering.around(numbering.shown(0, 7), 2) == range(0, 7)
    assert numbering.around(numbering.shown(21, 30), 2) == range(4, 12)


def test_a_clip_of_15_frames_in_30_costs_half_of_the_network(tmp_path: Path, planned: Plans, limits: Limits) -> None:
    work = planned(corpus("divx3_320x240_dup15in30.avi"), Recipe(trim=(0, 60), height=240))
    network, pictures = Counting(), list[Frame]()
    with Renderer(work.source, work.plan, network, limits) as renderer:
        renderer.render(0, 60, tmp_path / "part.mp4", lambda n, before, after: pictures.append(after))
    assert network.frames <= 0.55 * 60
    repeats = work.plan.repeats.numbers()
    assert len(repeats) >= 27
    assert all(pictures[number] is pictures[number - 1] for number in repeats)

"""Samples are prepared from captures: whole after a kill, by the recipe alone, with held-out captures apart."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.clips import make_clip
from upscaler.pipeline.core.errors import Refused, Stopped
from upscaler.pipeline.core.limits import Limits
from upscaler.training.core.capture import Burst, Capture, CaptureKind, Split
from upscaler.training.degradation.eras import RECIPES
from upscaler.training.samples.prepare import PreparationRecipe, prepare, shards_of
from upscaler.training.samples.shard import Shards, complete_shards

ERA = replace(RECIPES["320x240"], sizes=((48, 1.0),), codecs=(("mpeg4", 1),), clean_share=0.0, capture_card_share=0.0)
RECIPE = PreparationRecipe(ERA, twins=5, samples=6, tile=24, held_out_twins=1, held_out_samples=4)
FRAMES = 40


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("captures") / "capture.mkv", size="256x192", frames=FRAMES, sound=None)


def capture(path: Path, id: str = "map one", split: Split = Split.TRAINING) -> Capture:
    return Capture(id, path, CaptureKind.VIDEO, 256, 192, Fraction(30), FRAMES, split=split)


def ignored(done: int, total: int) -> None:
    assert done <= total


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*.u8"))
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_captures_become_samples_in_shards(video: Path, tmp_path: Path) -> None:
    captures = [
        (capture(video), [Burst(0, 30)]),
        (capture(video, "map two", Split.HELD_OUT), [Burst(0, 20)]),
    ]
    seen: list[tuple[int, int]] = []
    prepare(captures, RECIPE, tmp_path, Limits(), lambda done, total: seen.append((done, total)))
    assert seen == [(0, 3), (1, 3), (2, 3), (3, 3)]
    training, held_out = Shards(tmp_path / "training"), Shards(tmp_path / "held-out")
    assert (len(training), len(held_out)) == (5 * 6, 4)
    batch = training.read(np.arange(30), np.zeros((30, 2), np.int64), 24)
    reduced, low = batch.truth.reshape(30, 24, 4, 24, 4, 3).mean((2, 4, 5)), batch.low.mean(3)
    elsewhere = [np.abs(np.roll(reduced, shift, axis) - low).mean() for axis in (1, 2) for shift in (-1, 1)]
    assert np.abs(reduced - low).mean() < min(elsewhere), "a sample and its truth show the same place"
    assert batch.quantisers.min() > 0, "MPEG-4 tells its quantisers"
    assert not list(tmp_path.rglob("*.tmp"))


def test_a_preparation_that_was_stopped_makes_only_what_is_missing(video: Path, tmp_path: Path) -> None:
    captures = [(capture(video), [Burst(0, 30)])]
    prepare(captures, RECIPE, tmp_path / "whole", Limits(), ignored)

    def stop(done: int, total: int) -> None:
        if done == 1:
            raise Stopped

    with pytest.raises(Stopped):
        prepare(captures, RECIPE, tmp_path / "stopped", Limits(), stop)
    (first,) = complete_shards(tmp_path / "stopped" / "training")
    made_at = (first / "shard.json").stat().st_mtime_ns
    (tmp_path / "stopped" / "training" / "left-by-a-kill.tmp").mkdir()
    prepare(captures, RECIPE, tmp_path / "stopped", Limits(), ignored)
    assert (first / "shard.json").stat().st_mtime_ns == made_at
    assert digests(tmp_path / "stopped") == digests(tmp_path / "whole")


def test_another_recipe_replaces_the_shards(video: Path, tmp_path: Path) -> None:
    captures = [(capture(video), [Burst(0, 30)])]
    prepare(captures, RECIPE, tmp_path, Limits(), ignored)
    before = digests(tmp_path)
    prepare(captures, replace(RECIPE, seed=1, twins=2), tmp_path, Limits(), ignored)
    after = digests(tmp_path)
    assert len(after) == 3
    assert not set(after.values()) & set(before.values())


def test_stills_become_clips_by_a_moving_window(tmp_path: Path) -> None:
    large = make_clip(tmp_path / "large.mkv", size="400x300", frames=12, sound=None)
    stills = replace(capture(large), width=400, height=300, frames=12)
    captures = [(stills, [Burst(number, 1) for number in range(0, 12, 4)])]
    (shard,) = shards_of(captures, replace(RECIPE, twins=1))
    assert shard.source.count == 45
    prepare(captures, replace(RECIPE, twins=1), tmp_path / "samples", Limits(), ignored)
    assert len(Shards(tmp_path / "samples" / "training")) == 6


def test_long_bursts_are_divided_and_names_stay_apart(video: Path) -> None:
    shards = shards_of(
        [(capture(video, "map/one"), [Burst(0, 700)]), (capture(video, "map one"), [Burst(0, 100)])],
        replace(RECIPE, twins=4),
    )
    assert [(shard.source.bursts[0].first, shard.source.count) for shard in shards] == [
        (0, 233), (233, 233), (466, 234), (0, 100),
    ]  # fmt: skip
    assert len({shard.folder for shard in shards}) == 4


def test_nothing_to_train_on_is_refused(video: Path, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no frames to train on"):
        prepare([(capture(video, split=Split.HELD_OUT), [Burst(0, 30)])], RECIPE, tmp_path, Limits(), ignored)
    with pytest.raises(Refused, match="too small for samples"):
        prepare([(capture(video), [Burst(0, 30)])], replace(RECIPE, tile=60), tmp_path, Limits(), ignored)
    assert not list(complete_shards(tmp_path / "training"))

"""Samples are written to shards, and read back as they were."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.training.arrays import TILE, pair, write_samples
from upscaler.pipeline.core.errors import PipelineError
from upscaler.training.samples.shard import Shards, ShardWriter, complete_shards


def test_a_crop_and_its_truth_show_the_same_place(tmp_path: Path) -> None:
    large = pair(3, tile=40)
    writer = ShardWriter(tmp_path / "shard-00000", 16, {"capture": "one"})
    writer.add(large, 5, 9)
    writer.finish()

    batch = Shards(tmp_path).read(np.array([0]), np.array([[2, 1]]), 8)
    assert np.array_equal(batch.low[0], large.low[10:18, 7:15])
    assert np.array_equal(batch.truth[0], large.truth[40:72, 28:60])
    assert np.array_equal(batch.quantisers[0], large.quantisers[10:18, 7:15])
    assert json.loads((tmp_path / "shard-00000" / "shard.json").read_text())["capture"] == "one"


def test_shards_are_one_list_in_the_order_of_their_names(tmp_path: Path) -> None:
    for shard, numbers in (("b", (2, 3, 4)), ("a", (0, 1))):
        writer = ShardWriter(tmp_path / shard, TILE, {})
        for number in numbers:
            writer.add(pair(number), 0, 0)
        writer.finish()
    shards = Shards(tmp_path)
    assert len(shards) == 5
    batch = shards.read(np.array([4, 0, 2]), np.zeros((3, 2), np.int64), TILE)
    for position, number in enumerate((4, 0, 2)):
        assert np.array_equal(batch.low[position], pair(number).low)


def test_an_unfinished_shard_is_not_found(tmp_path: Path) -> None:
    write_samples(tmp_path)
    writer = ShardWriter(tmp_path / "training" / "shard-00001", TILE, {})
    writer.add(pair(1), 0, 0)
    assert [shard.name for shard in complete_shards(tmp_path / "training")] == ["shard-00000"]
    writer.discard()
    assert sorted(path.name for path in (tmp_path / "training").iterdir()) == ["shard-00000"]


def test_no_samples_damaged_ones_and_mixed_sizes_are_said(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="no samples"):
        Shards(tmp_path / "nowhere")
    write_samples(tmp_path)
    other = ShardWriter(tmp_path / "training" / "shard-00001", 8, {})
    other.add(pair(1), 0, 0)
    other.finish()
    with pytest.raises(PipelineError, match="different sizes"):
        Shards(tmp_path / "training")
    with (tmp_path / "held-out" / "shard-00000" / "low.u8").open("ab") as file:
        file.write(b"x")
    with pytest.raises(PipelineError, match="damaged"):
        Shards(tmp_path / "held-out")


def test_a_full_disk_leaves_finished_shards_and_says_what_to_do(tmp_path: Path) -> None:
    write_samples(tmp_path)
    writer = ShardWriter(tmp_path / "training" / "shard-00001", TILE, {})
    for file in writer._files.values():
        file.close()
    with Path("/dev/full").open("wb", buffering=0) as full:
        writer._files = dict.fromkeys(writer._files, full)
        with pytest.raises(PipelineError, match="The disk is full"):
            writer.add(pair(1), 0, 0)
    assert len(Shards(tmp_path / "training")) == 12
    assert not list((tmp_path / "training").glob("*.tmp"))

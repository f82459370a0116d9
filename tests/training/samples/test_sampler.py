"""What a step trains on depends on the seed and the step alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.training.arrays import write_samples
from upscaler.training.samples.sampler import Sampler
from upscaler.training.samples.shard import Shards


@pytest.fixture
def shards(tmp_path: Path) -> Shards:
    return Shards(write_samples(tmp_path, count=10) / "training")


def test_each_epoch_takes_every_sample_once(shards: Shards) -> None:
    sampler = Sampler(shards, seed=3, batch=4, patch=16)
    drawn = np.concatenate([sampler.indices(step) for step in range(5)])
    assert sorted(drawn[:10]) == sorted(drawn[10:]) == list(range(10))
    assert not np.array_equal(drawn[:10], drawn[10:])


def test_a_stream_that_begins_later_gives_the_same_batches(shards: Shards) -> None:
    sampler = Sampler(shards, seed=3, batch=4, patch=16)
    whole, late = sampler.stream(0), sampler.stream(2)
    first = [next(whole) for _ in range(4)]
    for batch in first[2:]:
        same = next(late)
        assert np.array_equal(batch.low, same.low)
        assert np.array_equal(batch.truth, same.truth)
        assert np.array_equal(batch.quantisers, same.quantisers)
    whole.close()
    late.close()


def test_processes_share_a_step_between_them(shards: Shards) -> None:
    sampler = Sampler(shards, seed=3, batch=4, patch=16)
    whole, halves = sampler.draw(7), [sampler.draw(7, rows) for rows in (slice(0, 2), slice(2, 4))]
    assert np.array_equal(whole.truth, np.concatenate([half.truth for half in halves]))


def test_a_sample_and_its_truth_are_turned_alike(shards: Shards) -> None:
    batch = Sampler(shards, seed=5, batch=10, patch=16).draw(0)
    reduced = batch.truth.reshape(10, 16, 4, 16, 4, 3).mean((2, 4))
    assert np.abs(reduced - batch.low).max() < 2
    other = Sampler(shards, seed=6, batch=10, patch=16).draw(0)
    assert not np.array_equal(batch.low, other.low)


def test_a_share_of_the_quantisers_is_hidden(shards: Shards) -> None:
    def hidden(share: float) -> float:
        sampler = Sampler(shards, seed=1, batch=10, patch=16, quantisers_hidden=share)
        return float(np.mean([(sampler.draw(step).quantisers == 0).mean() for step in range(20)]))

    assert hidden(0.0) == 0.0
    assert 0.1 < hidden(0.2) < 0.3
    assert hidden(1.0) == 1.0


def test_an_error_while_reading_ahead_is_raised_where_the_batch_is_used(shards: Shards) -> None:
    stream = Sampler(shards, seed=1, batch=4, patch=1000).stream(0)
    with pytest.raises(ValueError, match="high"):
        next(stream)

"""A run learns, ends when it should, continues exactly after a kill, and returns from a collapse."""

from __future__ import annotations

import math
import os
import random
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.training.arrays import TILE, write_samples
from tests.training.small import RECIPE
from upscaler.pipeline.core.errors import PipelineError, Refused
from upscaler.training.networks.build import build
from upscaler.training.networks.spec import NetworkSpec
from upscaler.training.samples.sampler import Sampler
from upscaler.training.samples.shard import Shards, ShardWriter
from upscaler.training.trainer.device import accelerator
from upscaler.training.trainer.held_out import as_pictures
from upscaler.training.trainer.loop import Outcome, Trainer
from upscaler.training.trainer.losses import charbonnier
from upscaler.training.trainer.recipe import TrainingRecipe
from upscaler.training.trainer.schedule import rate_at
from upscaler.training.trainer.snapshots import Point, points, read_snapshot, snapshots
from upscaler.training.trainer.teacher import Teacher

ROOT = Path(__file__).parents[3]
KILLED = """
import os, signal, sys
from pathlib import Path
from tests.training.small import RECIPE
from upscaler.training.trainer.loop import Trainer
samples, folder, at = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
trainer = Trainer(RECIPE, samples, folder)
def stops():
    if trainer.step and trainer.step % 7 == 0:
        trainer.write_checkpoint()
    if trainer.step == at:
        os.kill(os.getpid(), signal.SIGKILL)
    return False
trainer.run(lambda point: None, stops)
"""


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_samples(tmp_path_factory.mktemp("samples"), count=24, held_out=6)


def trained(recipe: TrainingRecipe, samples: Path, folder: Path) -> Outcome:
    return Trainer(recipe, samples, folder).run(lambda point: None)


def test_a_run_learns_and_leaves_weights_a_curve_and_snapshots(samples: Path, tmp_path: Path) -> None:
    seen: list[Point] = []
    outcome = Trainer(replace(RECIPE, averaging=0.9), samples, tmp_path).run(seen.append)
    assert (outcome.is_complete, outcome.step, outcome.total) == (True, 60, 60)
    assert [point.step for point in seen] == [20, 40, 60]
    assert seen[0].loss > seen[-1].loss
    assert list(points(tmp_path)) == seen
    last = seen[-1].score
    assert last is not None and last > 15
    ((snapshot, step),) = snapshots(tmp_path)
    assert step == 60
    weights = read_snapshot(outcome.weights)
    assert all(torch.equal(weights[key], value) for key, value in read_snapshot(snapshot).items())


def test_a_run_that_is_killed_at_any_step_ends_with_the_same_weights(samples: Path, tmp_path: Path) -> None:
    whole = trained(RECIPE, samples, tmp_path / "whole")
    expected = read_snapshot(whole.weights)
    at = random.Random(6)
    folder = tmp_path / "killed"
    for step in sorted(at.sample(range(5, 59), 3)):
        run = subprocess.run(
            [sys.executable, "-c", KILLED, str(samples), str(folder), str(step)],
            cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=False,
        )  # fmt: skip
        assert run.returncode == -signal.SIGKILL
    resumed = trained(RECIPE, samples, folder)
    for key, value in read_snapshot(resumed.weights).items():
        assert torch.equal(value, expected[key]), key
    assert [(point.step, point.loss) for point in points(folder)] == [
        (point.step, point.loss) for point in points(tmp_path / "whole")
    ]


def test_a_run_that_is_stopped_continues_where_it_was(samples: Path, tmp_path: Path) -> None:
    trainer = Trainer(RECIPE, samples, tmp_path)
    stopped = trainer.run(lambda point: None, stops=lambda: trainer.step == 25)
    assert (stopped.is_complete, stopped.step) == (False, 25)
    assert not stopped.weights.exists()
    again = Trainer(RECIPE, samples, tmp_path)
    assert again.step == 25
    assert again.run(lambda point: None).is_complete
    assert [point.step for point in points(tmp_path)] == [20, 40, 60]


def test_a_damaged_checkpoint_costs_the_steps_since_the_one_before(samples: Path, tmp_path: Path) -> None:
    trainer = Trainer(RECIPE, samples, tmp_path)
    trainer.run(lambda point: None, stops=lambda: trainer.step == 10)
    trainer.run(lambda point: None, stops=lambda: trainer.step == 15)
    (tmp_path / "checkpoints" / "step-00000015.pt").write_bytes(b"cut off")
    assert Trainer(RECIPE, samples, tmp_path).step == 10


def test_a_time_budget_becomes_a_number_of_steps(samples: Path, tmp_path: Path) -> None:
    outcome = trained(replace(RECIPE, steps=0, seconds=2.0), samples, tmp_path)
    assert outcome.is_complete
    assert outcome.step == outcome.total > 25
    assert outcome.seconds < 20


def test_a_run_that_collapses_returns_to_its_best_weights(
    samples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Point] = []

    def collapses(enlarged: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
        loss = charbonnier(enlarged, truth)
        return loss * math.nan if 30 <= trainer.step < 35 else loss

    monkeypatch.setattr("upscaler.training.trainer.stage.charbonnier", collapses)
    trainer = Trainer(replace(RECIPE, snapshot_seconds=0.0), samples, tmp_path)
    outcome = trainer.run(seen.append)
    assert outcome.is_complete
    assert (outcome.guard.returns, outcome.guard.skipped) == (1, 5)
    (note,) = [point.note for point in seen if point.note]
    assert note == f"Returned to step {note.split()[3].rstrip(',')}, with half the learning rate."
    assert all(torch.isfinite(value).all() for value in read_snapshot(outcome.weights).values())


def test_the_learning_rate_warms_up_and_falls_along_a_cosine() -> None:
    rates = [rate_at(step, 1000, RECIPE) for step in range(1000)]
    assert rates[99] == max(rates) == RECIPE.rate
    assert rates[:99] == sorted(rates[:99])
    assert rates[99:] == sorted(rates[99:], reverse=True)
    assert math.isclose(rates[-1], RECIPE.final_rate, rel_tol=0.01)


def test_what_can_t_be_trained_is_said(samples: Path, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="how long to train"):
        replace(RECIPE, steps=0)
    with pytest.raises(PipelineError, match="Choose smaller patches"):
        Trainer(replace(RECIPE, patch=TILE + 1), samples, tmp_path)
    with pytest.raises(PipelineError, match="fp16 needs a GPU"):
        Trainer(replace(RECIPE, precision="fp16"), samples, tmp_path)


def test_a_network_learns_from_its_quantisers(tmp_path: Path) -> None:
    write_samples(tmp_path, count=8, held_out=2)
    recipe = replace(RECIPE, network=NetworkSpec(features=8, blocks=2, quantiser_plane=True), steps=20)
    outcome = trained(recipe, tmp_path, tmp_path / "run")
    weights = read_snapshot(outcome.weights)
    assert weights["plane.weight"].abs().max() > 0
    assert TrainingRecipe.from_json(recipe.to_json()) == recipe


def test_a_student_comes_nearer_to_its_teacher(samples: Path, tmp_path: Path) -> None:
    teacher = read_snapshot(trained(replace(RECIPE, steps=30), samples, tmp_path / "teacher").weights)

    def distance(share: float) -> float:
        recipe = replace(RECIPE, network=NetworkSpec(features=4, blocks=1), teacher_share=share, steps=40)
        outcome = Trainer(recipe, samples, tmp_path / str(share), teacher=teacher).run(lambda point: None)
        student, judge = build(recipe.network), Teacher(teacher, accelerator("fp32"))
        student.load_state_dict(read_snapshot(outcome.weights))
        batch = Sampler(Shards(samples / "held-out"), 0, 4, TILE).draw(0)
        with torch.inference_mode():
            return float(judge.loss(student(as_pictures(batch.low, torch.device("cpu"))), batch))

    assert distance(1.0) < distance(0.0)


def test_a_single_sample_is_enough_to_train_on(tmp_path: Path) -> None:
    from tests.training.arrays import pair

    writer = ShardWriter(tmp_path / "training" / "a", TILE, {})
    writer.add(pair(1), 0, 0)
    writer.finish()
    assert len(Shards(tmp_path / "training")) == 1
    assert trained(replace(RECIPE, steps=5), tmp_path, tmp_path / "run").is_complete

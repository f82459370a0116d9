"""The crisp stage trains a discriminator beside the network, and continues exactly."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.training.arrays import write_samples
from upscaler.pipeline.networks import compat
from upscaler.training.networks.spec import NetworkSpec
from upscaler.training.trainer.crisp import CrispStage
from upscaler.training.trainer.device import accelerator
from upscaler.training.trainer.discriminator import UNetDiscriminator
from upscaler.training.trainer.loop import Trainer
from upscaler.training.trainer.recipe import CrispRecipe, TrainingRecipe
from upscaler.training.trainer.snapshots import read_snapshot

RECIPE = TrainingRecipe(
    NetworkSpec(features=8, blocks=1), CrispRecipe(discriminator_features=4), steps=12, batch=2, patch=16,
    precision="fp32", threads=1,
)  # fmt: skip


@pytest.mark.skipif(compat.MISSING is not None, reason=str(compat.MISSING))
def test_the_discriminator_is_real_esrgan_s() -> None:
    compat.realesrgan()
    from realesrgan.archs.discriminator_arch import UNetDiscriminatorSN

    published, ours = UNetDiscriminatorSN(3, num_feat=8).eval(), UNetDiscriminator(8).eval()
    ours.load_state_dict(published.state_dict())
    pictures = torch.rand(2, 3, 32, 40)
    with torch.inference_mode():
        assert torch.allclose(ours(pictures), published(pictures), atol=1e-6)


def test_a_crisp_run_that_is_stopped_ends_as_the_one_that_is_not(tmp_path: Path) -> None:
    samples = write_samples(tmp_path / "samples", count=6, held_out=2)
    whole = Trainer(RECIPE, samples, tmp_path / "whole").run(lambda point: None)
    trainer = Trainer(RECIPE, samples, tmp_path / "stopped")
    trainer.run(lambda point: None, stops=lambda: trainer.step == 5)
    resumed = Trainer(RECIPE, samples, tmp_path / "stopped").run(lambda point: None)
    expected = read_snapshot(whole.weights)
    assert all(torch.equal(value, expected[key]) for key, value in read_snapshot(resumed.weights).items())
    assert TrainingRecipe.from_json(RECIPE.to_json()) == RECIPE


def test_a_discriminator_that_wins_pauses_and_says_so() -> None:
    torch.manual_seed(0)
    stage = CrispStage(replace(RECIPE.crisp or CrispRecipe(), discriminator_rate=0.01), accelerator("fp32"))
    truth, enlarged = torch.rand(2, 3, 64, 64), torch.zeros(2, 3, 64, 64)
    notes = []
    for _ in range(120):
        stage.train_beside(enlarged, truth)
        notes.append(stage.note)
    assert [note for note in notes if note] == ["The discriminator was winning, so it paused."]
    paused = weights_of(stage)
    stage.train_beside(enlarged, truth)
    assert all(torch.equal(paused[key], value) for key, value in weights_of(stage).items())


def weights_of(stage: CrispStage) -> dict[str, torch.Tensor]:
    """Return copies of the discriminator's weights; the vectors of spectral norm follow each use."""
    state: dict[str, torch.Tensor] = stage.state()["discriminator"]
    return {key: value.clone() for key, value in state.items() if not key.endswith(("_u", "_v"))}


def test_the_loss_falls_where_pictures_agree() -> None:
    stage = CrispStage(CrispRecipe(discriminator_features=4), accelerator("fp32"))
    truth = torch.rand(1, 3, 64, 64)
    same, shifted = stage.loss(truth, truth), stage.loss((truth + 0.1).clamp(0, 1), truth)
    assert same < shifted

"""A training run that takes a second."""

from __future__ import annotations

from upscaler.training.networks.spec import NetworkSpec
from upscaler.training.trainer.recipe import TrainingRecipe

RECIPE = TrainingRecipe(
    NetworkSpec(features=8, blocks=2), steps=60, batch=4, patch=16, rate=2e-3, precision="fp32", threads=1, seed=4
)

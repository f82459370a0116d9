"""The learning rate of each step."""

from __future__ import annotations

import math

from .recipe import TrainingRecipe


def rate_at(step: int, total: int, recipe: TrainingRecipe) -> float:
    """Return the learning rate of a step: linear warm-up, then a cosine down to ``final_rate`` (SGDR, 2017)."""
    warmup = min(recipe.warmup, total // 10)
    if step < warmup:
        return recipe.rate * (step + 1) / warmup
    done = (step - warmup) / max(1, total - warmup)
    return recipe.final_rate + (recipe.rate - recipe.final_rate) * (1 + math.cos(math.pi * min(1.0, done))) / 2

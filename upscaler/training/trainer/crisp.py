"""The crisp stage: fidelity terms, and a discriminator that is trained beside the network. Needs no downloads."""

from __future__ import annotations

from typing import Any

import piq
import torch
from accelerate import Accelerator
from torch import Tensor
from torch.nn import functional
from torch.optim import Adam

from .discriminator import UNetDiscriminator
from .losses import charbonnier
from .recipe import CrispRecipe

MS_SSIM_SIDE = 161
"""Smallest side for MS-SSIM's five scales."""
COLOUR_BLUR = 21
"""Side of the box in pixels over which colours have to agree."""
WINNING, PAUSED = 0.25, 0.45
"""The discriminator's loss, smoothed: below the first it pauses, above the second it trains again (chance is 0.69)."""
SMOOTHING = 0.95


class CrispStage:
    """Charbonnier, MS-SSIM, gradients and blurred colours keep the picture true; the discriminator makes it crisp.

    Features of the discriminator stand for the VGG features of ESRGAN (after Wang et al., 2018, and arXiv 2005.07502).
    """

    def __init__(self, recipe: CrispRecipe, accelerator: Accelerator) -> None:
        self._recipe, self._accelerator = recipe, accelerator
        discriminator = UNetDiscriminator(recipe.discriminator_features).to(memory_format=torch.channels_last)
        optimizer = Adam(discriminator.parameters(), lr=recipe.discriminator_rate, betas=(0.9, 0.99))
        self._discriminator, self._optimizer = accelerator.prepare(discriminator, optimizer)
        self._smoothed = 0.7
        self._pauses = self._told = 0
        self._is_paused = False

    def loss(self, enlarged: Tensor, truth: Tensor) -> Tensor:
        recipe = self._recipe
        self._discriminator.requires_grad_(False)
        with self._accelerator.autocast():
            logits, features = self._judge(enlarged)
            with torch.no_grad():
                wanted = self._judge(truth)[1]
        total = charbonnier(enlarged, truth)
        total = total + recipe.structure * _structure(enlarged, truth)
        total = total + recipe.gradients * _gradients(enlarged, truth)
        total = total + recipe.colour * _colour(enlarged, truth)
        pairs = zip(features, wanted, strict=True)
        total = (
            total + recipe.features * torch.stack([functional.l1_loss(a.float(), b.float()) for a, b in pairs]).mean()
        )
        return total + recipe.adversarial * functional.softplus(-logits.float()).mean()

    def train_beside(self, enlarged: Tensor, truth: Tensor) -> None:
        self._discriminator.requires_grad_(True)
        with self._accelerator.autocast():
            real, fake = self._judge(truth)[0].float(), self._judge(enlarged.detach())[0].float()
        loss = (functional.softplus(-real).mean() + functional.softplus(fake).mean()) / 2
        value = float(self._accelerator.reduce(loss.detach(), "mean"))
        self._smoothed = SMOOTHING * self._smoothed + (1 - SMOOTHING) * value
        was_paused, self._is_paused = self._is_paused, self._smoothed < (PAUSED if self._is_paused else WINNING)
        self._pauses += self._is_paused and not was_paused
        if not self._is_paused:
            self._optimizer.zero_grad(set_to_none=True)
            self._accelerator.backward(loss)
            self._optimizer.step()

    def _judge(self, pictures: Tensor) -> tuple[Tensor, list[Tensor]]:
        judged: tuple[Tensor, list[Tensor]] = self._accelerator.unwrap_model(self._discriminator).judge(pictures)
        return judged

    @property
    def note(self) -> str:
        fresh, self._told = self._pauses - self._told, self._pauses
        return "The discriminator was winning, so it paused." if fresh else ""

    def state(self) -> dict[str, Any]:
        return {
            "discriminator": self._accelerator.unwrap_model(self._discriminator).state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "balance": [self._smoothed, self._pauses, self._told, self._is_paused],
        }

    def load(self, state: dict[str, Any]) -> None:
        self._accelerator.unwrap_model(self._discriminator).load_state_dict(state["discriminator"])
        self._optimizer.load_state_dict(state["optimizer"])
        self._smoothed, self._pauses, self._told, self._is_paused = state["balance"]


def _structure(enlarged: Tensor, truth: Tensor) -> Tensor:
    """Return 1 - MS-SSIM, or 1 - SSIM of patches that are too small for it."""
    measure = piq.multi_scale_ssim if min(enlarged.shape[2:]) >= MS_SSIM_SIDE else piq.ssim
    similarity: Tensor = measure(enlarged.clamp(0, 1), truth, data_range=1.0)
    return 1 - similarity


def _gradients(enlarged: Tensor, truth: Tensor) -> Tensor:
    """Return the mean difference of the horizontal and vertical gradients."""
    horizontal = functional.l1_loss(enlarged.diff(dim=3), truth.diff(dim=3))
    return horizontal + functional.l1_loss(enlarged.diff(dim=2), truth.diff(dim=2))


def _colour(enlarged: Tensor, truth: Tensor) -> Tensor:
    """Return the mean difference of the colours of surroundings, which keeps them from drifting."""
    side = min(COLOUR_BLUR, *enlarged.shape[2:])
    return functional.l1_loss(functional.avg_pool2d(enlarged, side, 4), functional.avg_pool2d(truth, side, 4))


def _mean_difference(features: list[Tensor], wanted: list[Tensor]) -> Tensor:
    pairs = zip(features, wanted, strict=True)
    return torch.stack([functional.l1_loss(one.float(), other.float()) for one, other in pairs]).mean()

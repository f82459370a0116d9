"""What a stage of training minimises: the pixel stage's Charbonnier, or the crisp stage's several terms."""

from __future__ import annotations

from typing import Any, Protocol

from torch import Tensor

from .losses import charbonnier


class Stage(Protocol):
    """A loss, and what is trained beside the network. Pictures are (n, 3, 4h, 4w) in fp32."""

    def loss(self, enlarged: Tensor, truth: Tensor) -> Tensor:
        """Return the loss whose gradient trains the network."""

    def train_beside(self, enlarged: Tensor, truth: Tensor) -> None:
        """Train what judges the network, on a step that the network took."""

    def state(self) -> dict[str, Any]:
        """Return what a checkpoint has to hold."""

    def load(self, state: dict[str, Any]) -> None:
        """Continue from a checkpoint."""

    @property
    def note(self) -> str:
        """What the stage has to say of itself since the last time, "" if nothing."""


class PixelStage:
    """Charbonnier alone: best for the distance to the truth."""

    note = ""

    def loss(self, enlarged: Tensor, truth: Tensor) -> Tensor:
        return charbonnier(enlarged, truth)

    def train_beside(self, enlarged: Tensor, truth: Tensor) -> None:
        return None

    def state(self) -> dict[str, Any]:
        return {}

    def load(self, state: dict[str, Any]) -> None:
        return None

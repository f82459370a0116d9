"""What a training run is to do. Frozen when it starts, and stored in its folder."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from upscaler.pipeline.core.errors import Refused
from upscaler.training.networks.spec import NetworkSpec


@dataclass(frozen=True)
class CrispRecipe:
    """Weights of the crisp stage's terms, beside Charbonnier's 1."""

    structure: float = 0.1
    gradients: float = 0.5
    colour: float = 1.0
    features: float = 0.05
    adversarial: float = 0.005
    discriminator_rate: float = 1e-4
    discriminator_features: int = 32


@dataclass(frozen=True)
class TrainingRecipe:
    """Defaults are those that were measured best for fine-tuning Compact 64x16 on codec pairs.

    Either ``steps`` or ``seconds`` ends the run: with ``seconds``, the number of steps is set by the speed of the first
    ones. ``patch`` is the side of a sample in low-resolution pixels.
    """

    network: NetworkSpec = field(default_factory=NetworkSpec)
    crisp: CrispRecipe | None = None
    """None for the pixel stage. The crisp stage starts from the pixel stage's weights."""
    teacher_share: float = 0.0
    """Share of the loss that is the distance to the output of a teacher, from which a smaller network is distilled."""
    steps: int = 0
    seconds: float = 0.0
    batch: int = 8
    patch: int = 48
    rate: float = 2e-4
    """Learning rate after the warm-up; a cosine takes it to ``final_rate``."""
    final_rate: float = 4e-6
    warmup: int = 100
    plane_factor: float = 50.0
    """Factor on the learning rate of the quantisers' convolution: the first layer of the stock weights is so large that
    a zero-started plane would stay at nothing otherwise."""
    averaging: float = 0.999
    """Decay of the exponential moving average of the weights."""
    clip: float = 1.0
    """Largest norm of the gradient."""
    quantisers_hidden: float = 0.2
    seed: int = 0
    precision: str = "auto"
    """"auto", "fp32", "bf16" or "fp16"."""
    threads: int = 0
    """Of a CPU; 0 for as many as it has cores."""
    checkpoint_seconds: float = 120.0
    snapshot_seconds: float = 300.0
    """How often the averaged weights are kept and scored on the held-out samples."""

    def __post_init__(self) -> None:
        if not self.steps and not self.seconds:
            raise Refused("Say how long to train: a number of steps or of seconds.")
        if not 0 <= self.teacher_share <= 1:
            raise Refused(f"The teacher's share is from 0 to 1, not {self.teacher_share}.")
        if self.batch < 1 or self.patch < 8:
            raise Refused("A batch has at least 1 sample of at least 8x8 pixels.")

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> TrainingRecipe:
        crisp = CrispRecipe(**data["crisp"]) if data["crisp"] else None
        return cls(**data | {"network": NetworkSpec.from_json(data["network"]), "crisp": crisp})

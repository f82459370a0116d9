"""A trained network that a smaller one learns from."""

from __future__ import annotations

import torch
from accelerate import Accelerator
from torch import Tensor

from upscaler.training.networks.base import State, load_base, spec_of
from upscaler.training.networks.build import build
from upscaler.training.samples.shard import Batch

from .held_out import as_pictures, as_plane
from .losses import charbonnier


class Teacher:
    """Enlarges each batch, for the student to come near (Hinton et al., Distilling the Knowledge, 2015).

    Raises Refused for weights of an architecture that can't be trained.
    """

    def __init__(self, state: State, accelerator: Accelerator) -> None:
        network = build(spec_of(state))
        load_base(network, state)
        self._accelerator = accelerator
        self._network = network.to(accelerator.device).to(memory_format=torch.channels_last).eval()
        self._network.requires_grad_(False)

    def loss(self, enlarged: Tensor, batch: Batch) -> Tensor:
        """Return the Charbonnier distance between the student's output and the teacher's."""
        device = self._accelerator.device
        with torch.no_grad(), self._accelerator.autocast():
            wanted = self._network(as_pictures(batch.low, device), as_plane(batch.quantisers, device))
        return charbonnier(enlarged, wanted.float())

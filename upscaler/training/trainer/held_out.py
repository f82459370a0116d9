"""The score that a run watches: PSNR-Y on held-out samples."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from upscaler.training.samples.shard import Shards

LIMIT = 128
"""Samples at most, evenly spaced: enough for a difference of 0.01 dB, and a second or two of a CPU."""
AT_ONCE = 8
BORDER = 8
LUMA = (65.481 / 255, 128.553 / 255, 24.966 / 255)
"""BT.601, of RGB of 0 to 1."""
LEAST_ERROR = 1e-8


class HeldOut:
    """Samples that are never trained on, always the same ones, without random crops or turns."""

    def __init__(self, shards: Shards, limit: int = LIMIT) -> None:
        count = min(limit, len(shards))
        indices = np.linspace(0, len(shards) - 1, count).round().astype(np.int64)
        self._batch = shards.read(indices, np.zeros((count, 2), np.int64), shards.tile)

    def score(self, network: nn.Module, device: torch.device) -> float:
        """Return the mean PSNR-Y in dB over the samples."""
        scores = []
        was_training = network.training
        network.eval()
        with torch.inference_mode():
            for start in range(0, len(self._batch.low), AT_ONCE):
                rows = slice(start, start + AT_ONCE)
                low = as_pictures(self._batch.low[rows], device)
                truth = as_pictures(self._batch.truth[rows], device)
                enlarged = network(low, as_plane(self._batch.quantisers[rows], device)).float().clamp(0, 1)
                scores.append(_psnr(enlarged, truth))
        network.train(was_training)
        return float(torch.cat(scores).mean())


def as_pictures(pixels: np.ndarray, device: torch.device) -> Tensor:
    """Convert (n, h, w, 3) uint8 to (n, 3, h, w) of 0 to 1, channels last."""
    tensor = torch.from_numpy(pixels).to(device, non_blocking=True)
    return tensor.permute(0, 3, 1, 2).float().div_(255.0)


def as_plane(quantisers: np.ndarray, device: torch.device) -> Tensor:
    """Convert (n, h, w) uint8 to (n, 1, h, w)."""
    return torch.from_numpy(quantisers).to(device, non_blocking=True)[:, None].float()


def _psnr(enlarged: Tensor, truth: Tensor) -> Tensor:
    weights = torch.tensor(LUMA, device=enlarged.device).view(1, 3, 1, 1)
    rounded = (enlarged * 255).round() / 255
    difference = ((rounded - truth) * weights).sum(1)[:, BORDER:-BORDER, BORDER:-BORDER]
    return -10 * difference.square().mean((1, 2)).clamp(min=LEAST_ERROR).log10()

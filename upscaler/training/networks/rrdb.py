"""RRDBNet of Real-ESRGAN, to be trained: the same keys and results as the published weights."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from .spec import GROWTH

SLOPE = 0.2
RESIDUAL = 0.2
"""Share of a block's output that is added to its input (Wang et al., ESRGAN, 2018)."""


class DenseBlock(nn.Module):
    """Five convolutions, each of which sees the outputs of all before it."""

    def __init__(self, features: int, growth: int) -> None:
        super().__init__()
        for number in range(5):
            outputs = features if number == 4 else growth
            convolution = nn.Conv2d(features + number * growth, outputs, 3, padding=1)
            nn.init.kaiming_normal_(convolution.weight)
            convolution.weight.data *= 0.1  # small residuals at first, as ESRGAN starts
            self.add_module(f"conv{number + 1}", convolution)

    def forward(self, pictures: Tensor) -> Tensor:
        seen = [pictures]
        for number in range(1, 5):
            convolution = self.get_submodule(f"conv{number}")
            seen.append(functional.leaky_relu(convolution(torch.cat(seen, 1)), SLOPE))
        last: Tensor = self.get_submodule("conv5")(torch.cat(seen, 1))
        return last * RESIDUAL + pictures


class RRDB(nn.Module):
    """Three dense blocks with a residual around them."""

    def __init__(self, features: int, growth: int) -> None:
        super().__init__()
        self.rdb1 = DenseBlock(features, growth)
        self.rdb2 = DenseBlock(features, growth)
        self.rdb3 = DenseBlock(features, growth)

    def forward(self, pictures: Tensor) -> Tensor:
        last: Tensor = self.rdb3(self.rdb2(self.rdb1(pictures)))
        return last * RESIDUAL + pictures


class RRDBNet(nn.Module):
    """(n, 3, h, w) of 0 to 1 to (n, 3, 4h, 4w)."""

    def __init__(self, features: int, blocks: int) -> None:
        super().__init__()
        self.conv_first = nn.Conv2d(3, features, 3, padding=1)
        self.body = nn.Sequential(*(RRDB(features, GROWTH) for _ in range(blocks)))
        self.conv_body = nn.Conv2d(features, features, 3, padding=1)
        self.conv_up1 = nn.Conv2d(features, features, 3, padding=1)
        self.conv_up2 = nn.Conv2d(features, features, 3, padding=1)
        self.conv_hr = nn.Conv2d(features, features, 3, padding=1)
        self.conv_last = nn.Conv2d(features, 3, 3, padding=1)

    def forward(self, pictures: Tensor, quantisers: Tensor | None = None) -> Tensor:
        hidden = self.conv_first(pictures)
        hidden = hidden + self.conv_body(self.body(hidden))
        for convolution in (self.conv_up1, self.conv_up2):
            enlarged = functional.interpolate(hidden, scale_factor=2, mode="nearest")
            hidden = functional.leaky_relu(convolution(enlarged), SLOPE)
        last: Tensor = self.conv_last(functional.leaky_relu(self.conv_hr(hidden), SLOPE))
        return last

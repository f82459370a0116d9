"""The exponential moving average of the weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

Average = Callable[[Sequence[Tensor], Sequence[Tensor], Tensor | int], None]


def moving_average(decay: float) -> Average:
    """Return the update for torch's AveragedModel.

    The decay rises to ``decay`` as (1 + n) / (10 + n), as TensorFlow's ExponentialMovingAverage has it: otherwise the
    first thousand steps would hardly show.
    """

    def update(averaged: Sequence[Tensor], current: Sequence[Tensor], count: Tensor | int) -> None:
        share = 1 - min(decay, (1 + int(count)) / (10 + int(count)))
        with torch.no_grad():
            torch._foreach_lerp_(list(averaged), list(current), share)

    return update

"""How much memory a network wants for each pixel that goes into it."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

SIDE = 32
"""Pixels of the picture that is tried: networks want multiples of small powers of two."""


def bytes_a_pixel(network: nn.Module, device: torch.device, dtype: torch.dtype) -> int:
    """What the layer with the largest input and output takes for both, over the pixels of the source."""
    largest = 0

    def see(_layer: nn.Module, taken: tuple[Any, ...], given: Any) -> None:
        nonlocal largest
        tensors = [one for one in (*taken, given) if isinstance(one, Tensor)]
        largest = max(largest, sum(one.nbytes for one in tensors))

    leaves = [module for module in network.modules() if not list(module.children())]
    hooks = [layer.register_forward_hook(see) for layer in leaves]
    try:
        with torch.inference_mode():
            network(torch.zeros(1, 3, SIDE, SIDE, device=device, dtype=dtype))
    finally:
        for hook in hooks:
            hook.remove()
    return max(1, largest // SIDE**2)

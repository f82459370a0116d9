"""Small networks with random weights, of the architectures that the app is for."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from upscaler.pipeline.core.errors import Refused
from upscaler.pipeline.networks import weights_check
from upscaler.pipeline.networks.weights import Weights

State = dict[str, torch.Tensor]


def compact(*, channels: int = 3, scale: int = 4, features: int = 8, layers: int = 2) -> State:
    """Of the layout of realesrgan's SRVGGNetCompact."""
    torch.manual_seed(11)
    body: list[nn.Module] = [nn.Conv2d(channels, features, 3), nn.PReLU(features)]
    for _ in range(layers):
        body += [nn.Conv2d(features, features, 3), nn.PReLU(features)]
    body.append(nn.Conv2d(features, channels * scale**2, 3))
    return {f"body.{name}": tensor for name, tensor in nn.Sequential(*body).state_dict().items()}


def rrdb(*, blocks: int = 1, scale: int = 4, features: int = 8) -> State:
    """Of the layout of basicsr's RRDBNet, with the key names that Real-ESRGAN's training writes."""
    torch.manual_seed(12)
    growth = 32
    convolutions = {"conv_first": nn.Conv2d(3 * (4 // scale) ** 2, features, 3)}
    for block, dense in itertools.product(range(blocks), (1, 2, 3)):
        for number in range(1, 6):
            convolution = nn.Conv2d(features + (number - 1) * growth, growth if number < 5 else features, 3)
            with torch.no_grad():
                convolution.weight.mul_(0.1)  # as training starts: a residual block changes little
            convolutions[f"body.{block}.rdb{dense}.conv{number}"] = convolution
    for name in ("conv_body", "conv_up1", "conv_up2", "conv_hr"):
        convolutions[name] = nn.Conv2d(features, features, 3)
    convolutions["conv_last"] = nn.Conv2d(features, 3, 3)
    return _state(convolutions)


def swinir() -> State:
    """A transformer: in bf16 it stumbles over its own sums, although spandrel says that it does not."""
    from spandrel.architectures.SwinIR import SwinIR

    torch.manual_seed(14)
    network: Any = SwinIR(
        upscale=2, img_size=16, window_size=8, img_range=1.0, depths=[1], embed_dim=12, num_heads=[2], mlp_ratio=2,
        upsampler="pixelshuffledirect",
    )  # fmt: skip
    return dict(network.state_dict())


def discriminator(*, features: int = 4) -> State:
    """Of the layout of realesrgan's UNetDiscriminatorSN."""
    torch.manual_seed(13)
    layers: dict[str, nn.Conv2d] = {"conv0": nn.Conv2d(3, features, 3)}
    widths = [(1, 2, 4), (2, 4, 4), (4, 8, 4), (8, 4, 3), (4, 2, 3), (2, 1, 3), (1, 1, 3), (1, 1, 3)]
    for number, (before, after, kernel) in enumerate(widths, 1):
        convolution = nn.Conv2d(before * features, after * features, kernel, bias=False)
        layers[f"conv{number}"] = nn.utils.spectral_norm(convolution)
    layers["conv9"] = nn.Conv2d(features, 1, 3)
    return _state(layers)


def _state(modules: Mapping[str, nn.Module]) -> State:
    return {f"{name}.{key}": tensor for name, module in modules.items() for key, tensor in module.state_dict().items()}


def checked(source: Path, target: Path) -> Weights:
    """What check.convert does, without the process of its own, which takes seconds to start."""
    answer: dict[str, Any] = weights_check.main(source, target)
    if "refused" in answer:
        raise Refused(answer["refused"], detail=answer["detail"])
    return Weights(name="x", path=target, **answer)

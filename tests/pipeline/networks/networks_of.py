"""Small networks with random weights, of the architectures that the app is for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from upscaler.pipeline.core.errors import Refused
from upscaler.pipeline.networks import compat, weights_check
from upscaler.pipeline.networks.weights import Weights

State = dict[str, torch.Tensor]


def compact(*, channels: int = 3, scale: int = 4) -> State:
    compat.realesrgan()
    from realesrgan.archs.srvgg_arch import SRVGGNetCompact

    torch.manual_seed(11)
    network: Any = SRVGGNetCompact(
        num_in_ch=channels, num_out_ch=channels, num_feat=8, num_conv=2, upscale=scale, act_type="prelu"
    )
    return dict(network.state_dict())


def rrdb(*, blocks: int = 1, scale: int = 4) -> State:
    """With the key names that Real-ESRGAN's training writes."""
    torch.manual_seed(12)
    network: Any = compat.rrdbnet(num_in_ch=3, num_out_ch=3, num_feat=8, num_block=blocks, num_grow_ch=32, scale=scale)
    return dict(network.state_dict())


def swinir() -> State:
    """A transformer: in bf16 it stumbles over its own sums, although spandrel says that it does not."""
    from spandrel.architectures.SwinIR import SwinIR

    torch.manual_seed(14)
    network: Any = SwinIR(
        upscale=2, img_size=16, window_size=8, img_range=1.0, depths=[1], embed_dim=12, num_heads=[2], mlp_ratio=2,
        upsampler="pixelshuffledirect",
    )  # fmt: skip
    return dict(network.state_dict())


def discriminator() -> State:
    compat.realesrgan()
    from realesrgan.archs.discriminator_arch import UNetDiscriminatorSN

    torch.manual_seed(13)
    return dict(UNetDiscriminatorSN(num_in_ch=3, num_feat=4).state_dict())


def checked(source: Path, target: Path) -> Weights:
    """What check.convert does, without the process of its own, which takes seconds to start."""
    answer: dict[str, Any] = weights_check.main(source, target)
    if "refused" in answer:
        raise Refused(answer["refused"], detail=answer["detail"])
    return Weights(name="x", path=target, **answer)

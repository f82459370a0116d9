"""Small networks and cards that tests publish."""

from __future__ import annotations

import torch
from torch import Tensor

from upscaler.training.networks.build import build
from upscaler.training.networks.spec import NetworkSpec
from upscaler.training.publishing.card import Card, CardPicture, Evaluation, Speed
from upscaler.training.publishing.licences import BASE, CAPTURES, Part
from upscaler.training.publishing.lineage import Base, Dataset, Lineage
from upscaler.training.publishing.versions import Version

FEATURES, BLOCKS = 8, 2
STOCK_SHA256 = "15e90bcbbedc7fa6a9707443f60592b28a303e90fec60bdb2971d76a25f3edbe"


def state(*, quantiser_plane: bool = False, seed: int = 1) -> dict[str, Tensor]:
    torch.manual_seed(seed)
    network = build(NetworkSpec(features=FEATURES, blocks=BLOCKS, quantiser_plane=quantiser_plane))
    if quantiser_plane:
        torch.nn.init.normal_(network.get_parameter("plane.weight"), std=0.1)
    return {key: value.detach().clone() for key, value in network.state_dict().items()}


def lineage(*parts: Part) -> Lineage:
    given = parts or (
        Part(CAPTURES, "OpenArena", "GPL-2.0-or-later", "OpenArena team"),
        Part(BASE, "realesr-animevideov3", "BSD-3-Clause", "Xintao Wang"),
    )
    return Lineage(
        dataset=Dataset("openarena", "ab" * 32, frames=960, maps=("dm4", "gate1"), held_out_maps=("lava",)),
        recipe={"steps": 3000, "rate": 2e-4},
        degradation={"codecs": ["xvid", "wmv2"]},
        seed=7,
        steps=3000,
        haloweb="0.2.0",
        parts=given,
        base=Base("realesr-animevideov3", STOCK_SHA256),
        seconds=1309.0,
        device="cpu",
    )


def card(number: int = 1, **changes: object) -> Card:
    values: dict[str, object] = {
        "version": Version("h1", number),
        "game": "OpenArena",
        "author": "miranda",
        "licence": "GPL-2.0-or-later",
        "architecture": "Compact 8x2",
        "lineage": lineage(),
        "evaluation": Evaluation({"clips": 10}, "| model | PSNR-Y, dB |\n| --- | --- |\n| h1v1 | 28.71 |"),
        "speed": Speed(0.12, "320x240", "cpu", "bf16"),
    }
    return Card(**values | changes)  # type: ignore[arg-type]  # values of many types by name


def picture_of(name: str = "crop.png") -> CardPicture:
    return CardPicture(name, "A typical frame: Lanczos, stock, h1v1, truth")

"""Weights to start from: the same network's, a larger Compact's cut down, or none."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from upscaler.pipeline.core.errors import Refused

from .build import Network
from .compact import PLANE, QUANTISER_SCALE
from .shapes import spec_of_shapes
from .spec import Architecture, NetworkSpec

State = Mapping[str, Tensor]


def load_base(network: Network, state: State) -> None:
    """Load weights into a network of the same shape; a plane of quantisers that they lack stays as it is.

    Raises Refused if they are another network's.
    """
    own = network.state_dict()
    missing = [key for key in own if key not in state and not key.startswith(PLANE)]
    wrong = [key for key in state if key not in own or own[key].shape != state[key].shape]
    if missing or wrong:
        raise Refused(
            "These weights belong to a network of another shape. Choose their architecture, features and blocks, "
            "or cut a smaller Compact out of a larger one.",
            detail=f"missing: {missing[:3]}, different: {wrong[:3]}",
        )
    network.load_state_dict({key: value.float() for key, value in state.items()}, strict=False)


def spec_of(state: State) -> NetworkSpec:
    """Return the network that these weights fit. Raises Refused for any but a Compact or an RRDBNet of scale 4."""
    return spec_of_shapes({key: tuple(value.shape) for key, value in state.items()})


def cut_down(state: State, features: int, blocks: int) -> dict[str, Tensor]:
    """Return weights of a smaller Compact, made of the strongest channels and evenly spaced layers of a larger one.

    A channel's strength is the norm of the weights that make it times the norm of those that read it
    (after Li et al., Pruning Filters for Efficient ConvNets, 2017). Raises Refused if the network isn't larger.
    """
    spec = spec_of(state)
    if spec.architecture is not Architecture.COMPACT or features > spec.features or blocks > spec.blocks:
        raise Refused(f"A {spec.title} can't be cut down to a Compact {features}x{blocks}: it must be larger.")
    inner = [2 + 2 * int(number) for number in torch.linspace(0, spec.blocks - 1, blocks).round().tolist()]
    layers = [0, *inner, 2 + 2 * spec.blocks]
    smaller: dict[str, Tensor] = {}
    read = torch.arange(3)
    for position, layer in enumerate(layers):
        weight, bias = state[f"body.{layer}.weight"].float(), state[f"body.{layer}.bias"].float()
        is_last = position == len(layers) - 1
        kept = torch.arange(len(weight))
        if not is_last:
            reader = state[f"body.{layers[position + 1]}.weight"].float()
            strength = weight[:, read].flatten(1).norm(dim=1) * reader.transpose(0, 1).flatten(1).norm(dim=1)
            kept = strength.topk(features).indices.sort().values
        smaller[f"body.{2 * position}.weight"] = weight[kept][:, read].clone()
        smaller[f"body.{2 * position}.bias"] = bias[kept].clone()
        if not is_last:
            smaller[f"body.{2 * position + 1}.weight"] = state[f"body.{layer + 1}.weight"].float()[kept].clone()
        read = kept
    return smaller


def without_plane(state: State) -> dict[str, Tensor]:
    """Return the weights of the twin without quantisers, which gives what this network gives where none is known."""
    kept = {key: value.clone() for key, value in state.items() if not key.startswith(PLANE)}
    if f"{PLANE}weight" in state:
        constant = state[f"{PLANE}weight"].float().sum((1, 2, 3)) * state[f"{PLANE}unknown"].float() * QUANTISER_SCALE
        kept["body.0.bias"] = kept["body.0.bias"] + constant
    return kept

"""The module of a network."""

from __future__ import annotations

from .compact import Compact
from .rrdb import RRDBNet
from .spec import Architecture, NetworkSpec

Network = Compact | RRDBNet


def build(spec: NetworkSpec) -> Network:
    """Return the network with random weights, in fp32, on the CPU."""
    if spec.architecture is Architecture.COMPACT:
        return Compact(spec.features, spec.blocks, quantiser_plane=spec.quantiser_plane)
    return RRDBNet(spec.features, spec.blocks)

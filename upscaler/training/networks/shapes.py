"""Tells a network by the shapes of its weights alone. Imports no torch, so that pages can use it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from upscaler.pipeline.core.errors import Refused

from .spec import Architecture, NetworkSpec

PLANE = "plane."
"""Prefix of the parameters that only a network with quantisers has."""
MAX_HEADER_BYTES = 8 * 1024**2
NOT_TRAINABLE = (
    "Training starts from a Compact (SRVGGNetCompact) or an RRDBNet that enlarges 4 times. "
    "These weights are another network's: choose others, or train from scratch."
)


def spec_of_shapes(shapes: Mapping[str, tuple[int, ...]]) -> NetworkSpec:
    """Return the network with such weights. Raises Refused for any but a Compact or an RRDBNet of scale 4."""
    if "body.0.weight" in shapes:
        last = max(int(number) for key in shapes if key.count(".") and (number := key.split(".")[1]).isdigit())
        inner = {shapes.get(f"body.{index}.weight", ()) for index in range(2, last, 2)}
        features = shapes["body.0.weight"][0]
        if shapes[f"body.{last}.weight"][0] == 48 and inner <= {(features, features, 3, 3)}:
            plane = any(key.startswith(PLANE) for key in shapes)
            return NetworkSpec(Architecture.COMPACT, features, last // 2 - 1, plane)
    elif "conv_first.weight" in shapes and shapes["conv_first.weight"][1] == 3:
        blocks = {match[1] for key in shapes if (match := re.match(r"body\.(\d+)\.rdb1\.", key))}
        return NetworkSpec(Architecture.RRDB, shapes["conv_first.weight"][0], len(blocks))
    raise Refused(NOT_TRAINABLE)


def shapes_in(path: Path) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the tensors in a safetensors file, from its header. Raises Refused for any other file."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = file.read(length) if length <= MAX_HEADER_BYTES else b""
    try:
        described = json.loads(header)
        return {key: tuple(value["shape"]) for key, value in described.items() if key != "__metadata__"}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refused("The safetensors file is damaged. Upload it again.", detail=str(error)) from error

"""The built-in models. To add one, add a row."""

from __future__ import annotations

from pathlib import Path

from .weights import Weights

WEIGHTS_FOLDER = Path(__file__).parent.parent / "weights"
DEFAULT = "realesr-animevideov3"
NEAREST = "nearest"

BUILTIN = {
    weights.name: weights
    for weights in (
        Weights(
            name=DEFAULT,
            path=WEIGHTS_FOLDER / "realesr-animevideov3.safetensors",
            sha256="15e90bcbbedc7fa6a9707443f60592b28a303e90fec60bdb2971d76a25f3edbe",
            architecture="RealESRGAN Compact",
            scale=4,
        ),
        Weights(name=NEAREST, path=None, sha256="", architecture=NEAREST, scale=4),
    )
}

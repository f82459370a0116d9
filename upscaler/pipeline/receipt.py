"""What was done, with what, and what came out: enough to check a result, or to make it again."""

from __future__ import annotations

import importlib.metadata
from typing import Any

from . import ffmpeg
from .facts import Facts
from .networks.backend import Engine
from .networks.weights import Weights
from .plan import Plan
from .recipe import Recipe
from .verify import Verified

PACKAGES = ("torch", "spandrel", "numpy", "ffmpeg-python")


def make_receipt(
    *,
    facts: Facts,
    recipe: Recipe,
    plan: Plan,
    weights: Weights,
    engine: Engine,
    verified: Verified,
    render_seconds: float,
    seconds: float,
) -> dict[str, Any]:
    """The receipt as JSON types. ``fps`` is rendered frames over the seconds of rendering."""
    return {
        "source": {
            "container": facts.container,
            "codec": facts.codec,
            "width": facts.width,
            "height": facts.height,
            "sar": str(facts.sar),
            "rate": str(facts.rate),
            "timing": facts.timing,
            "frames": facts.decoded_frames,
            "matrix": facts.matrix,
            "matrix_assumed": not facts.colour_tagged,
            "decode_errors": facts.decode_errors,
        },
        "recipe": recipe.to_json(),
        "planned_frames": plan.frame_count,
        "result": verified.to_json(),
        "model": {
            "name": weights.name,
            "sha256": weights.sha256,
            "architecture": weights.architecture,
            "scale": weights.scale,
        },
        "engine": {"backend": engine.backend, "device": engine.device, "precision": engine.precision},
        "seconds": round(seconds, 3),
        "render_seconds": round(render_seconds, 3),
        "fps": round(plan.frame_count / render_seconds, 3) if render_seconds else None,
        "versions": versions(),
    }


def versions() -> dict[str, str]:
    """Of everything that the pixels depend on."""
    found = {name: importlib.metadata.version(name) for name in PACKAGES}
    return found | {"ffmpeg": ffmpeg.version()}

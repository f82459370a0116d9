"""What was done, with what, and what came out: enough to check a result, or to make it again."""

from __future__ import annotations

import importlib.metadata
from dataclasses import asdict
from typing import Any

from . import ffmpeg, tracks
from .damage import warnings
from .facts import Facts
from .filters import colour, constant_rate, crop, deinterlace
from .filters.aspect import sar
from .libraries import library_versions
from .networks.backend import Engine
from .networks.weights import Weights
from .plan import Plan
from .presets import preset
from .recipe import Recipe
from .verify import Verified

PACKAGES = ("torch", "spandrel", "numpy", "llvmlite", "ffmpeg-python")


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
            "full_range": facts.full_range,
            "range_assumed": not facts.range_tagged,
            "field_order": facts.field_order,
            "border": asdict(facts.border),
            "duplicates": facts.duplicates,
            "decode_errors": facts.decode_errors,
        },
        "recipe": recipe.to_json(),
        "plan": _plan(facts, recipe, plan),
        "planned_frames": plan.frame_count,
        "result": verified.to_json(),
        "checks": [asdict(check) for check in verified.checks],
        "streams": _streams(facts, plan),
        "warnings": warnings(facts, plan),
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
        "versions": versions() | library_versions(preset(plan.preset)),
    }


def versions() -> dict[str, str]:
    """Of everything that the pixels depend on."""
    found = {name: importlib.metadata.version(name) for name in PACKAGES}
    return found | {"ffmpeg": ffmpeg.version()}


def _plan(facts: Facts, recipe: Recipe, plan: Plan) -> dict[str, Any]:
    """What "auto" came to."""
    chosen = preset(plan.preset)
    return {
        "encoder": chosen.encoder,
        "encoder_options": {name: str(value) for name, value in chosen.options},
        "container": chosen.container,
        "pix_fmt": chosen.pix_fmt,
        "rate": str(plan.rate),
        "base_rate": str(constant_rate.rate(facts, recipe)),
        "first_frame": plan.first_frame,
        "start_s": round(float(plan.start), 6),
        "is_trimmed": plan.is_trimmed,
        "deinterlace": deinterlace.mode(facts, recipe),
        "field_order": deinterlace.field_order(facts, recipe) if deinterlace.mode(facts, recipe) != "off" else None,
        "crop": asdict(crop.border(facts, recipe)),
        "sar": str(sar(facts, recipe)),
        "matrix": colour.matrix(facts, recipe),
        "full_range": colour.is_full_range(facts, recipe),
        "filters": [step.name for step in plan.steps],
        "network_input": f"{plan.source.width}x{plan.source.height}",
        "network_output": f"{plan.network.width}x{plan.network.height}",
        "output": f"{plan.output.width}x{plan.output.height}",
        "keep_colours": plan.keep_colours,
        "deflicker": plan.deflicker,
        "repeats": len(plan.repeats.numbers()),
        "segments": len(plan.segments),
    }


def _streams(facts: Facts, plan: Plan) -> list[dict[str, Any]]:
    """What became of each stream of the source but the pictures, and of its chapters."""
    container = tracks.container_of(plan)
    beside = (*tracks.audio_tracks(facts, plan, container), *tracks.subtitle_tracks(facts, container))
    table = [track.to_json() for track in beside]
    if facts.chapters:
        kept = len(tracks.chapters(facts, plan))
        table.append({"kind": "chapters", "codec": "", "said": f"{kept} of {len(facts.chapters)} kept", "why": ""})
    return table

"""The receipt: input, settings, versions and checks, enough to verify a result or to make it again."""

from __future__ import annotations

import importlib.metadata
from dataclasses import asdict, replace
from typing import Any

from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.presets import preset
from upscaler.pipeline.core.recipe import Recipe
from upscaler.pipeline.networks.backend import Engine
from upscaler.pipeline.networks.weights import Weights
from upscaler.pipeline.planning.plan import Plan
from upscaler.pipeline.prefilters import colour, constant_rate, crop, deinterlace
from upscaler.pipeline.prefilters.aspect import sar
from upscaler.pipeline.programs import ffmpeg
from upscaler.pipeline.programs.libraries import library_versions
from upscaler.pipeline.tracks import track_plan
from upscaler.pipeline.tracks.track_plan import Track

from .assemble import ExtraStreams
from .damage_report import warnings
from .verify import Verified

CHANGES_NOTHING = "The model changed nothing: every frame equals plain enlargement. Choose another model."
PACKAGES = ("torch", "spandrel", "numpy", "llvmlite", "ffmpeg-python")


def make_receipt(
    *,
    facts: Facts,
    recipe: Recipe,
    plan: Plan,
    weights: Weights,
    engine: Engine,
    extras: ExtraStreams,
    verified: Verified,
    changes_nothing: bool,
    render_seconds: float,
    seconds: float,
) -> dict[str, Any]:
    """Return the receipt as JSON types. ``fps`` is rendered frames divided by the seconds of rendering.

    ``changes_nothing`` refers to the network's output, before the encoder.
    """
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
            "seams": [{"time_s": float(seam.time), "jump_s": float(seam.jump)} for seam in facts.seams],
        },
        "recipe": recipe.to_json(),
        "plan": _plan(facts, recipe, plan),
        "planned_frames": plan.frame_count,
        "result": verified.to_json(),
        "checks": [asdict(check) for check in verified.checks],
        "streams": _streams(facts, plan, extras),
        "warnings": [
            *([CHANGES_NOTHING] if changes_nothing else []),
            *warnings(facts, plan),
            *extras.failures,
            *verified.warnings,
        ],
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
    """Return the versions of everything that the pixels depend on."""
    packages = {name: importlib.metadata.version(name) for name in PACKAGES}
    return packages | {"ffmpeg": ffmpeg.version()}


def _plan(facts: Facts, recipe: Recipe, plan: Plan) -> dict[str, Any]:
    """Return the plan's values, with "auto" resolved."""
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
        "repeats": plan.repeats.count,
        "segments": len(plan.segments),
    }


def _streams(facts: Facts, plan: Plan, extras: ExtraStreams) -> list[dict[str, Any]]:
    """Return how each stream of the source except the video was handled, and its chapters and fonts."""
    container = track_plan.container_of(plan)
    planned = (*track_plan.audio_tracks(facts, plan, container), *track_plan.subtitle_tracks(facts, container))
    table = [_actual(track, extras).to_json() for track in planned]
    if facts.chapters:
        table.append(_counted("chapters", len(extras.chapters), len(facts.chapters)))
    if facts.fonts:
        table.append(_counted("fonts", len(extras.fonts), len(facts.fonts)))
    table += [{"kind": part.kind, "codec": part.name, "said": "left out", "why": part.why} for part in facts.left_out]
    return table


def _actual(track: Track, extras: ExtraStreams) -> Track:
    """Mark a planned track that failed as left out."""
    if not track.encoder or track in (*extras.sound, *extras.subtitles):
        return track
    return replace(track, result="", encoder="", why="adding it failed")


def _counted(kind: str, kept: int, of_all: int) -> dict[str, Any]:
    return {"kind": kind, "codec": "", "said": f"{kept} of {of_all} kept", "why": ""}

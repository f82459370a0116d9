"""The models and presets that a new job can use."""

from __future__ import annotations

from django.db.models import QuerySet

from upscaler.models import (
    Encoder,
    ModelState,
    UpscaleModel,
)
from upscaler.pipeline.core.presets import PRESETS, Preset


def models_ready() -> QuerySet[UpscaleModel]:
    """Return the models that a job can use."""
    return UpscaleModel.objects.filter(state=ModelState.READY)


def presets_available() -> list[tuple[Preset, str]]:
    """Return all presets in order, each with the reason why no worker can encode it, or "".

    A preset whose encoder no worker has tried yet counts as available, unless it needs hardware.
    """
    tried = {encoder.name: encoder for encoder in Encoder.objects.all()}
    presets = []
    for preset in PRESETS.values():
        row = tried.get(preset.encoder)
        untried = "No worker has checked for this hardware yet." if preset.device else ""
        presets.append((preset, untried if row is None else "" if row.works else row.reason))
    return presets

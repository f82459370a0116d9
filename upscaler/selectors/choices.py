"""What a new job can choose from."""

from __future__ import annotations

from django.db.models import QuerySet

from upscaler.models import (
    Encoder,
    ModelState,
    UpscaleModel,
)
from upscaler.pipeline.core.presets import PRESETS, Preset


def models_ready() -> QuerySet[UpscaleModel]:
    """Those that a job may choose."""
    return UpscaleModel.objects.filter(state=ModelState.READY)


def presets_available() -> list[tuple[Preset, str]]:
    """All presets in their order, each with the reason why no worker here can write it, or "".

    One whose encoder no worker has tried yet counts as available, unless it wants hardware.
    """
    tried = {encoder.name: encoder for encoder in Encoder.objects.all()}
    found = []
    for preset in PRESETS.values():
        row = tried.get(preset.encoder)
        untried = "No worker has checked for this hardware yet." if preset.device else ""
        found.append((preset, untried if row is None else "" if row.works else row.reason))
    return found

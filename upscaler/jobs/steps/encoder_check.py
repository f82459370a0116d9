"""Records which encoders work on this machine."""

from __future__ import annotations

import logging

from upscaler.models import Encoder
from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.render import encoders

logger = logging.getLogger(__name__)


def check_encoders() -> None:
    """Try every encoder of the presets and store the results. This takes 1 to 2 seconds."""
    try:
        results = encoders.check_all()
    except PipelineError as error:  # without ffmpeg nothing works, and every job shows that
        logger.warning("Can't try the encoders: %s", error.message)
        return
    for name, reason in results.items():
        values = {"works": reason is None, "reason": reason or ""}
        Encoder.objects.update_or_create(name=name, defaults=values)

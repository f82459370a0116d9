"""What the worker that encodes can encode, for everyone to see."""

from __future__ import annotations

import logging

from upscaler.models import Encoder
from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.render import encoders

logger = logging.getLogger(__name__)


def check_encoders() -> None:
    """Try every encoder of the presets and write down what came of it. Takes a second or two."""
    try:
        found = encoders.check_all()
    except PipelineError as error:  # without ffmpeg nothing works, and every job says so
        logger.warning("The encoders could not be tried: %s", error.message)
        return
    for name, reason in found.items():
        values = {"works": reason is None, "reason": reason or ""}
        Encoder.objects.update_or_create(name=name, defaults=values)

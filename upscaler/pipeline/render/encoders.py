"""Test which presets this machine can write: a name in ffmpeg's list of encoders proves nothing."""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import numpy as np

from upscaler.pipeline.core.errors import PipelineError, Refused
from upscaler.pipeline.core.frame import Frame
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.presets import PRESETS, Preset, preset
from upscaler.pipeline.core.repeats import Repeats
from upscaler.pipeline.planning.plan import Plan, Size
from upscaler.pipeline.programs import ffmpeg

from .encode import Encoder

TRIAL = Size(256, 192)
"""Above the smallest frame that every hardware encoder accepts."""
TRIAL_FRAMES = 3
TRIAL_SECONDS = 20.0
WORKERS = 4

DEVICES = {
    "cuda": "This machine has no NVIDIA encoder.",
    "qsv": "This machine has no Intel Quick Sync encoder.",
    "vaapi": "This machine has no GPU with a VA-API encoder.",
}
NOT_BUILT_IN = ("Unknown encoder", "Encoder not found")


def check(chosen: Preset) -> str | None:
    """Return why the preset's encoder doesn't work here, in a sentence, or None if it does.

    Encodes a few frames with the preset's own arguments, and retries once where that fails without a reason. Raises
    PipelineError without ffmpeg, or where no file can be written.
    """
    ffmpeg.require()
    try:
        reason = _try(chosen)
        return _try(chosen) if reason == _failed(chosen) else reason
    except OSError as error:
        raise PipelineError(f"Encoders can't be tested: {error.strerror or error}.", permanent=False) from error


def _try(chosen: Preset) -> str | None:
    frame: Frame = np.zeros((TRIAL.height, TRIAL.width, 3), np.uint8)
    limits = Limits(stall_seconds=TRIAL_SECONDS)
    with tempfile.TemporaryDirectory(prefix="haloweb-encoder-") as folder:
        target = Path(folder, "trial.mp4")
        try:
            with Encoder(
                target, _trial_plan(chosen), limits, start=0, end=TRIAL_FRAMES, with_playable=False
            ) as encoder:
                for _ in range(TRIAL_FRAMES):
                    encoder.write(frame)
                encoder.finish()
        except PipelineError as error:
            return _reason(chosen, error)
        if not target.stat().st_size:
            return f"The encoder {chosen.encoder} wrote nothing in a test."
    return None


def check_all() -> dict[str, str | None]:
    """Return for each encoder, by ffmpeg's name, why it doesn't work here, or None. Takes a second or two.

    Raises PipelineError as check does.
    """
    each = {chosen.encoder: chosen for chosen in PRESETS.values()}
    with ThreadPoolExecutor(WORKERS) as pool:
        return dict(zip(each, pool.map(check, each.values()), strict=True))


def require(name: str) -> None:
    """Raise Refused, with the reason, unless this machine can write the preset of that name."""
    reason = check(preset(name))
    if reason:
        raise Refused(f"The preset {name} can't be used: {reason}")


def _reason(chosen: Preset, error: PipelineError) -> str:
    if any(words in error.detail for words in NOT_BUILT_IN):
        return f"The ffmpeg on this machine was built without {chosen.encoder}."
    if chosen.device in DEVICES:
        return DEVICES[chosen.device]
    return _failed(chosen)


def _failed(chosen: Preset) -> str:
    return f"The encoder {chosen.encoder} failed in a test."


def _trial_plan(chosen: Preset) -> Plan:
    return Plan(
        steps=(),
        rate=Fraction(30),
        frame_count=TRIAL_FRAMES,
        first_frame=0,
        start=Fraction(0),
        is_trimmed=False,
        source=TRIAL,
        scale=1,
        network=TRIAL,
        output=TRIAL,
        preset=chosen.name,
        precision="auto",
        keep_colours=False,
        deflicker=0,
        repeats=Repeats(),
        segments=((0, TRIAL_FRAMES),),
    )

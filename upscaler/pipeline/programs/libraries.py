"""The builds of the encoder libraries that ffmpeg loads. Built-in encoders have ffmpeg's version."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.presets import Preset

from . import ffmpeg
from .process import PIPE_BYTES

LIBRARIES = {"libx264": "libx264", "libx265": "libx265", "libsvtav1": "libSvtAv1Enc"}
"""External libraries, by ffmpeg's name of the encoder."""


def library_versions(chosen: Preset) -> dict[str, str]:
    """Return the build of each library that encodes a preset's result or its playable copy, such as {"libx264": "164"}.

    The build is the suffix of the file that the dynamic linker finds. Empty where ffmpeg is linked statically.
    """
    encoders = {chosen.encoder} if chosen.plays else {chosen.encoder, "libx264"}
    encoder_of = {LIBRARIES[name]: name for name in sorted(encoders) if name in LIBRARIES}
    if not encoder_of or shutil.which("ldd") is None:
        return {}
    versions = {}
    for name, path in re.findall(r"(lib\w+)\.so\S* => (\S+)", _linked()):
        if name in encoder_of:
            versions[encoder_of[name]] = Path(path).resolve().name.partition(".so.")[2]
    return versions


def _linked() -> str:
    program = shutil.which("ffmpeg") or "ffmpeg"
    buffer = bytearray(PIPE_BYTES)
    with ffmpeg.start(["ldd", program], limits=Limits(), label="ldd") as process:
        count = process.read_into(memoryview(buffer))
        process.finish()
    return buffer[:count].decode("utf-8", "replace")

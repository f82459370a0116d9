"""Which build of an encoder's library ffmpeg runs with; its own encoders have ffmpeg's version."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.presets import Preset

from . import ffmpeg
from .process import PIPE_BYTES

LIBRARIES = {"libx264": "libx264", "libx265": "libx265", "libsvtav1": "libSvtAv1Enc"}
"""By the encoder's name in ffmpeg; the ones that are not ffmpeg's own."""


def library_versions(chosen: Preset) -> dict[str, str]:
    """The build of each library that writes a preset's result or its playable copy, such as {"libx264": "164"}.

    As the dynamic linker finds it: x264 and x265 count their builds there. Empty where ffmpeg has them built in.
    """
    encoders = {chosen.encoder} if chosen.plays else {chosen.encoder, "libx264"}
    wanted = {LIBRARIES[name]: name for name in sorted(encoders) if name in LIBRARIES}
    if not wanted or shutil.which("ldd") is None:
        return {}
    found = {}
    for name, path in re.findall(r"(lib\w+)\.so\S* => (\S+)", _linked()):
        if name in wanted:
            found[wanted[name]] = Path(path).resolve().name.partition(".so.")[2]
    return found


def _linked() -> str:
    program = shutil.which("ffmpeg") or "ffmpeg"
    buffer = bytearray(PIPE_BYTES)
    with ffmpeg.start(["ldd", program], limits=Limits(), says="The look at ffmpeg's libraries") as process:
        count = process.read_into(memoryview(buffer))
        process.finish()
    return buffer[:count].decode("utf-8", "replace")

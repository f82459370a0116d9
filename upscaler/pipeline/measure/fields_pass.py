"""Measure only the fields of a source, in a decode pass."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from upscaler.pipeline.core.input_options import InputOptions
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.programs import ffmpeg

from .fields import IDET_KEY, Combing, FieldFacts, field_facts
from .luma import Planes


def measure_fields(path: Path, opening: InputOptions, size: tuple[int, int], limits: Limits) -> FieldFacts:
    """Detect interlacing. ``size`` is (width, height) of the source's frames."""
    combing = Combing()
    with tempfile.TemporaryDirectory(prefix="haloweb-fields-") as folder:
        idet_log = Path(folder, "words")
        frames = scaled_to(ffmpeg.source(path, limits, opening)[opening.pictures], size).filter("idet")
        frames = frames.filter("metadata", mode="print", key=IDET_KEY, file=str(idet_log))
        output = ffmpeg.write(frames.filter("setpts", "N"), to="pipe:", format="rawvideo", fps_mode="passthrough")
        with ffmpeg.reading(output, limits=limits, label="The decoder") as process:
            while True:
                data = np.empty(Planes.size(*size), np.uint8)
                if process.read_into(memoryview(data.data)) < data.nbytes:
                    break
                combing.add(Planes.of(data, *size).luma)
            process.wait()
        return field_facts(read_idet_log(idet_log), combing)


def scaled_to(frames: ffmpeg.Stream, size: tuple[int, int]) -> ffmpeg.Stream:
    """Scale frames to one size (width, height) in 4:2:0, with unchanged luma.

    The first scale filter sets the size; the second, between equal ranges, copies the luma.
    """
    frames = frames.filter("scale", w=size[0], h=size[1])
    return frames.filter("scale", in_range="full", out_range="full").filter("format", "yuv420p")


def read_idet_log(path: Path) -> list[str]:
    """Return idet's result for each frame: "tff", "bff", "progressive" or "undetermined"."""
    if not path.exists():
        return []
    with path.open() as lines:
        return [line.partition("=")[2].strip() for line in lines if line.startswith(IDET_KEY)]

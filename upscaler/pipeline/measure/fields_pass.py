"""The fields of a source by themselves: a decode pass that looks at nothing else."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.opening import Opening
from upscaler.pipeline.programs import ffmpeg

from .fields import IDET_KEY, Combing, FieldFacts, field_facts
from .luma import Planes


def measure_fields(path: Path, opening: Opening, size: tuple[int, int], limits: Limits) -> FieldFacts:
    """Are a source's frames made of two fields? ``size`` is (width, height) of its frames."""
    combing = Combing()
    with tempfile.TemporaryDirectory(prefix="haloweb-fields-") as folder:
        told = Path(folder, "words")
        frames = as_measured(ffmpeg.source(path, limits, opening)[opening.pictures], size).filter("idet")
        frames = frames.filter("metadata", mode="print", key=IDET_KEY, file=str(told))
        output = ffmpeg.write(frames.filter("setpts", "N"), to="pipe:", format="rawvideo", fps_mode="passthrough")
        with ffmpeg.reading(output, limits=limits, says="The check's decoder") as process:
            while True:
                data = np.empty(Planes.size(*size), np.uint8)
                if process.read_into(memoryview(data.data)) < data.nbytes:
                    break
                combing.see(Planes.of(data, *size).luma)
            process.wait()
        return field_facts(idet_words(told), combing)


def as_measured(frames: ffmpeg.Stream, size: tuple[int, int]) -> ffmpeg.Stream:
    """Frames of one size (width, height) in 4:2:0, with their luma as it is coded.

    The first scale filter brings every frame to one size; between equal ranges the second copies the luma as it is.
    """
    frames = frames.filter("scale", w=size[0], h=size[1])
    return frames.filter("scale", in_range="full", out_range="full").filter("format", "yuv420p")


def idet_words(told: Path) -> list[str]:
    """What idet says of each frame: "tff", "bff", "progressive" or "undetermined"."""
    if not told.exists():
        return []
    with told.open() as lines:
        return [line.partition("=")[2].strip() for line in lines if line.startswith(IDET_KEY)]

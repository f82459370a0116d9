"""The fields of a source by themselves: a decode pass that looks at nothing else."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

import numpy as np

from .. import ffmpeg
from ..errors import PipelineError
from ..limits import Limits
from ..opening import Opening
from .fields import IDET_KEY, Combing, FieldFacts, field_facts


def measure_fields(path: Path, opening: Opening, size: tuple[int, int], limits: Limits) -> FieldFacts:
    """Are a source's frames made of two fields? ``size`` is (width, height) of its frames."""
    combing = Combing()
    with tempfile.TemporaryDirectory(prefix="haloweb-fields-") as folder:
        told = Path(folder, "words")
        frames = ffmpeg.source(path, limits, opening)[opening.pictures].filter("scale", w=size[0], h=size[1])
        frames = frames.filter("format", "gray").filter("idet")
        frames = frames.filter("metadata", mode="print", key=IDET_KEY, file=str(told))
        output = ffmpeg.write(frames.filter("setpts", "N"), to="pipe:", format="rawvideo", fps_mode="passthrough")
        with ffmpeg.reading(output, limits=limits, says="The check's decoder") as process:
            while True:
                luma = np.empty((size[1], size[0]), np.uint8)
                if process.read_into(memoryview(luma.reshape(-1).data)) < luma.nbytes:
                    break
                combing.see(luma)
            with contextlib.suppress(PipelineError):
                process.finish()
        return field_facts(idet_words(told), combing)


def idet_words(told: Path) -> list[str]:
    """What idet says of each frame: "tff", "bff", "progressive" or "undetermined"."""
    if not told.exists():
        return []
    with told.open() as lines:
        return [line.partition("=")[2].strip() for line in lines if line.startswith(IDET_KEY)]

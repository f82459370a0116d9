"""VMAF-NEG and XPSNR of a sequence of frames against their truth, by libvmaf and xpsnr of the pinned FFmpeg.

VMAF-NEG ("no enhancement gain", Netflix 2020) is VMAF that sharpening doesn't raise. XPSNR (Helmrich et al., "XPSNR: a
low-complexity extension of the perceptually weighted peak signal-to-noise ratio", ICASSP 2020) weights errors by how
visible they are.
"""

from __future__ import annotations

import contextlib
import json
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import ffmpeg
import numpy as np

from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.core.frame import flat
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.programs.ffmpeg import arguments, raw_frames, write
from upscaler.pipeline.programs.process import Process
from upscaler.training.core import pinned_ffmpeg
from upscaler.training.core.twin import Pixels

from .metrics import IDENTICAL_DB

MODEL = "version=vmaf_v0.6.1neg"
RATE = "30"
"""Frames per second that the filters are told: XPSNR weights motion by it."""
FLAGS = "bicubic+accurate_rnd+full_chroma_int+bitexact"
AVERAGE = re.compile(r"XPSNR average, (\d+) frames +y: (\S+)")


@dataclass(frozen=True)
class SequenceScores:
    """Scores of a whole sequence."""

    vmaf_neg: float
    """0 to 100, the mean over the frames."""
    xpsnr_y: float
    """dB of the luma, averaged by the filter over the frames; at most IDENTICAL_DB."""


class SequenceMeter:
    """Scores the frames that are added, as one sequence at 30 frames per second. Use it as a context manager.

    Each frame and its truth go through one pipe, one above the other, so that no timestamps can pair them wrongly.
    """

    def __init__(self) -> None:
        self._resources = contextlib.ExitStack()
        self._process: Process | None = None
        self._folder = Path()
        self._frames = 0

    def __enter__(self) -> Self:
        self._folder = Path(self._resources.enter_context(tempfile.TemporaryDirectory(prefix="vmaf-")))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._resources.close()

    def add(self, picture: Pixels, truth: Pixels) -> None:
        """Add a frame and its truth, (h, w, 3) RGB. All frames have the same size."""
        if self._process is None:
            self._process = self._resources.enter_context(self._start(truth.shape[1], truth.shape[0]))
        self._process.write(flat(np.concatenate([picture, truth])))
        self._frames += 1

    def finish(self) -> SequenceScores:
        """Return the scores of the frames, of which there is at least one. Raises PipelineError if FFmpeg fails."""
        assert self._process is not None
        self._process.finish()
        pooled = json.loads(self._vmaf_log.read_text())["pooled_metrics"]["vmaf"]["mean"]
        average = AVERAGE.search(self._xpsnr_log.read_text())
        if average is None or int(average[1]) != self._frames:
            raise PipelineError(
                "FFmpeg measured fewer frames than there are. Try again.", permanent=False, detail=self._process.tail
            )
        return SequenceScores(float(pooled), min(IDENTICAL_DB, float(average[2])))

    @property
    def _vmaf_log(self) -> Path:
        return self._folder / "vmaf.json"

    @property
    def _xpsnr_log(self) -> Path:
        return self._folder / "xpsnr.txt"

    def _start(self, width: int, height: int) -> Process:
        both = raw_frames(width, 2 * height, RATE)
        both = both.filter("scale", out_color_matrix="bt709", out_range="limited", flags=FLAGS)
        copies = both.filter("format", pix_fmts="yuv444p").filter_multi_output("split", 4)
        pictures = [copies[n].filter("crop", width, height, 0, 0) for n in (0, 1)]
        truths = [copies[n].filter("crop", width, height, 0, height) for n in (2, 3)]
        options = {"model": MODEL, "log_fmt": "json", "log_path": str(self._vmaf_log), "n_threads": 1}
        vmaf = ffmpeg.filter([pictures[0], truths[0]], "libvmaf", **options)
        xpsnr = ffmpeg.filter([pictures[1], truths[1]], "xpsnr", stats_file=str(self._xpsnr_log))
        command = arguments(write(vmaf, xpsnr, to="pipe:", format="null"))
        return pinned_ffmpeg.start(command[1:], limits=Limits(), label="VMAF and XPSNR", takes_input=True)

"""Frames -> one segment: a fragmented MP4 whose timestamps go on where the last one stopped."""

from __future__ import annotations

from pathlib import Path

import ffmpeg as graph

from . import ffmpeg
from .decode import Frame, flat
from .errors import PipelineError
from .limits import Limits
from .plan import Plan
from .presets import ENCODER_THREADS, preset

KEY_FRAME_SECONDS = 2

FRAGMENTED = "+empty_moov+default_base_moof+frag_keyframe+frag_discont+skip_trailer+negative_cts_offsets"
"""frag_discont: without it every fragment's decode time is 0, and segments can't be joined."""

BT709 = {"colorspace": "bt709", "color_primaries": "bt709", "color_trc": "bt709", "color_range": "tv"}


class Encoder:
    """Writes the frames of [start, end) to ``target``. Use it as a context manager.

    Takes RGB frames of the network's size; they are brought to the plan's output size and to
    BT.709 in TV range, and tagged so. The same frames give the same bytes: no clock, fixed threads.
    """

    def __init__(self, target: Path, plan: Plan, limits: Limits, *, start: int, end: int) -> None:
        self._expected = end - start
        self._taken = 0
        pictures = graph.input(
            "pipe:",
            format="rawvideo",
            pix_fmt="rgb24",
            s=f"{plan.network.width}x{plan.network.height}",
            framerate=str(plan.rate),
        ).video
        pictures = _fit(pictures, plan)
        options = dict(preset(plan.preset).options) | {
            "threads": ENCODER_THREADS,
            "g": max(1, round(plan.rate * KEY_FRAME_SECONDS)),
            "flags": "+cgop+bitexact",
            "fflags": "+bitexact",
            "map_metadata": -1,
            "video_track_timescale": plan.time_scale,
            "movie_timescale": plan.time_scale,
            "movflags": FRAGMENTED,
            "output_ts_offset": _seconds(start, plan),
            "fps_mode": "passthrough",
            "format": "mp4",
            **BT709,
        }
        command = ffmpeg.arguments(ffmpeg.write(pictures, to=target, **options))
        self._process = ffmpeg.start(command, limits=limits, says="The encoder", takes_input=True)

    def __enter__(self) -> Encoder:
        return self

    def __exit__(self, *details: object) -> None:
        self._process.end()

    def write(self, frame: Frame) -> None:
        """Take the next frame, (height, width, 3) RGB."""
        self._process.write(flat(frame))
        self._taken += 1

    def finish(self) -> None:
        """Close the file. Raises PipelineError unless every planned frame was written."""
        if self._taken != self._expected:
            raise PipelineError(f"A segment got {self._taken} of its {self._expected} frames.", permanent=False)
        self._process.finish()


def _fit(pictures: ffmpeg.Stream, plan: Plan) -> ffmpeg.Stream:
    """To the output size and to BT.709 in TV range. The matrix is said: ffmpeg's own guess is BT.601."""
    colour = {"out_color_matrix": "bt709", "out_range": "limited", "flags": "lanczos+accurate_rnd+full_chroma_int"}
    width, height = plan.output.width, plan.output.height
    if width - plan.network.width in (0, 1) and height - plan.network.height in (0, 1):
        if plan.output != plan.network:
            pictures = pictures.filter("pad", width, height)
        fitted = pictures.filter("scale", **colour)
    else:
        fitted = pictures.filter("scale", width, height, **colour)
    return fitted.filter("format", "yuv420p")


def _seconds(frame: int, plan: Plan) -> str:
    """A frame's time with the six decimals that ffmpeg keeps."""
    return f"{float(frame / plan.rate):.6f}"

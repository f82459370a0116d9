"""Whole frames from all over a capture, to measure its quality."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from upscaler.pipeline.core.frame import flat
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.programs import ffmpeg
from upscaler.pipeline.source.probe import Probe, probe
from upscaler.training.core.capture import Burst, Capture, CaptureKind
from upscaler.training.core.twin import Pixels

from .frames import truth_frames
from .picture_files import picture_files
from .picture_reader import PictureReader
from .video_frames import seek_arguments, whole_frame_graph

SAMPLES = 10
MAX_COUNTED = 600
"""Frames up to which a video is decoded from its beginning. Longer ones are searched by time, which may be some frames
off in some containers."""


def sampled_frames(capture: Capture, limits: Limits) -> Iterator[Pixels]:
    """Yield up to SAMPLES frames, (h, w, 3) RGB, evenly spread. Pictures that can't be read are left out."""
    numbers = sorted({capture.frames * (2 * at + 1) // (2 * SAMPLES) for at in range(SAMPLES)})
    if capture.kind is CaptureKind.PICTURES:
        paths = picture_files(capture.path)
        with PictureReader(limits) as reader:
            for number in numbers:
                picture = reader.pixels(paths[number])
                if picture is not None and picture.shape[:2] == (capture.height, capture.width):
                    yield picture
    elif capture.frames <= MAX_COUNTED or not capture.rate:
        yield from (frame for _, frame in truth_frames(capture, [Burst(number, 1) for number in numbers], limits))
    else:
        probed = probe(capture.path, limits)
        for number in numbers:
            yield from _at_time(capture, probed, number / capture.rate, limits)


def _at_time(capture: Capture, probed: Probe, seconds: Fraction, limits: Limits) -> Iterator[Pixels]:
    graph = whole_frame_graph(capture, probed, limits)
    output = ffmpeg.write(
        graph, to="pipe:", format="rawvideo", pix_fmt="rgb24", fps_mode="passthrough", **{"frames:v": 1}
    )
    command = seek_arguments(ffmpeg.arguments(output), seconds)
    frame: Pixels = np.empty((capture.height, capture.width, 3), np.uint8)
    with ffmpeg.start(command, limits=limits, label="The decoder of the capture") as process:
        if process.read_into(flat(frame)) == frame.nbytes:
            yield frame

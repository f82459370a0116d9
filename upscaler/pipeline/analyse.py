"""One full decode pass over a source: the end of guessing. From here on, time is frames."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from . import ffmpeg
from .errors import PipelineError, Refused
from .facts import Facts
from .limits import Limits
from .probe import Probe
from .rate import base_rate

THUMB_WIDTH, THUMB_HEIGHT = 64, 48
THUMB_BYTES = THUMB_WIDTH * THUMB_HEIGHT

CUT_DIFFERENCE = 24.0
"""Mean absolute difference of neighbouring thumbnails, of 255, above which a scene may change."""
CUT_RATIO = 3.0
"""How far above the frame before it a cut must stand, so that a fast pan is not one."""
SHORTEST_SCENE = 8


def analyse(path: Path, probed: Probe, limits: Limits, on_frame: Callable[[int], None] | None = None) -> Facts:
    """Decode every frame once and measure.

    ``on_frame`` is told the number of frames seen, every hundred frames. Raises Refused when not
    one frame decodes.
    """
    with tempfile.TemporaryDirectory(prefix="haloweb-analyse-") as folder:
        stamps_file = Path(folder, "stamps")
        seen = _decode(path, stamps_file, limits, on_frame)
        time_base, stamps = _read_stamps(stamps_file)
    if not stamps:
        raise Refused("Not one frame of this video can be decoded.", detail=seen.complaint)
    count = min(len(stamps), seen.frames)
    timing = base_rate(sorted(set(stamps)), time_base, probed.r_frame_rate, probed.avg_frame_rate)
    duration = timing.frames / timing.rate
    if duration > limits.max_seconds:
        raise Refused(f"The video is {float(duration) / 3600:.1f} hours long, longer than this server takes.")
    matrix, tagged = _matrix(probed)
    return Facts(
        container=probed.container,
        codec=probed.codec,
        width=probed.width,
        height=probed.height,
        sar=probed.sar,
        pix_fmt=probed.pix_fmt,
        matrix=matrix,
        full_range=probed.color_range == "pc" or probed.pix_fmt.startswith("yuvj"),
        colour_tagged=tagged,
        decoded_frames=count,
        rate=timing.rate,
        timing=timing.kind,
        frames=timing.frames,
        first_frame_time=stamps[0] * time_base,
        audio=probed.audio,
        cuts=_at_base_rate(_cuts(seen.differences), stamps, time_base, timing.rate),
        poster_frame=_at_base_rate([seen.poster], stamps, time_base, timing.rate)[0],
        decode_errors=seen.complaints,
    )


@dataclass
class _Seen:
    frames: int
    differences: list[float]
    """Per frame, against the one before it."""
    poster: int
    complaints: int
    complaint: str


def _decode(path: Path, stamps_file: Path, limits: Limits, on_frame: Callable[[int], None] | None) -> _Seen:
    """Timestamps of all frames into a file, thumbnails through a pipe, from one decoder."""
    small = (
        ffmpeg.source(path, limits)["v:0"]
        .filter("scale", THUMB_WIDTH, THUMB_HEIGHT, flags="area")
        .filter("format", "gray")
        .filter_multi_output("split")
    )
    same: dict[str, str | int] = {"fps_mode": "passthrough", "enc_time_base": -1}
    outputs = ffmpeg.both(
        ffmpeg.write(small[0], to=stamps_file, format="framecrc", **same),
        ffmpeg.write(small[1], to="pipe:", format="rawvideo", **same),
    )
    seen = _Seen(0, [], 0, 0, "")
    best = -1.0
    before: NDArray[np.int16] | None = None
    buffer = bytearray(THUMB_BYTES)
    with ffmpeg.reading(outputs, limits=limits, says="The decoder") as process:
        while process.read_into(memoryview(buffer)) == THUMB_BYTES:
            thumb = np.frombuffer(buffer, np.uint8).astype(np.int16)
            seen.differences.append(float(np.abs(thumb - before).mean()) if before is not None else 0.0)
            before = thumb
            if (score := _poster_score(thumb)) > best:
                best, seen.poster = score, seen.frames
            seen.frames += 1
            if on_frame and seen.frames % 100 == 0:
                on_frame(seen.frames)
        with contextlib.suppress(PipelineError):  # what decoded counts, not the exit code
            process.finish()
        seen.complaints, seen.complaint = process.error_lines, process.tail
    return seen


def _read_stamps(path: Path) -> tuple[Fraction, list[int]]:
    """Time base and presentation timestamps from a framecrc file, in display order."""
    time_base = Fraction(1)
    stamps = []
    if path.exists():
        for line in path.read_text().splitlines():
            if line.startswith("#tb 0:"):
                time_base = Fraction(line.split(":")[1].strip())
            elif not line.startswith("#"):
                stamps.append(int(line.split(",")[2]))
    return time_base, stamps


def _poster_score(thumb: NDArray[np.int16]) -> float:
    """Contrast, less what is missing to a middling brightness: no black frames, no white-outs."""
    return float(thumb.std() - abs(thumb.mean() - 110.0) * 0.4)


def _cuts(differences: list[float]) -> list[int]:
    cuts: list[int] = []
    for frame in range(1, len(differences)):
        here, earlier = differences[frame], differences[frame - 1]
        since = frame - (cuts[-1] if cuts else 0)
        if here >= CUT_DIFFERENCE and here >= CUT_RATIO * earlier and since >= SHORTEST_SCENE:
            cuts.append(frame)
    return cuts


def _at_base_rate(frames: list[int], stamps: list[int], time_base: Fraction, rate: Fraction) -> tuple[int, ...]:
    """Numbers of decoded frames as numbers of frames at the base rate."""
    return tuple(round((stamps[frame] - stamps[0]) * time_base * rate) for frame in frames)


def _matrix(probed: Probe) -> tuple[str, bool]:
    """The colour matrix as ffmpeg's scale filter names it, and whether the file said so.

    Files of the time are untagged; standard definition was BT.601, high definition BT.709.
    """
    named = {"bt709": "bt709", "smpte170m": "smpte170m", "bt470bg": "bt470bg", "fcc": "fcc", "smpte240m": "smpte240m"}
    if probed.color_space in named:
        return named[probed.color_space], True
    if probed.color_space in ("bt2020nc", "bt2020c"):
        return "bt2020", True
    is_high_definition = probed.height >= 720 or probed.width >= 1280
    return ("bt709" if is_high_definition else "smpte170m"), False

"""The MP4: at constant quality where that fits, else in two passes at the bit rate that does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.output.output_timing import shown
from upscaler.pipeline.planning.plan import Size
from upscaler.pipeline.programs import ffmpeg, ffprobe
from upscaler.pipeline.render.encode import BT709, KEY_FRAME_SECONDS, Options, in_bt709, tagged

from .drawing import Drawing
from .feed import LOWER_TRIES, feed, feed_up_to, too_large
from .frame_pairs import Part

CRF = 18
"""Best quality of a clip, however much space is left."""
SOUND_BITS = 128_000
"""Bits per second."""
MIN_BITS_PER_PIXEL = 0.05
"""Below it, x264 smears motion: eight seconds of the corpus in 0.9 MB come out at an SSIM of 0.945 with 1280 pixels
across, 0.951 with 1042, and 0.958 with the 880 that this gives. Still fewer gain 0.004, and lose the small letters."""
MIN_BITS = 20_000
"""Bits per second of the video, below which it is unwatchable."""
NARROWEST = 160
AIMED_SHARE = 0.98
"""Share of the limit that is aimed at, since bit rates aren't met exactly."""
SAYS = "The clip to post"


def write_video(drawing: Drawing, target: Path, scratch: Path) -> Size:
    """Write the MP4, of at most the recipe's bytes; returns its size in pixels.

    Raises Refused when nothing gets small enough, PipelineError when ffmpeg fails or frames are missing.
    """
    part, max_bytes = drawing.part, drawing.recipe.most_bytes
    sound = _sound(part) if drawing.recipe.with_sound and _has_sound(drawing) else []
    at_best = _output(drawing, target, sound, {"preset": "medium", "crf": CRF})
    size = feed_up_to(max_bytes, at_best, drawing.frames(), part.count, target, drawing.limits, label=SAYS)
    aim = max_bytes * AIMED_SHARE
    for _ in range(LOWER_TRIES):
        bits = _bits(aim, part, has_sound=bool(sound))
        if size <= max_bytes or bits < MIN_BITS:
            break
        drawing = replace(drawing, width=_affordable(drawing, bits))
        _two_passes(drawing, bits, target, sound, scratch)
        size = target.stat().st_size
        aim *= AIMED_SHARE * min(1, max_bytes / size)
    if size > max_bytes:
        raise too_large(max_bytes, drawing.whole)
    frames = shown(target, drawing.limits).frames
    if frames != part.count:
        raise PipelineError(f"The clip has {frames} frames instead of {part.count}.", permanent=False)
    return drawing.whole


def _two_passes(drawing: Drawing, bits: int, target: Path, sound: list[ffmpeg.Stream], scratch: Path) -> None:
    coding: Options = {"preset": "slow", "b:v": bits, "passlogfile": str(scratch / "pass")}
    first = _output(drawing, None, [], {**coding, "pass": 1})
    second = _output(drawing, target, sound, {**coding, "pass": 2})
    for output in (first, second):
        feed(output, drawing.frames(), drawing.limits, label=SAYS)


def _output(drawing: Drawing, target: Path | None, sound: list[ffmpeg.Stream], coding: Options) -> ffmpeg.Stream:
    """Return the output node; without a target, that of a first pass, which writes no file."""
    part = drawing.part
    pictures = tagged(in_bt709(drawing.node(), None, "bicubic").filter("format", "yuv420p"), BT709)
    pictures = pictures.filter("setsar", "1")
    options: Options = {
        "c:v": "libx264",
        "profile:v": "high",
        "g": max(1, round(part.rate * KEY_FRAME_SECONDS)),
        "flags": "+cgop+bitexact",
        "fflags": "+bitexact",
        "map_metadata": -1,
        "fps_mode": "passthrough",
        **coding,
        **BT709,
    }
    if target is None:
        return ffmpeg.write(pictures, to="pipe:", format="null", **options)
    options |= {"video_track_timescale": part.plan.time_scale, "movflags": "+faststart"}
    options |= {"c:a": "aac", "b:a": SOUND_BITS} if sound else {}
    return ffmpeg.write(pictures, *sound, to=target, format="mp4", **options)


def _sound(part: Part) -> list[ffmpeg.Stream]:
    """Return the clip's track from the part's first frame to the end of its last one, with gaps as silence."""
    lead, end, seconds = (f"{float(at):.6f}" for at in (part.lead, part.lead + part.seconds, part.seconds))
    track = part.opened()["a:0"].filter("atrim", start=lead, end=end).filter("asetpts", f"PTS-{lead}/TB")
    filled = track.filter("aresample", **{"async": 1, "first_pts": 0})
    return [filled.filter("apad").filter("atrim", end=seconds)]


def _has_sound(drawing: Drawing) -> bool:
    streams = ffprobe.probe(drawing.part.clip, drawing.limits, trusted=True)["streams"]
    return any(stream["codec_type"] == "audio" for stream in streams)


def _bits(aim: float, part: Part, *, has_sound: bool) -> int:
    """Return the video's bits per second for a file of ``aim`` bytes."""
    seconds = float(part.seconds)
    tables = 3000 + 16 * part.count + (400 * seconds if has_sound else 0)
    return int((aim - tables) * 8 / seconds) - (SOUND_BITS if has_sound else 0)


def _affordable(drawing: Drawing, bits: int) -> int:
    """Return the largest width with MIN_BITS_PER_PIXEL, at least NARROWEST."""
    largest = replace(drawing, width=None).whole
    pixels = bits / (float(drawing.part.rate) * MIN_BITS_PER_PIXEL)
    share = min(1.0, (pixels / (largest.width * largest.height)) ** 0.5)
    return max(NARROWEST, int(largest.width * share))

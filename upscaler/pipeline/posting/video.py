"""The MP4: as good as a result's copy for browsers where that fits, else two passes at the rate that does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.output.output_timing import shown
from upscaler.pipeline.planning.plan import Size
from upscaler.pipeline.programs import ffmpeg
from upscaler.pipeline.render.encode import BT709, KEY_FRAME_SECONDS, Options, in_bt709, tagged

from .drawing import Drawing
from .feed import LOWER_TRIES, feed, feed_up_to, too_large
from .frame_pairs import Part

CRF = 18
"""No clip is made better than this, however much room there is."""
SOUND_BITS = 128_000
"""A second."""
LEAST_BITS_A_PIXEL = 0.05
"""Below it, x264 smears what moves: eight seconds of the corpus in 0.9 MB come out at an SSIM of 0.945 with 1280 pixels
across, 0.951 with 1042, and 0.958 with the 880 that this gives. Still fewer gain 0.004, and lose the small letters."""
LEAST_BITS = 20_000
"""A second, of pictures: with fewer there is nothing to see."""
NARROWEST = 160
SPARED = 0.98
"""Of the limit: what is aimed at, for a rate is never met to the byte."""
SAYS = "The clip to post"


def write_video(drawing: Drawing, target: Path, scratch: Path) -> Size:
    """Write the MP4, of at most the recipe's bytes; gives its size in pixels.

    Raises Refused when nothing gets small enough, PipelineError when ffmpeg fails or frames are missing.
    """
    part, most = drawing.part, drawing.recipe.most_bytes
    sound = _sound(part) if drawing.recipe.with_sound and _has_sound(drawing) else []
    at_best = _output(drawing, target, sound, {"preset": "medium", "crf": CRF})
    size = feed_up_to(most, at_best, drawing.frames(), part.count, target, drawing.limits, says=SAYS)
    aim = most * SPARED
    for _ in range(LOWER_TRIES):
        bits = _bits(aim, part, has_sound=bool(sound))
        if size <= most or bits < LEAST_BITS:
            break
        drawing = replace(drawing, width=_affordable(drawing, bits))
        _two_passes(drawing, bits, target, sound, scratch)
        size = target.stat().st_size
        aim *= SPARED * min(1, most / size)
    if size > most:
        raise too_large(most, drawing.whole)
    found = shown(target, drawing.limits).frames
    if found != part.count:
        raise PipelineError(f"The clip has {found} frames instead of {part.count}.", permanent=False)
    return drawing.whole


def _two_passes(drawing: Drawing, bits: int, target: Path, sound: list[ffmpeg.Stream], scratch: Path) -> None:
    coding: Options = {"preset": "slow", "b:v": bits, "passlogfile": str(scratch / "pass")}
    first = _output(drawing, None, [], {**coding, "pass": 1})
    second = _output(drawing, target, sound, {**coding, "pass": 2})
    for output in (first, second):
        feed(output, drawing.frames(), drawing.limits, says=SAYS)


def _output(drawing: Drawing, target: Path | None, sound: list[ffmpeg.Stream], coding: Options) -> ffmpeg.Stream:
    """The output node; without a target, of a first pass, which writes no file."""
    part = drawing.part
    seen = tagged(in_bt709(drawing.node(), None, "bicubic").filter("format", "yuv420p"), BT709).filter("setsar", "1")
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
        return ffmpeg.write(seen, to="pipe:", format="null", **options)
    options |= {"video_track_timescale": part.plan.time_scale, "movflags": "+faststart"}
    options |= {"c:a": "aac", "b:a": SOUND_BITS} if sound else {}
    return ffmpeg.write(seen, *sound, to=target, format="mp4", **options)


def _sound(part: Part) -> list[ffmpeg.Stream]:
    """The clip's track from the part's first frame to the end of its last one, with silence where it has nothing."""
    lead, end, seconds = (f"{float(at):.6f}" for at in (part.lead, part.lead + part.seconds, part.seconds))
    track = part.opened()["a:0"].filter("atrim", start=lead, end=end).filter("asetpts", f"PTS-{lead}/TB")
    filled = track.filter("aresample", **{"async": 1, "first_pts": 0})
    return [filled.filter("apad").filter("atrim", end=seconds)]


def _has_sound(drawing: Drawing) -> bool:
    streams = ffmpeg.probe(drawing.part.clip, drawing.limits, trusted=True)["streams"]
    return any(stream["codec_type"] == "audio" for stream in streams)


def _bits(aim: float, part: Part, *, has_sound: bool) -> int:
    """A second, for the pictures, out of so many bytes for the whole file."""
    seconds = float(part.seconds)
    tables = 3000 + 16 * part.count + (400 * seconds if has_sound else 0)
    return int((aim - tables) * 8 / seconds) - (SOUND_BITS if has_sound else 0)


def _affordable(drawing: Drawing, bits: int) -> int:
    """How wide the clip can be with LEAST_BITS_A_PIXEL; no less than NARROWEST."""
    largest = replace(drawing, width=None).whole
    pixels = bits / (float(drawing.part.rate) * LEAST_BITS_A_PIXEL)
    share = min(1.0, (pixels / (largest.width * largest.height)) ** 0.5)
    return max(NARROWEST, int(largest.width * share))

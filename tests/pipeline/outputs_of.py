"""Results as the tests of the outputs need them: made by the real encoder, without analyse or a network."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from tests.clips import make_clip
from tests.pipeline.conftest import Planned
from tests.pipeline.facts_of import facts_of
from upscaler.pipeline.core.frame import Frame
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.recipe import Recipe
from upscaler.pipeline.core.stream_facts import AudioStream
from upscaler.pipeline.networks.backends.nearest import NearestBackend
from upscaler.pipeline.output.assemble import assemble
from upscaler.pipeline.planning.plan import Plan, make_plan
from upscaler.pipeline.render.decode import Decoder
from upscaler.pipeline.render.encode import Encoder

FRAMES, SCALE = 20, 4
LIMITS = Limits(stall_seconds=30)


def work_of(source: Path, recipe: Recipe, *, scale: int = SCALE, segment_frames: int = 8, **facts: Any) -> Planned:
    """A clip of make_clip's with ``FRAMES`` frames at 25 a second, cut into segments."""
    usual: dict[str, Any] = {
        "width": 64,
        "height": 48,
        "rate": Fraction(25),
        "frames": FRAMES,
        "decoded_frames": FRAMES,
        "first_frame_time": Fraction(0),
        "cuts": (),
        "audio": (),
    }
    found = facts_of(**usual | facts)
    plan = make_plan(found, recipe, scale, LIMITS, segment_frames=segment_frames)
    return Planned(source, found, replace(plan, keep_colours=False))


def clip_of(folder: Path, ending: str = "mkv", **options: Any) -> Path:
    usual: dict[str, Any] = {"frames": FRAMES, "rate": "25", "sound": None}
    return make_clip(folder / f"clip.{ending}", **usual | options)


def sound(codec: str, index: int = 0, *, language: str = "", title: str = "") -> AudioStream:
    return AudioStream(index, codec, 44100, 1, language, title)


def enlarged(work: Planned) -> list[Frame]:
    """What the nearest-neighbour network makes of each frame of the plan, whatever encodes them. Not to be changed."""
    return _enlarged(work.source, replace(work.plan, preset="h264", segments=()))


@lru_cache(2)
def _enlarged(source: Path, plan: Plan) -> list[Frame]:
    backend = NearestBackend(plan.scale)
    with Decoder(source, plan, LIMITS) as frames:
        return [backend.upscale(frame[None])[0] for frame in frames]


def segments_of(work: Planned, folder: Path, *, with_playable: bool = False) -> list[Path]:
    pictures = enlarged(work)
    paths = []
    for number, (start, end) in enumerate(work.plan.segments):
        path = folder / f"{number}.mp4"
        with Encoder(path, work.plan, LIMITS, start=start, end=end, with_playable=with_playable) as encoder:
            for frame in pictures[start:end]:
                encoder.write(frame)
            encoder.finish()
        paths.append(path)
    return paths


def result_of(work: Planned, folder: Path, ending: str) -> Path:
    folder.mkdir(exist_ok=True)
    target = folder / f"result.{ending}"
    assemble(work.source, work.facts, work.plan, segments_of(work, folder), target, LIMITS)
    return target


def probed(path: Path) -> dict[str, Any]:
    command = ["ffprobe", "-v", "error", "-show_format", "-show_streams", "-show_chapters", "-of", "json", str(path)]
    found: dict[str, Any] = json.loads(subprocess.check_output(command, timeout=60))
    return found


def pixels_of(path: Path, width: int, height: int) -> list[Frame]:
    """Every frame as RGB, with the matrix that the file says."""
    raw = subprocess.check_output(
        ["ffmpeg", "-v", "error", "-i", str(path), "-map", "0:v:0", "-vf", "scale=flags=accurate_rnd+full_chroma_int",
         "-fps_mode", "passthrough", "-pix_fmt", "rgb24", "-f", "rawvideo", "-"],
        timeout=60,
    )  # fmt: skip
    return list(np.frombuffer(raw, np.uint8).reshape(-1, height, width, 3))

"""Sources rendered by nearest neighbour, and the frames of what came of them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.clips import ffmpeg
from tests.numbered import Picture
from tests.pipeline.conftest import Planned
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.networks.backends.nearest import NearestBackend
from upscaler.pipeline.output.assemble import assemble
from upscaler.pipeline.planning.plan import Size
from upscaler.pipeline.render.segments import Renderer

Plans = Callable[..., Planned]
"""What the fixture ``planned`` is."""


def render_all(work: Planned, folder: Path, limits: Limits) -> Path:
    """Render every segment of a plan and assemble them; return the result."""
    segments = [folder / f"segment-{number}.mp4" for number in range(len(work.plan.segments))]
    with Renderer(work.source, work.plan, NearestBackend(4), limits) as renderer:
        for (start, end), path in zip(work.plan.segments, segments, strict=True):
            renderer.render(start, end, path, lambda *_: None)
    target = folder / "result.mp4"
    assemble(work.source, work.facts, work.plan, segments, target, limits)
    return target


def enlarged(planned: Planned, target: Path) -> Path:
    """What the job would have made, by the plan's own filters and nearest neighbour."""
    plan = planned.plan
    trim = f"trim=start_frame={plan.first_frame}:end_frame={plan.first_frame + plan.frame_count},setpts=PTS-STARTPTS"
    rate = f"fps={plan.rate}"  # from ffmpeg 6.1 on, setpts leaves no rate, and the last frame no duration
    scale = f"scale={plan.output.width}:{plan.output.height}:flags=neighbor:out_color_matrix=bt709"
    ffmpeg(
        "-i",
        planned.source,
        "-vf",
        f"{trim},{rate},{scale}",
        "-an",
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        "-crf",
        "8",
        target,
    )
    return target


def frames_of(clip: Path, size: Size) -> list[Picture]:
    command: list[str | Path] = [
        "ffmpeg",
        "-v",
        "error",
        "-i",
        clip,
        "-f",
        "rawvideo",
        "-pix_fmt",
        "rgb24",
        "-fps_mode",
        "passthrough",
        "-",
    ]
    raw = subprocess.run(command, check=True, capture_output=True, timeout=60).stdout
    return list(np.frombuffer(raw, np.uint8).reshape(-1, size.height, size.width, 3))

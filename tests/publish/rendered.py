"""Segments as a worker leaves them, and playlists as players read them."""

from __future__ import annotations

import hashlib
import json
import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from tests import factories
from tests.publish.conftest import Ask
from upscaler.models import Job, SegmentState
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.planning.plan import Plan
from upscaler.pipeline.render.encode import Encoder, playable_path


def render(job: Job, *indexes: int) -> None:
    """Have these segments rendered, of pictures that all look different."""
    for segment in job.segments.filter(index__in=indexes):
        key = f"{job.folder}/segments/{segment.index}-1.mp4"
        content, playable = _encoded(job.plan, segment.start, segment.end)
        factories.store(key, content)
        if playable is not None:
            factories.store(str(playable_path(Path(key))), playable)
        segment.state, segment.key, segment.size = SegmentState.DONE, key, len(content)
        segment.sha256 = hashlib.sha256(content).hexdigest()
        segment.save()


@cache
def _encoded(plan: Plan, start: int, end: int) -> tuple[bytes, bytes | None]:
    """A segment's file and its copy for browsers, if it needs one; the same for every job of this plan."""
    with TemporaryDirectory() as folder:
        target = Path(folder, "segment.mp4")
        with Encoder(target, plan, Limits(stall_seconds=30), start=start, end=end) as encoder:
            for number in range(start, end):
                encoder.write(np.full((plan.network.height, plan.network.width, 3), 8 * number, np.uint8))
            encoder.finish()
        copy = playable_path(target)
        return target.read_bytes(), copy.read_bytes() if copy.exists() else None


def addresses_of(playlist: str) -> list[str]:
    """The files of a playlist, in its order."""
    return [line for line in playlist.splitlines() if line and not line.startswith("#")]


async def times_of(ask: Ask, playlist: str, folder: Path) -> list[float]:
    """When ffprobe would show each frame, in seconds. The files are asked for as a player asks for them."""
    for address in addresses_of(playlist):
        content = (await ask(address)).content
        (folder / Path(address).name).write_bytes(content)
        playlist = playlist.replace(address, Path(address).name)
    if "#EXT-X-ENDLIST" not in playlist:
        playlist += "#EXT-X-ENDLIST\n"
    (folder / "local.m3u8").write_text(playlist)
    command = ["ffprobe", "-v", "error", "-show_entries", "frame=pts_time", "-of", "json", str(folder / "local.m3u8")]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert answer.stderr == ""
    return [float(frame["pts_time"]) for frame in json.loads(answer.stdout)["frames"]]

"""Late frames of long videos: sought where that is exact, counted where it isn't."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.training.recordings import Pixels, record
from upscaler.pipeline.core.limits import Limits
from upscaler.training.captures.frame_selection import runs
from upscaler.training.captures.frames import truth_frames
from upscaler.training.captures.probe import probe_capture
from upscaler.training.captures.video_frames import FAR
from upscaler.training.core.capture import Burst, Capture

LIMITS = Limits()
COUNT = 960
NUMBERS = (600, 917, 918, 959)
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-bf", "3", "-g", "250", "-pix_fmt", "yuv444p")
MPEG2 = ("-c:v", "mpeg2video", "-q:v", "2", "-g", "60", "-bf", "2", "-pix_fmt", "yuv420p")


def numbered() -> list[Pixels]:
    """Frames whose number is written in black and white squares, so that codecs can't change it."""
    frames = []
    for number in range(COUNT):
        bits = np.array([number >> place & 1 for place in range(16)], np.uint8).reshape(4, 4)
        frames.append(np.repeat(np.kron(bits * 255, np.ones((16, 16), np.uint8))[..., None], 3, axis=2))
    return frames


def number_of(frame: Pixels) -> int:
    bits = frame[8::16, 8::16, 1].reshape(-1) > 127
    return int(sum(int(bit) << place for place, bit in enumerate(bits)))


def found(capture: Capture) -> list[tuple[int, int]]:
    return [
        (number, number_of(frame)) for number, frame in truth_frames(capture, [Burst(n, 1) for n in NUMBERS], LIMITS)
    ]


@pytest.mark.parametrize(
    ("name", "options", "rate", "is_sought"),
    [
        ("clip.mkv", H264, "30", True),
        ("clip.mp4", H264, "60000/1001", True),
        ("clip.mpg", MPEG2, "25", None),
        ("clip.mkv", ("-vf", "setpts='PTS+if(gt(N,700),0.4/TB,0)'", "-fps_mode", "vfr", *H264), "30", False),
    ],
)
def test_every_frame_is_the_one_of_its_number(
    tmp_path: Path, name: str, options: tuple[str, ...], rate: str, is_sought: bool | None
) -> None:
    capture = probe_capture(record(tmp_path / name, numbered(), *options, rate=rate), LIMITS)

    assert capture.frames == COUNT
    if is_sought is not None:
        assert (capture.first_time is not None) is is_sought
    assert found(capture) == [(number, number) for number in NUMBERS]
    assert found(replace(capture, first_time=None)) == [(number, number) for number in NUMBERS]


def test_bursts_far_apart_are_separate_runs_and_near_ones_are_one() -> None:
    near, far = Burst(100 + FAR, 5), Burst(200 + 3 * FAR, 1)

    assert runs([Burst(0, 100), near, far], FAR) == [(Burst(0, 100), near), (far,)]
    assert len(runs([Burst(0, 100), near, far])) == 1

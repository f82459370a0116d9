"""The lag between two recordings."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.clips import ffmpeg, make_clip
from tests.pipeline.conftest import Planned
from upscaler.pipeline import sound
from upscaler.pipeline.limits import Limits
from upscaler.pipeline.sound import RATE, Window

NOISE = np.random.default_rng(3).normal(0, 3000, RATE * 6).astype(np.float32)


@pytest.mark.parametrize("lag_ms", [0, 5, -5, 10, 34, -750, 900])
def test_the_lag_is_found(lag_ms: int) -> None:
    samples = lag_ms * RATE // 1000
    here = Window(Fraction(-2), NOISE[RATE : RATE * 4])
    there = Window(here.start, NOISE[RATE - samples : RATE * 4 - samples])
    assert sound.shift(here, there) == Fraction(lag_ms, 1000)


def test_windows_that_begin_at_other_times_are_compared_by_the_clock() -> None:
    here = Window(Fraction(1), NOISE[RATE : RATE * 3])
    there = Window(Fraction(0), NOISE)
    assert sound.shift(here, there) == 0


def test_a_silent_clip_has_no_loudest_window(tmp_path: Path, planned: Callable[..., Planned], limits: Limits) -> None:
    quiet = tmp_path / "quiet.avi"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x48:duration=2", "-f", "lavfi", "-i", "anullsrc", "-t", "2", quiet)
    assert sound.loudest_window(quiet, planned(quiet).plan, limits) is None


def test_the_window_is_counted_from_the_first_frame(
    tmp_path: Path, planned: Callable[..., Planned], limits: Limits
) -> None:
    source = make_clip(tmp_path / "clip.mkv", frames=60, sound_late=0.5)
    window = sound.loudest_window(source, planned(source).plan, limits)
    assert window is not None
    silent = int(np.argmax(np.abs(window.samples) > 100))
    assert abs(float(window.start) + silent / RATE - 0.5) < 0.01

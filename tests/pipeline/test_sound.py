"""The lag between two recordings."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.clips import ffmpeg, make_clip
from tests.listening import sound_shift_ms
from tests.pipeline.conftest import Planned
from tests.pipeline.test_assemble import whole
from upscaler.pipeline import sound
from upscaler.pipeline.limits import Limits
from upscaler.pipeline.sound import RATE, Window
from upscaler.pipeline.verify import verify

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
    assert sound.loud_windows(quiet, planned(quiet).plan, limits) == []


def test_the_window_is_counted_from_the_first_frame(
    tmp_path: Path, planned: Callable[..., Planned], limits: Limits
) -> None:
    source = make_clip(tmp_path / "clip.mkv", frames=60, sound_late=0.5)
    window = sound.loud_windows(source, planned(source).plan, limits)[0]
    silent = int(np.argmax(np.abs(window.samples) > 100))
    assert abs(float(window.start) + silent / RATE - 0.5) < 0.01


@pytest.mark.parametrize("lag_ms", [0, 5, -5, 34])
def test_sound_that_repeats_itself_has_moved_by_as_little_as_it_can_have(lag_ms: int) -> None:
    """A loop of half a second, whose encoder made noise: every half second is a peak."""
    loop = np.tile(NOISE[: RATE // 2], 12)
    samples = lag_ms * RATE // 1000
    there = loop + np.random.default_rng(4).normal(0, 100, loop.size).astype(np.float32)
    here = Window(Fraction(-2), loop[RATE * 2 : RATE * 4])
    window = Window(Fraction(-4), there[:-samples] if samples > 0 else there[-samples:])
    moved = Window(window.start + Fraction(max(0, samples), RATE), window.samples)
    assert sound.shift(here, moved) == Fraction(lag_ms, 1000)


@pytest.mark.parametrize("tone", ["sine=440", "aevalsrc='0.6*sin(2*PI*60*t)*exp(-12*mod(t,0.5))'"])
@pytest.mark.parametrize("codec", ["aac", "libmp3lame", "wmav2"])
def test_a_tone_or_a_loop_that_was_not_moved_passes(
    tone: str, codec: str, tmp_path: Path, planned: Callable[..., Planned], limits: Limits
) -> None:
    source = tmp_path / "clip.mkv"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25:duration=12", "-f", "lavfi", "-i", f"{tone}:d=12",
           "-c:v", "mpeg4", "-c:a", codec, source)  # fmt: skip
    work = planned(source)
    verified = verify(work.source, work.facts, work.plan, whole(work, tmp_path, limits), limits)
    assert verified.audio_shift_ms is not None
    assert abs(verified.audio_shift_ms) <= 2


def test_a_gap_of_eighty_milliseconds_in_a_track_that_is_encoded_anew_is_kept(
    tmp_path: Path, planned: Callable[..., Planned], limits: Limits
) -> None:
    even, source = tmp_path / "even.mkv", tmp_path / "clip.mkv"
    noise = "anoisesrc=duration=6:amplitude=0.4:seed=2"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25:duration=7", "-f", "lavfi", "-i", noise,
           "-c:v", "mpeg4", "-c:a", "ac3", even)  # fmt: skip
    ffmpeg("-i", even, "-c", "copy", "-bsf:a", "setts=ts='TS+gte(TS,3000)*80'", source)

    work = planned(source)
    result = whole(work, tmp_path, limits)
    verified = verify(work.source, work.facts, work.plan, result, limits)

    assert verified.audio_shift_ms is not None
    assert abs(verified.audio_shift_ms) <= 10
    assert abs(sound_shift_ms(even, result, window=(0.5, 2.5))) <= 10
    assert abs(sound_shift_ms(even, result, window=(3.5, 5.5)) - 80) <= 10


def test_a_gap_that_was_lost_is_found() -> None:
    """The late window is out of place where the early one is not."""
    whole = Window(Fraction(0), NOISE)
    closed = Window(Fraction(0), np.concatenate((NOISE[: RATE * 3], NOISE[RATE * 3 + RATE // 10 :])))
    early, late = Window(Fraction(1), NOISE[RATE : RATE * 2]), Window(Fraction(4), NOISE[RATE * 4 : RATE * 5])
    assert (sound.shift(early, closed), sound.shift(late, closed)) == (0, Fraction(-1, 10))
    assert sound.shift(late, whole) == 0

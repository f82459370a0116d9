"""The lag between two recordings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.clips import ffmpeg, make_clip
from tests.listening import sound_shift_ms
from tests.pipeline.conftest import LIMITS, Planned
from tests.pipeline.rendering import render_all
from upscaler.pipeline.core.input_options import DEFAULT_INPUT
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.output.checks.sound import RATE, Samples, Window, compared, loud_windows
from upscaler.pipeline.output.verify import verify
from upscaler.pipeline.tracks.sound_frames import decode_sound_frames

NOISE = np.random.default_rng(3).normal(0, 3000, RATE * 6).astype(np.float32)


def windows_of(source: Path) -> list[Window]:
    """The loudest of a clip whose clock is its own."""
    frames = decode_sound_frames(source, DEFAULT_INPUT, 0, LIMITS)
    return loud_windows(source, DEFAULT_INPUT, 0, frames, (), (0.0, 1e9), LIMITS)


def lag(original: Window, start: float, result: Samples) -> float:
    """Milliseconds by which a recording, which begins at ``start``, is late."""
    return compared(original, Window(start, result)).late * 1000


@pytest.mark.parametrize("lag_ms", [0, 5, -5, 10, 34, -750, 900])
def test_the_lag_is_found(lag_ms: int) -> None:
    samples = lag_ms * RATE // 1000
    here = Window(-2.0, NOISE[RATE : RATE * 4])
    found = compared(here, Window(-2.0, NOISE[RATE - samples : RATE * 4 - samples]))
    assert found.late == pytest.approx(lag_ms / 1000)
    assert found.similarity > 0.5


def test_windows_that_begin_at_other_times_are_compared_by_the_clock() -> None:
    assert lag(Window(1.0, NOISE[RATE : RATE * 3]), 0.0, NOISE) == 0


def test_what_comes_again_behind_the_search_is_not_taken_for_the_sound_itself() -> None:
    """A burst, and the same burst 2.2 s later: lags of both signs must not meet in the transform."""
    burst = np.concatenate((np.zeros(RATE // 2, np.float32), NOISE[: RATE // 2]))
    twice = np.concatenate((burst, np.zeros(RATE * 6 // 5, np.float32), burst))
    assert lag(Window(0.0, burst), 0.0, twice) == 0


def test_another_pitch_is_another_sound() -> None:
    times = np.arange(RATE) / RATE
    here, there = (10000 * np.sin(2 * np.pi * pitch * times).astype(np.float32) for pitch in (1000, 918))
    assert compared(Window(0.0, here), Window(0.0, here)).similarity > 0.9
    assert compared(Window(0.0, here), Window(0.0, there)).similarity < 0.2


def test_a_silent_clip_has_no_loudest_window(tmp_path: Path) -> None:
    quiet = tmp_path / "quiet.avi"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x48:duration=2", "-f", "lavfi", "-i", "anullsrc", "-t", "2", quiet)
    assert windows_of(quiet) == []


def test_a_window_has_the_time_that_the_file_gives_it(tmp_path: Path) -> None:
    late = windows_of(make_clip(tmp_path / "late.mkv", frames=60, sound_late=0.5))[0]
    silent = int(np.argmax(np.abs(late.samples) > 100))
    assert abs(late.start + silent / RATE - 0.5) < 0.03


@pytest.mark.parametrize("lag_ms", [0, 5, -5, 34])
def test_sound_that_repeats_itself_has_moved_by_as_little_as_it_can_have(lag_ms: int) -> None:
    """A loop of half a second, whose encoder made noise: every half second is a peak."""
    loop = np.tile(NOISE[: RATE // 2], 12)
    samples = lag_ms * RATE // 1000
    there = loop + np.random.default_rng(4).normal(0, 100, loop.size).astype(np.float32)
    here = Window(-2.0, loop[RATE * 2 : RATE * 4])
    moved = there[:-samples] if samples > 0 else there[-samples:]
    assert lag(here, -4.0 + max(0, samples) / RATE, moved) == pytest.approx(lag_ms)


@pytest.mark.parametrize("tone", ["sine=440", "aevalsrc='0.6*sin(2*PI*60*t)*exp(-12*mod(t,0.5))'"])
@pytest.mark.parametrize("codec", ["aac", "libmp3lame", "wmav2"])
def test_a_tone_or_a_loop_that_was_not_moved_passes(
    tone: str, codec: str, tmp_path: Path, planned: Callable[..., Planned], limits: Limits
) -> None:
    source = tmp_path / "clip.mkv"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25:duration=12", "-f", "lavfi", "-i", f"{tone}:d=12",
           "-c:v", "mpeg4", "-c:a", codec, source)  # fmt: skip
    work = planned(source)
    verified = verify(work.source, work.facts, work.plan, render_all(work, tmp_path, limits), limits)
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
    result = render_all(work, tmp_path, limits)
    verified = verify(work.source, work.facts, work.plan, result, limits)

    assert verified.audio_shift_ms is not None
    assert abs(verified.audio_shift_ms) <= 10
    assert abs(sound_shift_ms(even, result, window=(0.5, 2.5))) <= 10
    assert abs(sound_shift_ms(even, result, window=(3.5, 5.5)) - 80) <= 10


def test_a_gap_that_was_lost_is_found() -> None:
    """The late window is out of place where the early one is not."""
    closed = np.concatenate((NOISE[: RATE * 3], NOISE[RATE * 3 + RATE // 10 :]))
    early, late = Window(1.0, NOISE[RATE : RATE * 2]), Window(4.0, NOISE[RATE * 4 : RATE * 5])
    assert (lag(early, 0.0, closed), lag(late, 0.0, closed)) == (0, -100)
    assert lag(late, 0.0, NOISE) == 0

"""Lengths of time, and positions in a video."""

from __future__ import annotations

from fractions import Fraction

import pytest

from upscaler.wording.durations import clock, clock_with_tenths, moment


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, ""), (0, "0:00"), (93.4, "1:33"), (Fraction(7385), "2:03:05"), (59.6, "1:00")]
)
def test_a_duration_has_hours_only_from_an_hour_on(seconds: float | None, text: str) -> None:
    assert clock(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [("0", "0:00.0"), ("83.44", "1:23.4"), ("3599.96", "1:00:00.0"), ("7384.5", "2:03:04.5")]
)
def test_times_are_read_as_on_a_clock(seconds: str, text: str) -> None:
    assert clock_with_tenths(Fraction(seconds)) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.0, "0.0 s"), (1.27, "1.3 s"), (59.9, "59.9 s"), (59.97, "1:00"), (93.4, "1:33")]
)
def test_moments_of_a_short_clip_differ(seconds: float, text: str) -> None:
    assert moment(seconds) == text

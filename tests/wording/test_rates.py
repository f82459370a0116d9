"""Frame rates, speeds and parts of a whole."""

from __future__ import annotations

from fractions import Fraction

import pytest

from upscaler.wording.proportions import percent, proportion
from upscaler.wording.rates import rate, speed


@pytest.mark.parametrize(
    ("value", "text"), [(Fraction(30), "30"), (Fraction(30000, 1001), "29.97"), (Fraction(25, 2), "12.5")]
)
def test_a_rate_has_no_needless_decimals(value: Fraction, text: str) -> None:
    assert rate(value) == text


@pytest.mark.parametrize(("fps", "text"), [(0.123, "0.12 frames/s"), (9.5, "9.50 frames/s"), (10, "10.0 frames/s")])
def test_a_slow_speed_has_two_decimals(fps: float, text: str) -> None:
    assert speed(fps) == text


@pytest.mark.parametrize(("done", "total", "whole"), [(0, 0, 0), (999, 1000, 99), (1000, 1000, 100), (3, 2, 100)])
def test_percent_is_100_only_at_the_end(done: int, total: int, whole: int) -> None:
    assert percent(done, total) == whole


@pytest.mark.parametrize(("part", "text"), [(500, "Half"), (120, "12%"), (9, "9"), (1000, "100%")])
def test_a_small_proportion_is_a_number(part: int, text: str) -> None:
    assert proportion(part, 1000) == text

"""Facts."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

from tests.pipeline.facts_of import PLAIN, facts_of
from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.repeats import Repeats


@pytest.mark.parametrize(
    "facts", [PLAIN, facts_of(audio=(), cuts=(), sar=Fraction(200, 219), rate=Fraction(30000, 1001))]
)
def test_facts_survive_json(facts: Facts) -> None:
    assert Facts.from_json(json.loads(json.dumps(facts.to_json()))) == facts


def test_a_missing_fact_is_an_error() -> None:
    data = PLAIN.to_json()
    del data["rate"]
    with pytest.raises(KeyError, match="rate"):
        Facts.from_json(data)


def test_the_duration_is_exact() -> None:
    assert facts_of(frames=300, rate=Fraction(30000, 1001)).duration == Fraction(1001, 100)


def test_the_display_width_is_in_square_pixels() -> None:
    assert facts_of(width=720, height=480, sar=Fraction(8, 9)).display_width == 640


def test_repeats_are_counted_and_cut_without_a_list_of_them() -> None:
    numbers = {1, 2, 7, 8, 9, 63, 64, 1000}
    repeats = Repeats.of(numbers)
    assert (repeats.count, repeats.numbers()) == (8, numbers)
    for start, end in [(0, 2000), (0, 9), (7, 65), (8, 9), (1000, 1001), (65, 900)]:
        within = Repeats.of(number - start for number in numbers if start < number < end)
        assert repeats.within(start, end) == within
        assert within.count == len(within.numbers())

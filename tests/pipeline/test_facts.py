"""Facts."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

from tests.pipeline.facts_of import PLAIN, facts_of
from upscaler.pipeline.facts import Facts


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

"""Borders, fields, colours, filters, counts and lists."""

from __future__ import annotations

import pytest

from upscaler.pipeline.core.facts import Border
from upscaler.pipeline.core.recipe import CHOICES, NUMBER_PATTERNS
from upscaler.wording.counts import count_of, list_of
from upscaler.wording.filters import CUSTOM, FILTERS
from upscaler.wording.pictures import border, matrix


@pytest.mark.parametrize(
    ("sides", "text"),
    [
        (Border(top=30, bottom=30), "30 px at the top and bottom"),
        (Border(left=8), "8 px at the left"),
        (
            Border(left=24, top=18, right=24, bottom=2),
            "24 px at the left and right, 18 px at the top and 2 px at the bottom",
        ),
    ],
)
def test_sides_of_one_width_are_named_together(sides: Border, text: str) -> None:
    assert border(sides) == text


def test_an_unknown_matrix_keeps_its_own_name() -> None:
    assert [matrix("bt470bg"), matrix("ycgco")] == ["BT.601 (PAL)", "ycgco"]


def test_every_value_of_every_filter_has_a_label() -> None:
    custom = {name: {CUSTOM} if name in NUMBER_PATTERNS else set() for name in CHOICES}
    expected = {name: set(values) - {"auto"} | custom[name] for name, values in CHOICES.items()}
    assert {name: set(words.values) for name, words in FILTERS.items()} == expected


@pytest.mark.parametrize(("number", "text"), [(0, "0 videos"), (1, "1 video"), (1200, "1,200 videos")])
def test_a_count_agrees_with_its_noun(number: int, text: str) -> None:
    assert count_of(number, "video") == text


def test_irregular_plurals_are_given() -> None:
    assert count_of(2, "reply", "replies") == "2 replies"


@pytest.mark.parametrize(("words", "text"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")])
def test_a_list_ends_with_and(words: list[str], text: str) -> None:
    assert list_of(words) == text

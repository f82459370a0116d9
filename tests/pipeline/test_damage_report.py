"""What was wrong with a source, in sentences."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from tests.pipeline.facts_of import facts_of
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.recipe import Recipe
from upscaler.pipeline.core.stream_facts import AudioStream
from upscaler.pipeline.core.timeline import Gap
from upscaler.pipeline.output.damage_report import warnings
from upscaler.pipeline.planning.plan import make_plan

GAP = Gap(frame=150, time=Fraction(4), seconds=Fraction(1))


def said(trim: tuple[int, int] | None = None, **changes: Any) -> list[str]:
    facts = facts_of(**changes)
    return warnings(facts, make_plan(facts, Recipe(trim=trim), 4, Limits()))


def test_a_whole_source_needs_no_words() -> None:
    assert said() == []


def test_a_gap_is_named_with_its_time() -> None:
    (sentence,) = said(gaps=(GAP,))
    assert sentence.startswith("The source has no frames from 0:04.0 to 0:05.0: the frame before is held")


@pytest.mark.parametrize(("trim", "count"), [((0, 60), 0), ((130, 200), 1), ((151, 300), 0), ((100, 121), 1)])
def test_a_trim_hears_only_of_the_gaps_in_it(trim: tuple[int, int], count: int) -> None:
    assert len(said(trim, gaps=(GAP,))) == count


def test_a_missing_end_is_named_with_its_time() -> None:
    (sentence,) = said(declared_seconds=Fraction(14046, 1000))
    assert sentence.startswith("The file ends 4.0 s before its declared end, at 0:10.0")


def test_frames_that_an_avi_lists_and_does_not_hold_are_counted() -> None:
    assert said(listed_frames=302) == []
    assert said(listed_frames=314) == ["14 of the 314 frames that the file lists are missing."]


@pytest.mark.parametrize(("count", "words"), [(1, "one error"), (2, "2 errors"), (1234, "1,234 errors")])
def test_errors_of_the_decoder_are_counted(count: int, words: str) -> None:
    (sentence,) = said(decode_errors=count)
    assert f"reported {words} in the source" in sentence


def test_a_track_that_is_left_out_is_named() -> None:
    (sentence,) = said(audio=(AudioStream(1, "unknown", 0, 0, "", "", silent="HaloWeb has no decoder for it"),))
    assert sentence == "Sound track 2 (unknown) is left out: HaloWeb has no decoder for it."

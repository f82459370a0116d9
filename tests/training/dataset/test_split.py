"""Training and held-out: by map, decided by people or by every fifth map."""

from __future__ import annotations

from pathlib import Path

import pytest

from upscaler.pipeline.core.errors import Refused
from upscaler.training.core.capture import Capture, CaptureKind, Split
from upscaler.training.dataset.split import check_split, decide_split


def capture(capture_id: str, map_name: str = "", split: Split = Split.TRAINING) -> Capture:
    return Capture(capture_id, Path(), CaptureKind.PICTURES, 64, 64, None, 1, map=map_name, split=split)


def held_out(sides: dict[str, Split]) -> set[str]:
    return {capture_id for capture_id, side in sides.items() if side is Split.HELD_OUT}


@pytest.mark.parametrize(("maps", "expected"), [(1, set()), (2, {"b"}), (5, {"e"}), (11, {"e", "j"})])
def test_every_fifth_map_is_held_out_where_nothing_is_said(maps: int, expected: set[str]) -> None:
    captures = [capture(letter, f"map {letter}") for letter in "abcdefghijk"[:maps]]

    assert held_out(decide_split(captures)) == expected


def test_all_captures_of_a_map_are_on_one_side_whatever_its_case() -> None:
    captures = [capture("one", "Rat Race"), capture("two", "rat race "), capture("three", "Chill Out")]

    sides = decide_split(captures)

    assert held_out(sides) == {"one", "two"}


def test_a_capture_without_a_map_is_a_map_of_its_own() -> None:
    assert held_out(decide_split([capture("one"), capture("two")])) == {"two"}


def test_what_people_chose_stays_and_nothing_else_is_held_out() -> None:
    captures = [capture(letter, f"map {letter}") for letter in "abcdefghij"] + [capture("a2", "map a")]

    assert held_out(decide_split(captures, {"a": Split.HELD_OUT})) == {"a", "a2"}
    assert held_out(decide_split(captures, {"e": Split.TRAINING})) == {"f"}


def test_a_dataset_of_one_map_is_refused_with_what_to_do() -> None:
    with pytest.raises(Refused, match=r"are of one map \(rat race\).* Add a capture of another map\."):
        check_split([capture("one", "Rat Race"), capture("two", "Rat Race")])


@pytest.mark.parametrize(("side", "words"), [(Split.TRAINING, "held out to evaluate"), (Split.HELD_OUT, "trained on")])
def test_a_split_with_an_empty_side_is_refused(side: Split, words: str) -> None:
    with pytest.raises(Refused, match=f"No capture is {words}"):
        check_split([capture("one", "a", side), capture("two", "b", side)])


def test_a_map_on_both_sides_is_refused() -> None:
    with pytest.raises(Refused, match="map a is trained on and held out at once"):
        check_split([capture("one", "a"), capture("two", "A", Split.HELD_OUT), capture("three", "b")])


def test_a_split_by_maps_passes() -> None:
    captures = [capture("one", "a"), capture("two", "b", Split.HELD_OUT)]
    check_split(captures)

    assert held_out(decide_split(captures, {each.id: each.split for each in captures})) == {"two"}

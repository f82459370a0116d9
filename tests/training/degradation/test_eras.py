"""A recipe draws degradations: the same ones for the same seed, in the shares that it states."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from fractions import Fraction

import pytest

from upscaler.pipeline.core.errors import Refused
from upscaler.training.core.degradation import Degradation
from upscaler.training.degradation.codecs import CODECS, arguments
from upscaler.training.degradation.eras import RECIPES, EraRecipe, draw, recipe_named
from upscaler.training.degradation.scaling import KERNELS

SIZE = 1280, 960
DEFAULT = RECIPES["2001-2008"]


def drawn(recipe: EraRecipe, count: int = 600, size: tuple[int, int] = SIZE, rate: int = 30) -> list[Degradation]:
    return [draw(recipe, size, Fraction(rate), 1, "dm4", index) for index in range(count)]


def share(degradations: list[Degradation], counted: list[bool]) -> float:
    return sum(counted) / len(degradations)


def test_equal_arguments_draw_equal_degradations_and_others_do_not() -> None:
    one = draw(DEFAULT, SIZE, Fraction(30), 1, "dm4", 7)
    assert one == draw(DEFAULT, SIZE, Fraction(30), 1, "dm4", 7)
    others = [
        draw(DEFAULT, SIZE, Fraction(30), 2, "dm4", 7),
        draw(DEFAULT, SIZE, Fraction(30), 1, "gate1", 7),
        draw(DEFAULT, SIZE, Fraction(30), 1, "dm4", 8),
        draw(replace(DEFAULT, name="mine"), SIZE, Fraction(30), 1, "dm4", 7),
    ]
    assert len({one.seed, *(other.seed for other in others)}) == 5


def test_the_default_mixes_the_codecs_of_the_time_and_holds_others_out() -> None:
    counts = Counter(one.encodings[0].codec for one in drawn(DEFAULT) if one.encodings)
    assert set(counts) == {"xvid", "wmv2", "spark", "mpeg4", "divx3", "wmv1", "mpeg1", "mpeg2", "h264"}
    assert not any(CODECS[name].is_held_out for name in counts)
    assert counts["xvid"] > counts["wmv2"] > counts["wmv1"]


def test_the_default_has_the_shares_that_it_states() -> None:
    all_of_them = drawn(DEFAULT)
    likes = [one for one in all_of_them if one.encodings and one.encodings[0].codec in ("xvid", "mpeg4", "divx3")]
    clean = [not one.encodings or (one.encodings[0].quantiser is not None) for one in all_of_them]
    assert share(all_of_them, clean) == pytest.approx(0.2, abs=0.05)
    assert share(all_of_them, [not one.encodings for one in all_of_them]) == pytest.approx(0.1, abs=0.04)
    assert share(likes, [len(one.encodings) == 2 for one in likes]) == pytest.approx(0.25 * 0.9, abs=0.06)
    assert share(all_of_them, [one.capture_card is not None for one in all_of_them]) == pytest.approx(0.2, abs=0.05)
    assert share(all_of_them, [bool(one.overlay) for one in all_of_them]) == pytest.approx(0.05, abs=0.03)
    assert share(all_of_them, [one.kernel == "area" for one in all_of_them]) == pytest.approx(0.5, abs=0.07)
    assert share(all_of_them, [one.blur > 0 for one in all_of_them]) == pytest.approx(0.5, abs=0.07)
    assert all(one.kernel in KERNELS and (one.blur == 0 or 0.3 <= one.blur <= 0.7) for one in all_of_them)


def test_every_degradation_fits_its_capture_and_its_encoders() -> None:
    for size in ((1280, 960), (1920, 1080), (2560, 1920), (640, 480)):
        for one in drawn(DEFAULT, 60, size):
            assert one.width % 4 == 0
            assert 4 * one.width <= size[0]
            assert 4 * one.height <= size[1]
            assert one.width / one.height == pytest.approx(size[0] / size[1], rel=0.03)
            assert all(arguments(encoding, Fraction(15)) for encoding in one.encodings)


def test_bit_rates_grow_with_the_area() -> None:
    kbps = {
        one.height: {encoding.kbps for encoding in one.encodings if encoding.kbps}
        for one in drawn(replace(DEFAULT, kbps=(400,), clean_share=0.0), 200, (2560, 1920))
    }
    assert kbps[240] == {400}
    assert kbps[480] == {1600}
    assert kbps[180] == {225}


def test_rates_are_those_of_the_time_at_every_rate_of_a_capture() -> None:
    at_30 = Counter((one.keep_every, one.repeat) for one in drawn(DEFAULT, 300))
    assert set(at_30) == {(1, False), (2, False), (2, True), (3, False)}
    assert {one.keep_every for one in drawn(DEFAULT, 300, rate=60)} == {2, 4, 5, 6}


def test_320x240_has_no_other_size() -> None:
    assert {(one.width, one.height) for one in drawn(RECIPES["320x240"], 100, (2560, 1920))} == {(320, 240)}


def test_every_clip_of_capture_card_went_through_one() -> None:
    assert all(one.capture_card for one in drawn(RECIPES["capture card"], 50))


def test_recipes_and_degradations_survive_json() -> None:
    for recipe in RECIPES.values():
        assert EraRecipe.from_json(json.loads(json.dumps(recipe.to_json()))) == recipe
    for one in drawn(DEFAULT, 100):
        assert Degradation.from_json(json.loads(json.dumps(one.to_json()))) == one


def test_a_recipe_or_a_capture_that_can_not_be_used_is_refused() -> None:
    with pytest.raises(Refused, match=r"no recipe 1999.*2001-2008"):
        recipe_named("1999")
    with pytest.raises(Refused, match="too small to train on"):
        draw(DEFAULT, (200, 150), Fraction(30), 1, "dm4", 0)

"""The plan is a pure function of facts and recipe."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest

from tests.pipeline.facts_of import PLAIN, facts_of
from upscaler.pipeline.core.errors import Refused
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.recipe import Filters, Recipe
from upscaler.pipeline.planning.plan import Plan, Size, make_plan, segment_frames

LIMITS = Limits()


def names(plan: Plan) -> list[str]:
    return [step.name for step in plan.steps]


def test_the_same_input_gives_the_same_plan() -> None:
    recipe = Recipe(height=1080, trim=(10, 250))
    assert make_plan(PLAIN, recipe, 4, LIMITS) == make_plan(PLAIN, recipe, 4, LIMITS)


@pytest.mark.parametrize("recipe", [Recipe(), Recipe(preset="h264-high", height=720, precision="fp32", trim=(3, 9))])
def test_recipes_and_plans_survive_json(recipe: Recipe) -> None:
    plan = make_plan(facts_of(rate=Fraction(30000, 1001), timing="variable"), recipe, 4, LIMITS)
    assert Recipe.from_json(json.loads(json.dumps(recipe.to_json()))) == recipe
    assert Plan.from_json(json.loads(json.dumps(plan.to_json()))) == plan


def test_a_320x240_clip_becomes_1280x960() -> None:
    plan = make_plan(PLAIN, Recipe(), 4, LIMITS)
    assert (plan.source, plan.network, plan.output) == (Size(320, 240), Size(1280, 960), Size(1280, 960))


@pytest.mark.parametrize(
    ("width", "height", "sar"), [(720, 480, Fraction(8, 9)), (352, 240, Fraction(10, 11)), (480, 480, Fraction(4, 3))]
)
def test_a_4_to_3_picture_is_4_to_3_in_square_pixels(width: int, height: int, sar: Fraction) -> None:
    plan = make_plan(facts_of(width=width, height=height, sar=sar), Recipe(), 2, LIMITS)
    assert plan.source == Size(height * 4 // 3, height)
    assert Fraction(plan.output.width, plan.output.height) == Fraction(4, 3)


@pytest.mark.parametrize("scale", [1, 2, 3, 4])
@pytest.mark.parametrize("height", [None, 480, 1080])
@pytest.mark.parametrize(("width", "source_height"), [(319, 237), (425, 319), (320, 240)])
def test_both_sides_of_the_result_are_even(width: int, source_height: int, height: int | None, scale: int) -> None:
    output = make_plan(facts_of(width=width, height=source_height), Recipe(height=height), scale, LIMITS).output
    assert output.width % 2 == output.height % 2 == 0
    assert height is None or output.height == height


@pytest.mark.parametrize("height", [481, 100, 4320, -2, 0])
def test_a_height_that_no_player_wants_is_refused(height: int) -> None:
    with pytest.raises(Refused, match=f"A height of {height} isn't possible"):
        make_plan(PLAIN, Recipe(height=height), 4, LIMITS)


def test_a_result_beyond_the_limit_is_refused() -> None:
    with pytest.raises(Refused, match="Choose a model with a smaller scale"):
        make_plan(facts_of(width=2560, height=1440), Recipe(), 4, LIMITS)


@pytest.mark.parametrize("trim", [(0, 301), (300, 301), (5, 5), (9, 3), (-1, 5)])
def test_a_range_outside_of_the_clip_is_refused(trim: tuple[int, int]) -> None:
    with pytest.raises(Refused, match="isn't within"):
        make_plan(PLAIN, Recipe(trim=trim), 4, LIMITS)


@pytest.mark.parametrize(("frames", "rate", "lowest"), [(11, "1", 2), (14, "16/15", 2), (1, "14", 15)])
def test_a_rate_that_leaves_no_frame_is_refused_with_the_lowest_that_does(frames: int, rate: str, lowest: int) -> None:
    with pytest.raises(Refused, match=f"leaves no frame of a video of .* seconds. Choose {lowest} or more"):
        make_plan(facts_of(frames=frames), Recipe(filters=Filters(rate=rate)), 4, LIMITS)
    assert make_plan(facts_of(frames=frames), Recipe(filters=Filters(rate=str(lowest))), 4, LIMITS).frame_count == 1


def test_half_a_frames_time_is_a_frame() -> None:
    assert make_plan(facts_of(frames=15), Recipe(filters=Filters(rate="1")), 4, LIMITS).frame_count == 1


@pytest.mark.parametrize(("field", "value"), [("precision", "fp8"), ("preset", "vhs")])
def test_an_unknown_choice_is_refused_with_the_ones_there_are(field: str, value: str) -> None:
    choice: dict[str, Any] = {field: value}
    with pytest.raises(Refused, match=f"no {field} called '{value}'.*(auto|h264)"):
        make_plan(PLAIN, Recipe(**choice), 4, LIMITS)


def test_segments_cover_every_frame_once_and_in_order() -> None:
    plan = make_plan(facts_of(frames=1001), Recipe(trim=(1, 1001)), 4, LIMITS, segment_frames=240)
    frames = [frame for start, end in plan.segments for frame in range(start, end)]
    assert frames == list(range(1000))
    assert plan.frame_count == 1000
    assert plan.first_frame == 1


@pytest.mark.parametrize(
    ("count", "lengths"),
    [(1, [1]), (239, [239]), (240, [240]), (241, [241]), (243, [243]), (244, [240, 4]), (482, [240, 242])],
)
def test_no_segment_behind_another_is_shorter_than_what_encoders_reorder(count: int, lengths: list[int]) -> None:
    plan = make_plan(facts_of(frames=count), Recipe(), 4, LIMITS, segment_frames=240)
    assert [end - start for start, end in plan.segments] == lengths
    assert plan.segments[-1][1] == count


@pytest.mark.parametrize(
    ("seconds", "frames"), [(0.0, 1920), (0.01, 1920), (0.25, 240), (0.3, 240), (0.12, 480), (1.1, 60), (60, 60)]
)
def test_a_segment_is_about_a_minute_of_work(seconds: float, frames: int) -> None:
    assert segment_frames(seconds) == frames
    cut = make_plan(facts_of(frames=2000), Recipe(), 4, LIMITS, segment_frames=7).cut(frames)
    assert cut == make_plan(facts_of(frames=2000), Recipe(), 4, LIMITS, segment_frames=frames)


def test_a_frame_is_a_whole_number_of_ticks() -> None:
    for rate in (Fraction(30), Fraction(30000, 1001), Fraction(15, 2), Fraction(10)):
        plan = make_plan(facts_of(rate=rate), Recipe(), 4, LIMITS)
        assert (plan.time_scale / rate).denominator == 1
        assert plan.time_scale >= 1000


def test_a_constant_rate_is_left_alone() -> None:
    assert "fps" not in names(make_plan(PLAIN, Recipe(), 4, LIMITS))


@pytest.mark.parametrize("timing", ["variable", "jittered"])
def test_any_other_rate_is_made_constant_before_anything_counts_frames(timing: str) -> None:
    plan = make_plan(facts_of(timing=timing), Recipe(trim=(2, 8)), 4, LIMITS)
    assert names(plan)[:5] == ["scale", "setpts", "fps", "trim", "trim"]


def test_the_matrix_of_the_source_is_said_to_the_scaler() -> None:
    plan = make_plan(facts_of(matrix="bt709", full_range=True), Recipe(), 4, LIMITS)
    said = [dict(step.options) for step in plan.steps if "in_color_matrix" in dict(step.options)]
    assert [(options["in_color_matrix"], options["in_range"]) for options in said] == [("bt709", "full")]


def test_a_plan_from_before_steps_said_so_still_numbers_its_frames_first() -> None:
    plan = make_plan(facts_of(timing="variable"), Recipe(trim=(2, 8)), 4, LIMITS)
    older = plan.to_json()
    older["steps"] = [
        {"name": "fps", "options": [["fps", "30"]]},
        {"name": "trim", "options": [["start_frame", 2], ["end_frame", 8]]},
        {"name": "scale", "options": [["w", 320], ["h", 240]]},
    ]
    for name in ("start", "is_trimmed", "keep_colours", "deflicker", "repeats"):
        del older[name]
    read = Plan.from_json(older)
    assert [step.numbers for step in read.steps] == [True, True, False]
    assert (read.keep_colours, read.deflicker, read.repeats.numbers()) == (False, 0, frozenset())

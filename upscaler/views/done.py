"""What a run does with a video besides enlarging it, as a person says it."""

from __future__ import annotations

from upscaler.forms.filters import border_in_words, rate_in_words
from upscaler.pipeline.core.facts import Border, Facts
from upscaler.pipeline.core.recipe import Recipe
from upscaler.pipeline.planning.plan import Plan
from upscaler.pipeline.prefilters import aspect, colour, crop, deinterlace

FIELDS = {
    "frame": "Fields made into whole frames",
    "field": "A whole frame made for each field",
    "match": "Fields that belong together put together",
}
FIRST = {"tff": "top", "bff": "bottom"}


def done_in_words(facts: Facts, recipe: Recipe, plan: Plan) -> list[str]:
    """A line for everything that is not as it came; empty for a plain enlargement."""
    return [line for line in (*_frames(facts, recipe, plan), *_pictures(facts, recipe, plan), *_after(plan)) if line]


def _frames(facts: Facts, recipe: Recipe, plan: Plan) -> list[str]:
    end = plan.first_frame + plan.frame_count // plan.per_frame
    repeats = plan.repeats.count
    mode = deinterlace.mode(facts, recipe) if _does(plan, "bwdif", "fieldmatch") else "off"
    order = FIRST[deinterlace.field_order(facts, recipe)]
    is_new_rate = recipe.filters.rate != "auto" or facts.timing != "constant"
    return [
        f"Trimmed to the frames {plan.first_frame:,} to {end - 1:,}" if plan.is_trimmed else "",
        f"Brought to {rate_in_words(plan.rate)} frames a second" if is_new_rate else "",
        f"{FIELDS[mode]}, the {order} one first" if mode != "off" else "",
        f"{repeats:,} repeated {'frame reuses' if repeats == 1 else 'frames reuse'} the result of the one before"
        if repeats
        else "",
    ]


def _pictures(facts: Facts, recipe: Recipe, plan: Plan) -> list[str]:
    found = crop.border(facts, recipe) if _does(plan, "crop") else Border()
    filters = recipe.filters
    sar = aspect.sar(facts, recipe)
    is_said = filters.matrix != "auto" or filters.range != "auto"
    matrix = "BT.709" if colour.matrix(facts, recipe) == "bt709" else "BT.601"
    span = "full" if colour.is_full_range(facts, recipe) else "TV"
    return [
        f"Cut {border_in_words(found)}" if found else "",
        f"Pixels of {sar.numerator}:{sar.denominator} made square" if sar != 1 else "",
        f"Blocks softened, {filters.deblock}" if filters.deblock != "off" else "",
        f"Noise taken out, {filters.denoise}" if filters.denoise != "off" else "",
        f"Colours read as {matrix}, {span} range" if is_said else "",
    ]


def _does(plan: Plan, *steps: str) -> bool:
    """Does the plan have one of these? One of an older version may not, whatever its recipe says by now."""
    return any(step.name in steps for step in plan.steps)


def _after(plan: Plan) -> list[str]:
    return [
        "The original's colours kept" if plan.keep_colours else "",
        "Flicker calmed where nothing moves" if plan.deflicker else "",
    ]

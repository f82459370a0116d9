"""The lines of a job's page about what its run did besides upscaling."""

from __future__ import annotations

from upscaler.pipeline.core.facts import Border, Facts
from upscaler.pipeline.core.recipe import Recipe
from upscaler.pipeline.planning.plan import Plan
from upscaler.pipeline.prefilters import aspect, colour, crop, deinterlace
from upscaler.wording.pictures import FIELD_MODES, FIRST_FIELDS, border, colour_range, matrix
from upscaler.wording.rates import rate


def applied_steps(facts: Facts, recipe: Recipe, plan: Plan) -> list[str]:
    """Return a line for each step; none for a run that only upscaled."""
    lines = (*_frames(facts, recipe, plan), *_pictures(facts, recipe, plan), *_after_upscaling(plan))
    return [line for line in lines if line]


def _frames(facts: Facts, recipe: Recipe, plan: Plan) -> list[str]:
    end = plan.first_frame + plan.frame_count // plan.per_frame
    repeats = plan.repeats.count
    mode = deinterlace.mode(facts, recipe) if _has_step(plan, "bwdif", "fieldmatch") else "off"
    first = FIRST_FIELDS[deinterlace.field_order(facts, recipe)]
    is_new_rate = recipe.filters.rate != "auto" or facts.timing != "constant"
    return [
        f"Trimmed to frames {plan.first_frame:,} to {end - 1:,}" if plan.is_trimmed else "",
        f"Converted to {rate(plan.rate)} frames per second" if is_new_rate else "",
        f"{FIELD_MODES[mode].done}, {first} field first" if mode != "off" else "",
        f"Reused the previous result for {repeats:,} repeated {'frame' if repeats == 1 else 'frames'}"
        if repeats
        else "",
    ]


def _pictures(facts: Facts, recipe: Recipe, plan: Plan) -> list[str]:
    cropped = crop.border(facts, recipe) if _has_step(plan, "crop") else Border()
    filters = recipe.filters
    sar = aspect.sar(facts, recipe)
    is_set_by_hand = filters.matrix != "auto" or filters.range != "auto"
    colours = f"{matrix(colour.matrix(facts, recipe))}, {colour_range(is_full=colour.is_full_range(facts, recipe))}"
    return [
        f"Cropped {border(cropped)}" if cropped else "",
        f"Scaled {sar.numerator}:{sar.denominator} pixels to square" if sar != 1 else "",
        f"Deblocked ({filters.deblock})" if filters.deblock != "off" else "",
        f"Denoised ({filters.denoise})" if filters.denoise != "off" else "",
        f"Read colours as {colours}" if is_set_by_hand else "",
    ]


def _has_step(plan: Plan, *names: str) -> bool:
    """Has the plan one of these steps? A plan of an older version may lack them, whatever its recipe implies today."""
    return any(step.name in names for step in plan.steps)


def _after_upscaling(plan: Plan) -> list[str]:
    return [
        "Kept the original's colours" if plan.keep_colours else "",
        "Deflickered" if plan.deflicker else "",
    ]

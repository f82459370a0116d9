"""The filters of a run as a person chooses them: in words, and with what "automatic" means for this video."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from django import forms

from upscaler.pipeline.core.facts import Border, Facts
from upscaler.pipeline.core.recipe import CHOICES, FIGURES, Filters, Recipe
from upscaler.pipeline.planning.plan import KEEPS_COLOURS
from upscaler.pipeline.prefilters import aspect, colour, deinterlace
from upscaler.pipeline.prefilters.crop import border

DECIMAL = re.compile(r"\d{1,6}([.,]\d{1,6})?")
BY_HAND = "figures"
"""Stands in a form for the values that are typed beside it."""


@dataclass(frozen=True)
class Words:
    """What a page calls a filter and its values."""

    label: str
    help: str
    values: dict[str, str] = field(default_factory=dict)
    """For each of recipe.CHOICES but "auto", which is worked out from the facts."""


WORDS = {
    "deinterlace": Words(
        "Interlacing",
        "Video from television cards and camcorders draws every other line first. One frame for each field keeps "
        "the full smoothness and doubles the rate.",
        {
            "off": "Leave it",
            "frame": "Make whole frames",
            "field": "A frame for each field, twice the rate",
            "match": "Put fields that belong together, together",
        },
    ),
    "field_order": Words(
        "First field",
        "If movement jerks to and fro in the result, choose the other one.",
        {"tff": "Top", "bff": "Bottom"},
    ),
    "crop": Words(
        "Borders",
        "Black bars cost time and give nothing.",
        {"off": "Leave them", BY_HAND: "Cut by so many pixels:"},
    ),
    "aspect": Words(
        "Shape",
        "Of the whole picture, borders too. Choose one where people look too thin or too wide.",
        {"off": "Take pixels for square", "4:3": "4:3", "16:9": "16:9", BY_HAND: "Another one:"},
    ),
    "matrix": Words(
        "Colour matrix",
        "If greens and reds are slightly off, choose the other one.",
        {"bt601": "BT.601 (standard definition)", "bt709": "BT.709 (high definition)"},
    ),
    "range": Words(
        "Brightness range",
        "If black is grey, choose TV; if shadows drown, choose full.",
        {"tv": "TV (16 to 235)", "full": "Full (0 to 255)"},
    ),
    "rate": Words(
        "Frame rate",
        "A variable rate becomes a constant one. A lower rate than the video's own drops frames.",
        {BY_HAND: "Frames a second:"},
    ),
    "deblock": Words(
        "Blocks",
        "Softens the edges of 8 by 8 blocks, which the model would sharpen.",
        {"off": "Leave them", "light": "Soften lightly", "strong": "Soften strongly"},
    ),
    "denoise": Words(
        "Noise",
        "Averages what hardly changes over five frames. Too much of it smears.",
        {"off": "Leave it", "light": "Lightly", "medium": "Medium", "strong": "Strongly"},
    ),
    "duplicates": Words(
        "Repeated frames",
        "A frame that shows the same as the one before it can reuse its result. It stays in the video either way.",
        {"off": "Upscale every frame"},
    ),
    "keep_colours": Words(
        "Colours",
        "Some models shift colours. This puts the original's back.",
        {"on": "Keep the original's", "off": "Leave them as the model makes them"},
    ),
    "deflicker": Words(
        "Flicker",
        "Calms details that shimmer where nothing moves.",
        {"off": "Leave it", "on": "Calm it"},
    ),
}

SIDES = ("left", "top", "right", "bottom")


def automatic(facts: Facts) -> dict[str, str]:
    """What every filter that has "auto" does with this video by itself."""
    recipe = Recipe()
    found = border(facts, recipe)
    mode = deinterlace.mode(facts, recipe)
    fields = {
        "off": "whole frames",
        "frame": "make whole frames",
        "match": "put fields together",
        "field": "a frame for each field",
    }
    first = {"progressive": "no fields", "tff": "top", "bff": "bottom"}[facts.field_order]
    repeats = facts.repeats.count
    timing = "" if facts.timing == "constant" else ", made constant"
    assumed = "" if facts.colour_tagged else ", assumed"
    return {
        "deinterlace": fields[mode],
        "field_order": first,
        "crop": f"cut {border_in_words(found)}" if found else "none found",
        "aspect": f"{_ratio(Fraction(facts.width, facts.height) * aspect.sar(facts, recipe))}, as the file says",
        "matrix": ("BT.709" if colour.matrix(facts, recipe) == "bt709" else "BT.601") + assumed,
        "range": "full" if facts.full_range else "TV",
        "rate": f"{rate_in_words(facts.rate)} a second{timing}",
        "duplicates": f"{repeats:,} reused" if repeats else "none found",
        "keep_colours": "keep the original's" if KEEPS_COLOURS else "leave them as the model makes them",
    }


def border_in_words(found: Border) -> str:
    """Such as "30 px at top and bottom"."""
    sides: dict[int, list[str]] = {}
    for side in ("top", "bottom", "left", "right"):
        if pixels := getattr(found, side):
            sides.setdefault(pixels, []).append(side)
    return ", ".join(f"{pixels} px at {' and '.join(names)}" for pixels, names in sides.items())


def rate_in_words(rate: Fraction) -> str:
    """With three decimals at most."""
    return f"{float(rate):.3f}".rstrip("0").rstrip(".")


def filter_fields(facts: Facts | None) -> dict[str, forms.Field]:
    """A choice for each filter, and a field for each figure that some of them take."""
    fields: dict[str, forms.Field] = {}
    does = automatic(facts) if facts else {}
    for name, values in CHOICES.items():
        words = WORDS[name]
        chosen = [*values, *([BY_HAND] if name in FIGURES else [])]
        labels = words.values | {"auto": f"Automatic: {does[name]}" if name in does else "Automatic"}
        fields[name] = forms.ChoiceField(
            label=words.label,
            help_text=words.help,
            choices=[(value, labels[value]) for value in chosen],
            required=False,
            initial=values[0],
            widget=forms.Select(attrs={"aria-describedby": f"id_{name}_error id_{name}_helptext"}),
        )
    for side in SIDES:
        most = {"max": (facts.width if side in ("left", "right") else facts.height) - 1} if facts else {}
        fields[f"crop_{side}"] = forms.IntegerField(
            label=side.capitalize(),
            required=False,
            min_value=0,
            widget=forms.NumberInput(attrs={"placeholder": "0", "inputmode": "numeric"} | most),
        )
    fields["aspect_figures"] = forms.CharField(
        label="Shape as width:height",
        required=False,
        max_length=9,
        widget=forms.TextInput(attrs={"placeholder": "5:4"}),
    )
    fields["rate_figures"] = forms.CharField(
        label="Frames a second",
        required=False,
        max_length=13,
        widget=forms.TextInput(attrs={"placeholder": "25", "inputmode": "decimal"}),
    )
    return fields


def filters_of(data: dict[str, Any]) -> Filters:
    """From the cleaned values of those fields. Raises forms.ValidationError, by field, for figures that say nothing."""
    values = {name: data.get(name) or CHOICES[name][0] for name in CHOICES}
    wrong: dict[str, str] = {}
    if values["crop"] == BY_HAND:
        values["crop"] = ":".join(str(data.get(f"crop_{side}") or 0) for side in SIDES)
    for name in ("aspect", "rate"):
        if values[name] != BY_HAND:
            continue
        pattern, example = FIGURES[name]
        said = "".join(str(data.get(f"{name}_figures") or "").split())
        values[name] = _as_fraction(said) if name == "rate" else said
        if not pattern.fullmatch(values[name]):
            wrong[f"{name}_figures"] = f"Say {example}."
    if wrong:
        raise forms.ValidationError(wrong)
    return Filters(**values)


def values_of(filters: Filters) -> dict[str, Any]:
    """What those fields hold for these filters: the other way round."""
    values: dict[str, Any] = {}
    for name, value in vars(filters).items():
        values[name] = value if value in CHOICES[name] else BY_HAND
        if values[name] != BY_HAND:
            continue
        if name == "crop":
            values |= {f"crop_{side}": pixels for side, pixels in zip(SIDES, value.split(":"), strict=True)}
        else:
            values[f"{name}_figures"] = value
    return values


def _as_fraction(said: str) -> str:
    """29.97 as the fraction that is meant; what is no number stays what it is."""
    if "/" in said:
        return said
    if not DECIMAL.fullmatch(said):
        return said
    value = Fraction(said.replace(",", "."))
    drop = Fraction(round(value), 1) * 1000 / 1001
    if value.denominator != 1 and abs(drop - value) < Fraction(1, 100):
        value = drop
    return str(value)


def _ratio(shape: Fraction) -> str:
    """4:3 rather than 352:264, and two decimals for what has no small numbers."""
    near = shape.limit_denominator(9)
    if abs(near / shape - 1) < Fraction(1, 200):
        return f"{near.numerator}:{near.denominator}"
    return f"{float(shape):.2f}:1"

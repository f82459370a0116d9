"""Form fields for the filters of a run, with what "Automatic" means for the video."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from django import forms

from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.recipe import CHOICES, NUMBER_PATTERNS, Filters, Recipe
from upscaler.pipeline.planning.plan import DEFAULT_KEEP_COLOURS
from upscaler.pipeline.prefilters import aspect, colour, crop, deinterlace
from upscaler.wording.filters import CUSTOM, FILTERS
from upscaler.wording.pictures import FIELD_MODES, FIRST_FIELDS, border, matrix
from upscaler.wording.rates import rate

DECIMAL = re.compile(r"\d{1,6}([.,]\d{1,6})?")
SIDES = ("left", "top", "right", "bottom")


def automatic(facts: Facts) -> dict[str, str]:
    """Return what "auto" does with this video, for every filter that has it."""
    recipe = Recipe()
    cropped = crop.border(facts, recipe)
    mode = deinterlace.mode(facts, recipe)
    repeats = facts.repeats.count
    shape = Fraction(facts.width, facts.height) * aspect.sar(facts, recipe)
    colours = FILTERS["keep_colours"].values["on" if DEFAULT_KEEP_COLOURS else "off"]
    return {
        "deinterlace": _lower(FIELD_MODES[mode].setting),
        "field_order": FIRST_FIELDS.get(facts.field_order, "progressive"),
        "crop": f"crop {border(cropped)}" if cropped else "none found",
        "aspect": f"{_ratio(shape)}, as set in the file",
        "matrix": matrix(colour.matrix(facts, recipe)) + ("" if facts.colour_tagged else ", assumed"),
        "range": "full" if facts.full_range else "TV",
        "rate": f"{rate(facts.rate)} per second{'' if facts.timing == 'constant' else ', made constant'}",
        "duplicates": f"{repeats:,} reused" if repeats else "none found",
        "keep_colours": _lower(colours),
    }


def filter_fields(facts: Facts | None) -> dict[str, forms.Field]:
    """Return a choice for each filter, and the fields of the numbers that some of them take."""
    fields: dict[str, forms.Field] = {}
    automatic_values = automatic(facts) if facts else {}
    for name, values in CHOICES.items():
        words = FILTERS[name]
        auto = f"Automatic: {automatic_values[name]}" if name in automatic_values else "Automatic"
        labels = words.values | {"auto": auto}
        fields[name] = forms.ChoiceField(
            label=words.label,
            help_text=words.help,
            choices=[(value, labels[value]) for value in (*values, *([CUSTOM] if name in NUMBER_PATTERNS else []))],
            required=False,
            initial=values[0],
            widget=forms.Select(attrs={"aria-describedby": f"id_{name}_error id_{name}_helptext"}),
        )
    for side in SIDES:
        bounds = {"max": (facts.width if side in ("left", "right") else facts.height) - 1} if facts else {}
        fields[f"crop_{side}"] = forms.IntegerField(
            label=side.capitalize(),
            required=False,
            min_value=0,
            widget=forms.NumberInput(attrs={"placeholder": "0", "inputmode": "numeric"} | bounds),
        )
    fields["aspect_figures"] = forms.CharField(
        label="Width:height",
        required=False,
        max_length=9,
        widget=forms.TextInput(attrs={"placeholder": "5:4"}),
    )
    fields["rate_figures"] = forms.CharField(
        label="Frames per second",
        required=False,
        max_length=13,
        widget=forms.TextInput(attrs={"placeholder": "25", "inputmode": "decimal"}),
    )
    return fields


def filters_of(data: dict[str, Any]) -> Filters:
    """Read the cleaned values of those fields. Raises forms.ValidationError, by field, for a wrong number."""
    values = {name: data.get(name) or CHOICES[name][0] for name in CHOICES}
    errors: dict[str, str] = {}
    if values["crop"] == CUSTOM:
        values["crop"] = ":".join(str(data.get(f"crop_{side}") or 0) for side in SIDES)
    for name in ("aspect", "rate"):
        if values[name] != CUSTOM:
            continue
        pattern, example = NUMBER_PATTERNS[name]
        text = "".join(str(data.get(f"{name}_figures") or "").split())
        values[name] = _as_fraction(text) if name == "rate" else text
        if not pattern.fullmatch(values[name]):
            errors[f"{name}_figures"] = f"Enter {example}."
    if errors:
        raise forms.ValidationError(errors)
    return Filters(**values)


def values_of(filters: Filters) -> dict[str, Any]:
    """Return what those fields hold for these filters: the reverse of ``filters_of``."""
    values: dict[str, Any] = {}
    for name, value in vars(filters).items():
        values[name] = value if value in CHOICES[name] else CUSTOM
        if values[name] != CUSTOM:
            continue
        if name == "crop":
            values |= {f"crop_{side}": pixels for side, pixels in zip(SIDES, value.split(":"), strict=True)}
        else:
            values[f"{name}_figures"] = value
    return values


def _as_fraction(text: str) -> str:
    """Return 29.97 as 30000/1001, which is meant by it; text that is not a decimal number unchanged."""
    if "/" in text or not DECIMAL.fullmatch(text):
        return text
    value = Fraction(text.replace(",", "."))
    drop = Fraction(round(value), 1) * 1000 / 1001
    if value.denominator != 1 and abs(drop - value) < Fraction(1, 100):
        value = drop
    return str(value)


def _lower(label: str) -> str:
    return f"{label[0].lower()}{label[1:]}"


def _ratio(shape: Fraction) -> str:
    """Return 4:3 rather than 352:264, and two decimals for a shape without small numbers."""
    near = shape.limit_denominator(9)
    if abs(near / shape - 1) < Fraction(1, 200):
        return f"{near.numerator}:{near.denominator}"
    return f"{float(shape):.2f}:1"

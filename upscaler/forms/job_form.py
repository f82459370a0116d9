"""The form that starts a job."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import ceil, floor
from typing import Any

from django import forms
from django.forms.boundfield import BoundField

from upscaler.forms.filter_fields import SIDES, filter_fields, filters_of, values_of
from upscaler.forms.presets import PresetField
from upscaler.models import Job, UpscaleModel, User
from upscaler.pipeline.core.errors import Refused
from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.presets import PRESETS
from upscaler.pipeline.core.recipe import CHOICES, HEIGHTS, SCALES, Filters, Recipe
from upscaler.pipeline.networks.backend import INT8, OPENVINO
from upscaler.pipeline.networks.optional_backends import is_installed
from upscaler.pipeline.prefilters import constant_rate, crop
from upscaler.selectors.choices import models_ready, presets_available

FIGURES_OF = {"crop": [f"crop_{side}" for side in SIDES], "aspect": ["aspect_figures"], "rate": ["rate_figures"]}


SPEEDS = [("auto", "Automatic: no visible difference"), ("fp32", "Exact: every pixel in fp32")]
"""Precisions that work on every machine."""
TURBO = (INT8, "Turbo: int8, slightly less exact")
"""A precision that needs the optional OpenVINO packages."""


def height_field() -> forms.TypedChoiceField:
    """Return a choice of common heights."""
    return forms.TypedChoiceField(
        label="Height",
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", "Automatic: set by the format or model"), *((height, f"{height} lines") for height in HEIGHTS)],
    )


def size_field() -> forms.ChoiceField:
    """Return a choice of a height, a scale, or neither."""
    heights = [(f"{height}p", f"{height} lines") for height in HEIGHTS]
    original = "the original"
    scales = [(f"{scale}x", f"{scale} times {original}" if scale > 1 else f"Same as {original}") for scale in SCALES]
    automatic = [("", "Automatic: the model's scale")]
    return forms.ChoiceField(
        label="Size", required=False, choices=[*automatic, ("By height", heights), ("By scale", scales)]
    )


def values_of_job(job: Job, facts: Facts) -> dict[str, Any]:
    """Return what the fields of JobForm hold for a job like this one, to be given as ``initial``."""
    recipe = job.recipe
    size = f"{recipe.height}p" if recipe.height else f"{recipe.scale}x" if recipe.scale else ""
    values: dict[str, Any] = {"model": job.model_id, "preset": recipe.preset}
    values |= {"size": size, "precision": recipe.precision}
    if recipe.trim is not None:
        values["trim_start"], values["trim_end"] = _at_base_rate(recipe.trim, recipe, facts)
    return values | values_of(recipe.filters)


def _at_base_rate(trim: tuple[int, int], recipe: Recipe, facts: Facts) -> tuple[int, int]:
    """Return a trim at the chosen rate as frames of the video's own rate, so that it gives the same frames again."""
    factor = constant_rate.rate(facts, recipe) / facts.rate
    start, end = ceil(trim[0] / factor), floor(trim[1] / factor)
    is_to_the_end = trim[1] == constant_rate.frames(facts, recipe)
    return start, facts.frames if is_to_the_end else min(max(start + 1, end), facts.frames)


class JobForm(forms.Form):
    """The model, format, size, range of frames and filters of one job."""

    model = forms.ModelChoiceField(queryset=UpscaleModel.objects.none(), empty_label=None, label="Model")
    preset = PresetField()
    size = size_field()
    precision = forms.ChoiceField(label="Speed", required=False, choices=SPEEDS)
    trim_start = forms.IntegerField(label="First frame", required=False, min_value=0)
    trim_end = forms.IntegerField(label="End frame (exclusive)", required=False, min_value=1)

    def __init__(self, *args: Any, user: User, facts: Facts | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._facts = facts
        models = models_ready()
        field = self.fields["model"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = models
        field.initial = user.default_model_id or models.first()
        presets = self.fields["preset"]
        assert isinstance(presets, PresetField)
        presets.offer(presets_available())
        presets.initial = user.default_preset if user.default_preset not in presets.reasons else next(iter(PRESETS))
        if self.initial.get("preset") in presets.reasons:
            self.initial = {**self.initial, "preset": presets.initial}
        speed = self.fields["precision"]
        assert isinstance(speed, forms.ChoiceField)
        speed.choices = [*SPEEDS, *([TURBO] if is_installed(OPENVINO) else [])]
        self.fields["size"].initial = f"{user.default_height}p" if user.default_height else ""
        for name, last in (("trim_start", facts.frames - 1), ("trim_end", facts.frames)) if facts else ():
            self.fields[name].initial = last if name == "trim_end" else 0
            self.fields[name].widget.attrs |= {"max": last, "form": "upscale", "inputmode": "numeric"}
        self.fields |= filter_fields(facts)

    def clean(self) -> dict[str, Any]:
        """Add "filters" and "trim". A value that doesn't fit this video is an error of its field."""
        data = super().clean() or {}
        data["trim"] = self._trim(data)
        if not self._has_filter_errors():
            data["filters"] = filters_of(data)
            self._try(data["filters"], "crop", crop.border)
            self._try(data["filters"], "rate_figures", constant_rate.rate)
        return data

    @property
    def recipe(self) -> Recipe:
        """The recipe that a valid form describes."""
        data = self.cleaned_data
        size = data["size"]
        recipe = Recipe(
            preset=data["preset"],
            height=int(size[:-1]) if size.endswith("p") else None,
            scale=Fraction(size[:-1]) if size.endswith("x") else None,
            precision=data["precision"] or "auto",
            filters=data["filters"],
        )
        return Recipe(**vars(recipe) | {"trim": self._at_rate(data["trim"], recipe)})

    @property
    def main_fields(self) -> list[BoundField]:
        return [self[name] for name in ("model", "preset", "size", "precision")]

    @property
    def filter_rows(self) -> list[tuple[BoundField, list[BoundField]]]:
        """Each filter's choice with the fields of its numbers."""
        return [(self[name], [self[figure] for figure in FIGURES_OF.get(name, [])]) for name in CHOICES]

    @property
    def filters_chosen(self) -> bool:
        """Does any filter differ from its default, or have an error?"""
        names = [name for name in CHOICES if self[name].value() not in (None, "", CHOICES[name][0])]
        return bool(names) or self._has_filter_errors()

    def _has_filter_errors(self) -> bool:
        figures = [figure for fields in FIGURES_OF.values() for figure in fields]
        return any(name in self.errors for name in [*CHOICES, *figures]) if self.is_bound else False

    def _trim(self, data: dict[str, Any]) -> tuple[int, int] | None:
        """Return the range of frames at the base rate; None for the whole video."""
        if self._facts is None:
            return None
        frames = self._facts.frames
        start, end = data.get("trim_start"), data.get("trim_end")
        start, end = 0 if start is None else start, frames if end is None else end
        if start >= frames:
            self.add_error("trim_start", f"The last frame of this video is {frames - 1:,}.")
        elif end > frames:
            self.add_error("trim_end", f"This video ends at frame {frames:,}.")
        elif start >= end:
            self.add_error("trim_end", f"The end must be after the start: {start + 1:,} or later.")
        return (start, end) if (start, end) != (0, frames) else None

    def _try(self, filters: Filters, name: str, work_out: Callable[[Facts, Recipe], object]) -> None:
        if self._facts is None:
            return
        try:
            work_out(self._facts, Recipe(filters=filters))
        except Refused as error:
            self.add_error(name, error.message)

    def _at_rate(self, trim: tuple[int, int] | None, recipe: Recipe) -> tuple[int, int] | None:
        """Return a range of frames at the base rate as frames of the chosen rate."""
        if trim is None or self._facts is None or recipe.filters.rate == "auto":
            return trim
        factor = constant_rate.rate(self._facts, recipe) / self._facts.rate
        start, end = int(trim[0] * factor), -int(-trim[1] * factor)
        return start, min(max(start + 1, end), constant_rate.frames(self._facts, recipe))

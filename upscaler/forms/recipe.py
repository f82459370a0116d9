"""What a person chooses for a run."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import ceil, floor
from typing import Any

from django import forms
from django.forms.boundfield import BoundField

from upscaler.forms.filters import SIDES, filter_fields, filters_of, values_of
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
TURBO = (INT8, "Turbo: int8, a little less exact")
"""With the optional extra."""


def height_field() -> forms.TypedChoiceField:
    """The usual heights, or the network's own."""
    return forms.TypedChoiceField(
        label="Height",
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", "The format's or the model's own"), *((height, f"{height} lines") for height in HEIGHTS)],
    )


def size_field() -> forms.ChoiceField:
    """A height, a scale, or neither."""
    heights = [(f"{height}p", f"{height} lines") for height in HEIGHTS]
    scales = [(f"{scale}x", f"{scale} times the original" if scale > 1 else "As the original") for scale in SCALES]
    automatic = [("", "Automatic: the model's own")]
    return forms.ChoiceField(
        label="Size", required=False, choices=[*automatic, ("By height", heights), ("By scale", scales)]
    )


def values_of_job(job: Job, facts: Facts) -> dict[str, Any]:
    """What the fields of JobForm hold for a job like this one, to be given as ``initial``."""
    recipe = job.recipe
    size = f"{recipe.height}p" if recipe.height else f"{recipe.scale}x" if recipe.scale else ""
    values: dict[str, Any] = {"model": job.model_id, "preset": recipe.preset}
    values |= {"size": size, "precision": recipe.precision}
    if recipe.trim is not None:
        values["trim_start"], values["trim_end"] = _at_base_rate(recipe.trim, recipe, facts)
    return values | values_of(recipe.filters)


def _at_base_rate(trim: tuple[int, int], recipe: Recipe, facts: Facts) -> tuple[int, int]:
    """Frames of the rate that was chosen, as frames of the video's own: a stretch that gives the same ones again."""
    factor = constant_rate.rate(facts, recipe) / facts.rate
    start, end = ceil(trim[0] / factor), floor(trim[1] / factor)
    is_to_the_end = trim[1] == constant_rate.frames(facts, recipe)
    return start, facts.frames if is_to_the_end else min(max(start + 1, end), facts.frames)


class JobForm(forms.Form):
    """Model, format, size, range of frames and filters of one run."""

    model = forms.ModelChoiceField(queryset=UpscaleModel.objects.none(), empty_label=None, label="Model")
    preset = PresetField()
    size = size_field()
    precision = forms.ChoiceField(label="Speed", required=False, choices=SPEEDS)
    trim_start = forms.IntegerField(label="First frame", required=False, min_value=0)
    trim_end = forms.IntegerField(label="End, not included", required=False, min_value=1)

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
        for name, most in (("trim_start", facts.frames - 1), ("trim_end", facts.frames)) if facts else ():
            self.fields[name].initial = most if name == "trim_end" else 0
            self.fields[name].widget.attrs |= {"max": most, "form": "upscale", "inputmode": "numeric"}
        self.fields |= filter_fields(facts)

    def clean(self) -> dict[str, Any]:
        """Adds "filters" and "trim"; what does not fit this video is said at its field."""
        data = super().clean() or {}
        data["trim"] = self._trim(data)
        if not self._wrong_filters():
            data["filters"] = filters_of(data)
            self._try(data["filters"], "crop", crop.border)
            self._try(data["filters"], "rate_figures", constant_rate.rate)
        return data

    @property
    def recipe(self) -> Recipe:
        """Of a valid form."""
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
        """Each filter's choice with the fields of its figures."""
        return [(self[name], [self[figure] for figure in FIGURES_OF.get(name, [])]) for name in CHOICES]

    @property
    def filters_chosen(self) -> bool:
        """Is anything about the filters not as it begins, or wrong?"""
        names = [name for name in CHOICES if self[name].value() not in (None, "", CHOICES[name][0])]
        return bool(names) or self._wrong_filters()

    def _wrong_filters(self) -> bool:
        figures = [figure for found in FIGURES_OF.values() for figure in found]
        return any(name in self.errors for name in [*CHOICES, *figures]) if self.is_bound else False

    def _trim(self, data: dict[str, Any]) -> tuple[int, int] | None:
        """Frames at the base rate; None for the whole clip."""
        if self._facts is None:
            return None
        frames = self._facts.frames
        start, end = data.get("trim_start"), data.get("trim_end")
        start, end = 0 if start is None else start, frames if end is None else end
        if start >= frames:
            self.add_error("trim_start", f"The clip has {frames} frames; the last one is {frames - 1}.")
        elif end > frames:
            self.add_error("trim_end", f"The clip has {frames} frames; it ends at {frames}.")
        elif start >= end:
            self.add_error("trim_end", f"The end has to come after the start: at least {start + 1}.")
        return (start, end) if (start, end) != (0, frames) else None

    def _try(self, filters: Filters, name: str, work_out: Callable[[Facts, Recipe], object]) -> None:
        if self._facts is None:
            return
        try:
            work_out(self._facts, Recipe(filters=filters))
        except Refused as error:
            self.add_error(name, error.message)

    def _at_rate(self, trim: tuple[int, int] | None, recipe: Recipe) -> tuple[int, int] | None:
        """The same stretch in frames of the rate that was chosen."""
        if trim is None or self._facts is None or recipe.filters.rate == "auto":
            return trim
        factor = constant_rate.rate(self._facts, recipe) / self._facts.rate
        start, end = int(trim[0] * factor), -int(-trim[1] * factor)
        return start, min(max(start + 1, end), constant_rate.frames(self._facts, recipe))

"""The form of a clip to post."""

from __future__ import annotations

import re
from fractions import Fraction
from math import floor
from typing import Any

from django import forms

from upscaler.pipeline.planning.plan import Plan
from upscaler.pipeline.posting.clip_recipe import (
    FORMATS,
    FORMS,
    LONGEST,
    MB,
    MP4,
    SHORTEST,
    SIZES,
    USUAL,
    PostRecipe,
    latest,
    part_of,
)
from upscaler.wording.durations import clock

MOMENT = re.compile(r"(?:(?:(\d{1,2}):)?(\d{1,3}):)?(\d{1,5}(?:[.,]\d{1,3})?)")
"""Hours, minutes and seconds; hours and minutes can be left out."""
DEFAULT_SIZE = 10
ALL_SIZES = sorted({size for sizes in SIZES.values() for size in sizes})


class MomentField(forms.CharField):
    """Minutes and seconds, such as 1:05 or 0:12.5, cleaned to seconds."""

    default_error_messages = {"invalid": "Enter minutes and seconds, such as 1:05 or 0:12.5."}

    def clean(self, value: Any) -> Fraction:
        """Return seconds. Raises forms.ValidationError for text that isn't a time."""
        match = MOMENT.fullmatch(super().clean(value).strip())
        if match is None:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        hours, minutes, seconds = match.groups()
        return 3600 * int(hours or 0) + 60 * int(minutes or 0) + Fraction(seconds.replace(",", "."))


class PostForm(forms.Form):
    """The part, style, file type and maximum size of a clip to post."""

    start = MomentField(
        label="Starts at",
        max_length=16,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    seconds = forms.IntegerField(
        label="Seconds",
        min_value=int(SHORTEST),
        max_value=int(LONGEST),
        initial=int(USUAL),
        error_messages={"max_value": f"A clip can be at most {LONGEST} seconds long."},
    )
    form = forms.ChoiceField(label="Style", choices=FORMS)
    format = forms.ChoiceField(label="File type", choices=FORMATS)
    size = forms.TypedChoiceField(
        label="Maximum size", coerce=int, choices=[(size, f"{size} MB") for size in ALL_SIZES], initial=DEFAULT_SIZE
    )
    with_labels = forms.BooleanField(label="Labels in the corners", required=False, initial=True)
    with_sound = forms.BooleanField(label="With sound", required=False, initial=True)

    def __init__(self, data: Any = None, *, plan: Plan, has_sound: bool, moment: Fraction = Fraction(0)) -> None:
        super().__init__(data, auto_id="post-%s")
        self._plan = plan
        self.fields["start"].initial = clock(floor(min(max(moment, Fraction(0)), latest(plan))))
        if not has_sound:
            del self.fields["with_sound"]

    def clean_start(self) -> Fraction:
        """Return the start. Raises forms.ValidationError if less than a second follows it."""
        start: Fraction = self.cleaned_data["start"]
        last = latest(self._plan)
        if start >= self._plan.duration:
            end = clock(floor(self._plan.duration))
            raise forms.ValidationError(f"The result ends at {end}. Start at {clock(floor(last))} or earlier.")
        if start > last:
            raise forms.ValidationError(f"Start at {clock(floor(last))} or earlier.")
        return start

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        sizes = SIZES.get(data.get("format", ""), ())
        if "size" in data and sizes and data["size"] not in sizes:
            self.add_error("size", f"An animation can be at most {max(sizes)} MB. Choose that, or MP4.")
        return data

    @property
    def recipe(self) -> PostRecipe:
        """The recipe that a valid form describes. Near the end of the video it is shorter than what was entered."""
        data = self.cleaned_data
        first, frames = part_of(self._plan, data["start"], Fraction(data["seconds"]))
        return PostRecipe(
            form=data["form"],
            format=data["format"],
            first=first,
            frames=frames,
            most_bytes=data["size"] * MB,
            with_sound=data["format"] == MP4 and data.get("with_sound", False),
            with_labels=data["with_labels"],
        )

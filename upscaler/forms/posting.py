"""What a person wants of a clip to post."""

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
from upscaler.templatetags.words import clock

MOMENT = re.compile(r"(?:(?:(\d{1,2}):)?(\d{1,3}):)?(\d{1,5}(?:[.,]\d{1,3})?)")
"""Hours, minutes and seconds, of which the last ones are enough."""
USUAL_SIZE = 10
ALL_SIZES = sorted({size for sizes in SIZES.values() for size in sizes})


class MomentField(forms.CharField):
    """Minutes and seconds, such as 1:05 or 0:12.5; gives seconds."""

    default_error_messages = {"invalid": "Give minutes and seconds, such as 1:05 or 0:12.5."}

    def clean(self, value: Any) -> Fraction:
        """Raises forms.ValidationError for what is no time."""
        found = MOMENT.fullmatch(super().clean(value).strip())
        if found is None:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        hours, minutes, seconds = found.groups()
        return 3600 * int(hours or 0) + 60 * int(minutes or 0) + Fraction(seconds.replace(",", "."))


class PostForm(forms.Form):
    """Which part of a comparison, in which form, and how large at most. ``recipe`` says what was chosen."""

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
        error_messages={"max_value": f"A clip to post is at most {LONGEST} seconds long."},
    )
    form = forms.ChoiceField(label="Style", choices=FORMS)
    format = forms.ChoiceField(label="File type", choices=FORMATS)
    size = forms.TypedChoiceField(
        label="Largest size", coerce=int, choices=[(size, f"{size} MB") for size in ALL_SIZES], initial=USUAL_SIZE
    )
    with_labels = forms.BooleanField(label="Labels in the corners", required=False, initial=True)
    with_sound = forms.BooleanField(label="With sound", required=False, initial=True)

    def __init__(self, said: Any = None, *, plan: Plan, has_sound: bool, moment: Fraction = Fraction(0)) -> None:
        super().__init__(said, auto_id="post-%s")
        self._plan = plan
        self.fields["start"].initial = clock(floor(min(max(moment, Fraction(0)), latest(plan))))
        if not has_sound:
            del self.fields["with_sound"]

    def clean_start(self) -> Fraction:
        """Raises forms.ValidationError where nothing, or next to nothing, is left."""
        start: Fraction = self.cleaned_data["start"]
        last = latest(self._plan)
        if start >= self._plan.duration:
            ends = clock(floor(self._plan.duration))
            raise forms.ValidationError(f"The result ends at {ends}: choose a moment up to {clock(floor(last))}.")
        if start > last:
            raise forms.ValidationError(
                f"Less than a second is left there: choose a moment up to {clock(floor(last))}."
            )
        return start

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        sizes = SIZES.get(said.get("format", ""), ())
        if "size" in said and sizes and said["size"] not in sizes:
            self.add_error("size", f"An animated picture is at most {max(sizes)} MB; choose that, or MP4.")
        return said

    @property
    def recipe(self) -> PostRecipe:
        """Of a valid form. What is left behind the moment may be shorter than what was asked for."""
        said = self.cleaned_data
        first, frames = part_of(self._plan, said["start"], Fraction(said["seconds"]))
        return PostRecipe(
            form=said["form"],
            format=said["format"],
            first=first,
            frames=frames,
            most_bytes=said["size"] * MB,
            with_sound=said["format"] == MP4 and said.get("with_sound", False),
            with_labels=said["with_labels"],
        )

"""A film out of parts."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django import forms


class FilmForm(forms.Form):
    """Its title, and what happens to it. The parts are named beside it, in their order."""

    title = forms.CharField(label="Title of the film", max_length=200)
    starts_job = forms.BooleanField(label="Upscale it as soon as it is joined", required=False)


def ids_of(said: Iterable[str]) -> list[UUID]:
    """The ids among what was said; what is none is left out."""
    found = []
    for text in said:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found

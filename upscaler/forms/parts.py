"""The form that joins videos."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django import forms


class FilmForm(forms.Form):
    """The title of the joined video, and whether to upscale it. The page sends the parts beside it, in their order."""

    title = forms.CharField(label="Title of the joined video", max_length=200)
    starts_job = forms.BooleanField(label="Upscale after joining", required=False)


def ids_of(texts: Iterable[str]) -> list[UUID]:
    """Return the UUIDs among some texts."""
    ids = []
    for text in texts:
        try:
            ids.append(UUID(text))
        except ValueError:
            continue
    return ids

"""The search form of the library. Every choice is a field and part of the page's URL."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse_lazy

from upscaler.library.choices import Choices
from upscaler.library.search import MAX_LENGTH, SIZES, SORTS, STATES, LibraryQuery
from upscaler.models import Game

AT_ONCE = {"hx-get": reverse_lazy("library")}
"""Attributes of a field whose changes show results at once. Without JavaScript, the form has a button."""


def _choice(label: str, any_value: str) -> forms.ChoiceField:
    widget = forms.Select(attrs={**AT_ONCE, "hx-trigger": "change"})
    return forms.ChoiceField(label=label, required=False, choices=[("", any_value)], widget=widget)


class FinderForm(forms.Form):
    """The form as it is shown. It is never validated: ``LibraryQuery.parse`` reads the URL."""

    q = forms.CharField(
        label="Search",
        required=False,
        widget=forms.TextInput(
            attrs={
                **AT_ONCE,
                "type": "search",
                "hx-trigger": "input changed delay:200ms, search",
                "placeholder": "Title, map, player, tag …",
                "maxlength": MAX_LENGTH,
                "autocomplete": "off",
                "spellcheck": "false",
                "aria-keyshortcuts": "/",
            }
        ),
    )
    game = _choice("Game", "Any game")
    state = _choice("State", "Any state")
    model = _choice("Model", "Any model")
    size = _choice("Source size", "Any size")
    year = _choice("Year", "Any year")
    collection = _choice("Collection", "All videos")
    sort = _choice("Order", "")

    def __init__(self, search: LibraryQuery, choices: Choices) -> None:
        super().__init__(initial=vars(search), auto_id="find_%s")
        choices_of_field: dict[str, list[tuple[str, str]]] = {
            "game": list(Game.choices),
            "state": [(name, state.label) for name, state in STATES.items()],
            "size": [(name, size.label) for name, size in SIZES.items()],
            "model": choices.models,
            "year": choices.years,
            "collection": choices.collections,
        }
        for name, more in choices_of_field.items():
            field: Any = self.fields[name]
            field.choices = [*field.choices, *more]
        order: Any = self.fields["sort"]
        order.choices = [(name, sort.label) for name, sort in SORTS.items()]

    @property
    def filters(self) -> list[forms.BoundField]:
        """The filters that have anything to choose from."""
        names = ("game", "state", "model", "size", "year", "collection")
        return [self[name] for name in names if len(self.fields[name].choices) > 1]  # type: ignore[attr-defined]

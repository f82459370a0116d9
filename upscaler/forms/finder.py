"""The search of the library: every choice is a field, and all of them stand in the address."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse_lazy

from upscaler.library.choices import Choices
from upscaler.library.search import MOST_LETTERS, SIZES, SORTS, STATES, LibraryQuery
from upscaler.models import Game

ASKS = {"hx-get": reverse_lazy("library")}
"""What a field has that shows its answer at once; without scripts, the form has a button."""


def _choice(label: str, every: str) -> forms.ChoiceField:
    widget = forms.Select(attrs={**ASKS, "hx-trigger": "change"})
    return forms.ChoiceField(label=label, required=False, choices=[("", every)], widget=widget)


class FinderForm(forms.Form):
    """Shown, never validated: ``LibraryQuery.parse`` takes the address as it is."""

    q = forms.CharField(
        label="Search",
        required=False,
        widget=forms.TextInput(
            attrs={
                **ASKS,
                "type": "search",
                "hx-trigger": "input changed delay:200ms, search",
                "placeholder": "Title, map, player, tag …",
                "maxlength": MOST_LETTERS,
                "autocomplete": "off",
                "spellcheck": "false",
                "aria-keyshortcuts": "/",
            }
        ),
    )
    game = _choice("Game", "Any game")
    state = _choice("State", "Any state")
    model = _choice("Model", "Any model")
    size = _choice("Size of the source", "Any size")
    year = _choice("Year", "Any year")
    collection = _choice("Collection", "All videos")
    sort = _choice("Order", "")

    def __init__(self, search: LibraryQuery, choices: Choices) -> None:
        super().__init__(initial=vars(search), auto_id="find_%s")
        offered: dict[str, list[tuple[str, str]]] = {
            "game": list(Game.choices),
            "state": [(name, state.label) for name, state in STATES.items()],
            "size": [(name, size.label) for name, size in SIZES.items()],
            "model": choices.models,
            "year": choices.years,
            "collection": choices.collections,
        }
        for name, found in offered.items():
            field: Any = self.fields[name]
            field.choices = [*field.choices, *found]
        order: Any = self.fields["sort"]
        order.choices = [(name, sort.label) for name, sort in SORTS.items()]

    @property
    def filters(self) -> list[forms.BoundField]:
        """Those that have anything to choose from."""
        names = ("game", "state", "model", "size", "year", "collection")
        return [self[name] for name in names if len(self.fields[name].choices) > 1]  # type: ignore[attr-defined]

"""What is said about a clip: one at a time, or several at once."""

from __future__ import annotations

from typing import Any

from django import forms

from upscaler.library.about import ABOUT
from upscaler.library.tags import MOST_TAGS, names_of
from upscaler.models import Game, Video
from upscaler.models.video import FIRST_YEAR, LAST_YEAR
from upscaler.pipeline.core.printable import one_line

MOST_NOTES = 20_000
LEAVE, EMPTY = "", "-"
"""Of the choice of a game for several videos."""


class TagsField(forms.CharField):
    """Tags with commas between; gives their names."""

    def __init__(self, label: str, **kwargs: Any) -> None:
        super().__init__(label=label, required=False, max_length=2000, **kwargs)

    def clean(self, value: Any) -> list[str]:
        """Raises forms.ValidationError for more than anybody means."""
        names = names_of(super().clean(value) or "")
        if len(names) > MOST_TAGS:
            raise forms.ValidationError(f"These are {len(names)} tags; {MOST_TAGS} are the most.")
        return names


class AboutForm(forms.ModelForm):  # type: ignore[type-arg]
    """About this clip. Nothing but the title has to be known."""

    tags = TagsField("Tags", help_text="Separate with commas, such as: montage, sniper.")
    field_order = ("title", "game", "map", "mode", "year", "players", "tags", "notes", "source_url", "uploader")

    class Meta:
        model = Video
        fields = list(ABOUT)
        labels = {"source_url": "Found at", "uploader": "First uploaded by"}
        help_texts = {
            "players": "Separate with commas.",
            "year": "In which it was played or recorded.",
            "source_url": "An address that begins with http:// or https://.",
            "uploader": "Who put it there first, as far as is known.",
        }
        widgets = {
            "year": forms.NumberInput(attrs={"inputmode": "numeric", "min": FIRST_YEAR, "max": LAST_YEAR}),
            "source_url": forms.URLInput(),
            "notes": forms.Textarea(attrs={"rows": 5}),
            "map": forms.TextInput(attrs={"list": "maps"}),
            "mode": forms.TextInput(attrs={"list": "modes"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        game = self.fields["game"]
        assert isinstance(game, forms.ChoiceField)
        game.choices = [("", "Not said"), *Game.choices]
        self.fields["tags"].initial = ", ".join(tag.name for tag in self.instance.tags.all())

    def clean_title(self) -> str:
        return one_line(self.cleaned_data["title"])

    def clean_players(self) -> str:
        names = (one_line(name) for name in self.cleaned_data["players"].split(","))
        return ", ".join(filter(None, names))

    def clean_notes(self) -> str:
        """Raises forms.ValidationError for a book."""
        notes: str = self.cleaned_data["notes"].strip()
        if len(notes) > MOST_NOTES:
            raise forms.ValidationError(f"These notes are longer than {MOST_NOTES:,} letters.")
        return notes


class BulkAboutForm(forms.Form):
    """The same for several videos: what is left empty here stays as it is in each of them."""

    game = forms.ChoiceField(
        label="Game", required=False, choices=[(LEAVE, "Leave as it is"), (EMPTY, "Not said"), *Game.choices]
    )
    map = forms.CharField(label="Map", required=False, max_length=100)
    mode = forms.CharField(label="Mode", required=False, max_length=100)
    year = forms.IntegerField(label="Year", required=False, min_value=FIRST_YEAR, max_value=LAST_YEAR)
    empty = forms.MultipleChoiceField(
        label="Empty these",
        required=False,
        choices=[("map", "Map"), ("mode", "Mode"), ("year", "Year")],
        widget=forms.CheckboxSelectMultiple,
    )
    add = TagsField("Add tags", help_text="Separate with commas.")
    remove = TagsField("Take tags away", help_text="Separate with commas.")

    def clean(self) -> dict[str, Any]:
        """Raises forms.ValidationError where there is nothing to do."""
        data = super().clean() or {}
        if not self.errors and not (self.values or data["add"] or data["remove"]):
            raise forms.ValidationError("Nothing would change: fill in what these videos have in common.")
        return data

    @property
    def values(self) -> dict[str, str | int | None]:
        """The fields that change, of a form without errors."""
        data = self.cleaned_data
        values: dict[str, str | int | None] = {name: data[name] for name in ("map", "mode", "year") if data[name]}
        for name in data["empty"]:
            values[name] = None if name == "year" else ""
        if data["game"] != LEAVE:
            values["game"] = "" if data["game"] == EMPTY else data["game"]
        return values


def said_about(video: Video) -> list[tuple[str, str]]:
    """What is known of a clip, under the names that the form has for it; but its title, its source and its notes."""
    values = (
        ("Game", video.get_game_display()),
        ("Map", video.map),
        ("Mode", video.mode),
        ("Players", video.players),
        ("Year", str(video.year or "")),
        ("First uploaded by", video.uploader),
    )
    return [(name, value) for name, value in values if value]

"""Forms that describe videos: one at a time, or several at once."""

from __future__ import annotations

from typing import Any

from django import forms

from upscaler.library.descriptions import ABOUT
from upscaler.library.tags import MAX_TAGS, names_of
from upscaler.models import Game, Video
from upscaler.models.video import FIRST_YEAR, LAST_YEAR
from upscaler.pipeline.core.safe_text import one_line

MAX_NOTES = 20_000
LEAVE, EMPTY = "", "-"
"""Values of the choice of a game for several videos."""


class TagsField(forms.CharField):
    """Tags separated by commas, cleaned to their names."""

    def __init__(self, label: str, **kwargs: Any) -> None:
        super().__init__(label=label, required=False, max_length=2000, **kwargs)

    def clean(self, value: Any) -> list[str]:
        """Return the names. Raises forms.ValidationError for too many."""
        names = names_of(super().clean(value) or "")
        if len(names) > MAX_TAGS:
            raise forms.ValidationError(f"At most {MAX_TAGS} tags (you entered {len(names)}).")
        return names


class AboutForm(forms.ModelForm):  # type: ignore[type-arg]
    """The description of a video, of which only the title is required."""

    tags = TagsField("Tags", help_text="Separate with commas, such as: montage, sniper.")
    field_order = ("title", "game", "map", "mode", "year", "players", "tags", "notes", "source_url", "uploader")

    class Meta:
        model = Video
        fields = list(ABOUT)
        labels = {"source_url": "Source URL", "uploader": "First uploaded by"}
        help_texts = {
            "players": "Separate with commas.",
            "year": "Year it was played or recorded.",
            "source_url": "The page where you found it, starting with http:// or https://.",
            "uploader": "Original uploader, if known.",
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
        game.choices = [("", "Unknown"), *Game.choices]
        self.fields["tags"].initial = ", ".join(tag.name for tag in self.instance.tags.all())

    def clean_title(self) -> str:
        return one_line(self.cleaned_data["title"])

    def clean_players(self) -> str:
        names = (one_line(name) for name in self.cleaned_data["players"].split(","))
        return ", ".join(filter(None, names))

    def clean_notes(self) -> str:
        """Return the notes. Raises forms.ValidationError for too many characters."""
        notes: str = self.cleaned_data["notes"].strip()
        if len(notes) > MAX_NOTES:
            raise forms.ValidationError(f"Notes can have at most {MAX_NOTES:,} characters (yours have {len(notes):,}).")
        return notes


class BulkAboutForm(forms.Form):
    """The description of several videos, whose empty fields change nothing."""

    game = forms.ChoiceField(
        label="Game", required=False, choices=[(LEAVE, "Don't change"), (EMPTY, "Unknown"), *Game.choices]
    )
    map = forms.CharField(label="Map", required=False, max_length=100)
    mode = forms.CharField(label="Mode", required=False, max_length=100)
    year = forms.IntegerField(label="Year", required=False, min_value=FIRST_YEAR, max_value=LAST_YEAR)
    empty = forms.MultipleChoiceField(
        label="Clear these fields",
        required=False,
        choices=[("map", "Map"), ("mode", "Mode"), ("year", "Year")],
        widget=forms.CheckboxSelectMultiple,
    )
    add = TagsField("Add tags", help_text="Separate with commas.")
    remove = TagsField("Remove tags", help_text="Separate with commas.")

    def clean(self) -> dict[str, Any]:
        """Return the data. Raises forms.ValidationError if nothing would change."""
        data = super().clean() or {}
        if not self.errors and not (self.values or data["add"] or data["remove"]):
            raise forms.ValidationError("Change at least one field.")
        return data

    @property
    def values(self) -> dict[str, str | int | None]:
        """The fields that change, from a form without errors."""
        data = self.cleaned_data
        values: dict[str, str | int | None] = {name: data[name] for name in ("map", "mode", "year") if data[name]}
        for name in data["empty"]:
            values[name] = None if name == "year" else ""
        if data["game"] != LEAVE:
            values["game"] = "" if data["game"] == EMPTY else data["game"]
        return values


def description_rows(video: Video) -> list[tuple[str, str]]:
    """Return a video's description by the labels of the form, without title, source and notes."""
    values = (
        ("Game", video.get_game_display()),
        ("Map", video.map),
        ("Mode", video.mode),
        ("Players", video.players),
        ("Year", str(video.year or "")),
        ("First uploaded by", video.uploader),
    )
    return [(name, value) for name, value in values if value]

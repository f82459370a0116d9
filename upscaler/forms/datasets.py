"""Forms of datasets, their captures and their capture links."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from upscaler.forms.sharing import DEFAULT_EXPIRY, EXPIRY
from upscaler.models import Capture, CaptureLink, Dataset, Game
from upscaler.pipeline.core.safe_text import one_line
from upscaler.publish.capture_links import Terms
from upscaler.training.dataset.harvest_options import HarvestOptions

LICENCE_HELP = "An SPDX identifier such as CC-BY-4.0, or a sentence."
MAX_GIB = 10_000
MAX_NOTES = 20_000
MAX_FRAMES = 1_000_000


class DatasetForm(forms.ModelForm):  # type: ignore[type-arg]
    """A dataset, and how frames of its captures are harvested."""

    leave_out_black = forms.BooleanField(label="Leave out black screens", required=False)
    leave_out_static = forms.BooleanField(
        label="Leave out menus and loading screens", required=False, help_text="Frames in which nothing moves."
    )
    keep_all = forms.BooleanField(
        label="Keep every frame", required=False, help_text="For pictures that somebody has chosen already."
    )
    max_frames = forms.IntegerField(
        label="Frames to keep of a capture, at most", min_value=0, max_value=MAX_FRAMES, help_text="0 for no limit."
    )

    class Meta:
        model = Dataset
        fields = ["name", "game", "licence", "notes"]
        labels = {"licence": "Licence"}
        help_texts = {"licence": f"{LICENCE_HELP} It applies to captures that have none of their own."}
        widgets = {"notes": forms.Textarea(attrs={"rows": 4, "maxlength": MAX_NOTES})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _name_empty_game(self.fields["game"])
        options = HarvestOptions.from_json(self.instance.harvest_json)
        for name in ("leave_out_black", "leave_out_static", "keep_all", "max_frames"):
            self.fields[name].initial = getattr(options, name)

    def clean_name(self) -> str:
        """Return the name. Raises forms.ValidationError for one of invisible characters alone."""
        return _visible(self.cleaned_data["name"])

    def save(self, commit: bool = True) -> Dataset:
        """Save the dataset with the options of its harvest."""
        names = ("leave_out_black", "leave_out_static", "keep_all", "max_frames")
        self.instance.harvest_json = self.instance.harvest_json | {name: self.cleaned_data[name] for name in names}
        dataset: Dataset = super().save(commit)
        return dataset


class NewDatasetForm(forms.ModelForm):  # type: ignore[type-arg]
    """The name and the game of a new dataset; the rest has defaults."""

    class Meta:
        model = Dataset
        fields = ["name", "game"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _name_empty_game(self.fields["game"])

    def clean_name(self) -> str:
        """Return the name. Raises forms.ValidationError for one of invisible characters alone."""
        return _visible(self.cleaned_data["name"])


class CaptureForm(forms.ModelForm):  # type: ignore[type-arg]
    """What is said of a capture."""

    class Meta:
        model = Capture
        fields = ["title", "map", "licence", "split"]
        labels = {"licence": "Licence", "split": "Used for"}
        help_texts = {
            "licence": "Leave empty for the dataset's.",
            "split": "Held-out captures evaluate models. All captures of a map are on one side.",
        }
        widgets = {"map": forms.TextInput(attrs={"list": "maps", "autocomplete": "off"})}

    def clean_title(self) -> str:
        """Return the title. Raises forms.ValidationError for one of invisible characters alone."""
        return _visible(self.cleaned_data["title"])

    def clean_map(self) -> str:
        return one_line(self.cleaned_data["map"])


class CaptureLinkForm(forms.ModelForm):  # type: ignore[type-arg]
    """The terms of a new capture link."""

    lasts = forms.ChoiceField(
        label="Expires after", initial=DEFAULT_EXPIRY, choices=[(name, label) for name, (label, _) in EXPIRY.items()]
    )
    max_gib = forms.IntegerField(
        label="Size of all captures together, at most (GiB)", min_value=1, max_value=MAX_GIB, initial=20
    )
    new_password = forms.CharField(
        label="Password",
        required=False,
        max_length=200,
        strip=False,
        help_text="Leave empty for no password.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    field_order = ("licence", "note", "max_captures", "max_gib", "lasts", "new_password")

    class Meta:
        model = CaptureLink
        fields = ["licence", "note", "max_captures"]
        labels = {"licence": "Licence", "note": "Note", "max_captures": "Captures, at most"}
        help_texts = {
            "licence": f"What contributors agree to. {LICENCE_HELP}",
            "note": "What to capture, and how.",
        }
        widgets = {"note": forms.Textarea(attrs={"rows": 2})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["max_captures"].min_value = 1  # type: ignore[attr-defined]  # it is an integer field
        self.fields["max_captures"].widget.attrs["min"] = 1

    def clean_max_captures(self) -> int:
        """Return the number. Raises forms.ValidationError for a link that accepts nothing."""
        number: int = self.cleaned_data["max_captures"]
        if number < 1:
            raise forms.ValidationError("Enter 1 or more.")
        return number

    def terms(self) -> Terms:
        """Return the terms that a valid form describes."""
        data = self.cleaned_data
        length = EXPIRY[data["lasts"]][1]
        return Terms(
            licence=data["licence"],
            note=data["note"].strip(),
            max_captures=data["max_captures"],
            max_bytes=data["max_gib"] * 1024**3,
            expires_at=timezone.now() + length if length else None,
            password=data["new_password"],
        )


class ContributorForm(forms.Form):
    """A contributor's name, the map of the capture, and the consent to the licence."""

    contributor = forms.CharField(
        label="Your name",
        max_length=120,
        help_text="The owner of the dataset sees it.",
        error_messages={"required": "Enter your name."},
        widget=forms.TextInput(attrs={"autocomplete": "nickname"}),
    )
    map = forms.CharField(label="Map", max_length=100, required=False, help_text="Where in the game it is.")
    agrees = forms.BooleanField(error_messages={"required": "Agree to the licence first."})

    def __init__(self, *args: Any, link: CaptureLink, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["agrees"].label = f"I made these captures, and agree to the licence: {link.licence}"

    def clean_contributor(self) -> str:
        """Return the name. Raises forms.ValidationError for one of invisible characters alone."""
        return _visible(self.cleaned_data["contributor"])

    def clean_map(self) -> str:
        return one_line(self.cleaned_data["map"])


def _name_empty_game(field: forms.Field) -> None:
    assert isinstance(field, forms.ChoiceField)
    field.choices = [("", "Not entered"), *Game.choices]


def _visible(text: str) -> str:
    """Return text as one line. Raises forms.ValidationError if nothing can be seen of it."""
    line = one_line(text)
    if not line:
        raise forms.ValidationError("Enter a name.")
    return line

"""What a person chooses for a run."""

from __future__ import annotations

from typing import Any

from django import forms

from upscaler import selectors
from upscaler.models import UpscaleModel, User
from upscaler.pipeline.presets import PRESETS
from upscaler.pipeline.recipe import HEIGHTS, Recipe


def preset_field() -> forms.ChoiceField:
    """All presets, by their labels."""
    return forms.ChoiceField(label="Format", choices=[(preset.name, preset.label) for preset in PRESETS.values()])


def height_field() -> forms.TypedChoiceField:
    """The usual heights, or the network's own."""
    return forms.TypedChoiceField(
        label="Height",
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", "The model's own"), *((height, f"{height} lines") for height in HEIGHTS)],
    )


class JobForm(forms.Form):
    """Model, format and height of one run."""

    model = forms.ModelChoiceField(queryset=UpscaleModel.objects.none(), empty_label=None, label="Model")
    preset = preset_field()
    height = height_field()

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        models = selectors.models_ready()
        field = self.fields["model"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = models
        field.initial = user.default_model_id or models.first()
        self.fields["preset"].initial = user.default_preset
        self.fields["height"].initial = user.default_height

    @property
    def recipe(self) -> Recipe:
        """Of a valid form."""
        return Recipe(preset=self.cleaned_data["preset"], height=self.cleaned_data["height"])

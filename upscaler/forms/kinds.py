"""The choice of a kind of video."""

from __future__ import annotations

from django import forms

from upscaler.pipeline.planning.clip_profiles import CLIP_PROFILES, OTHER


def kind_field(label: str = "Kind of video") -> forms.ChoiceField:
    """Return a choice of the kinds by their labels."""
    choices = [(kind.name, kind.label) for kind in CLIP_PROFILES.values()]
    return forms.ChoiceField(label=label, choices=choices, required=False, initial=OTHER)

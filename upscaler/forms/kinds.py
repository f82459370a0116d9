"""The choice of a kind of video."""

from __future__ import annotations

from django import forms

from upscaler.pipeline.planning.clip_profiles import KINDS, OTHER


def kind_field(label: str = "Kind of video") -> forms.ChoiceField:
    """Return a choice of the kinds by their labels."""
    choices = [(kind.name, kind.label) for kind in KINDS.values()]
    return forms.ChoiceField(label=label, choices=choices, required=False, initial=OTHER)

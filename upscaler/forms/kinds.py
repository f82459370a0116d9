"""The choice of what a clip is."""

from __future__ import annotations

from django import forms

from upscaler.pipeline.planning.clip_profiles import KINDS, OTHER


def kind_field(label: str = "What is it?") -> forms.ChoiceField:
    """One of the kinds, by their labels; what does not say is something else."""
    choices = [(kind.name, kind.label) for kind in KINDS.values()]
    return forms.ChoiceField(label=label, choices=choices, required=False, initial=OTHER)

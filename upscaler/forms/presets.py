"""The choice of a format, in groups. Formats that this server can't make are listed with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from upscaler.pipeline.core.presets import PRESETS, Preset


class PresetSelect(forms.Select):
    """A select whose unavailable formats are disabled."""

    reasons: dict[str, str]

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option: dict[str, Any] = super().create_option(name, value, *args, **kwargs)
        if self.reasons.get(str(value)):
            option["attrs"]["disabled"] = True
        return option


class PresetField(forms.ChoiceField):
    """A format. ``offer`` sets the choices each time a form is made, since encoders come and go with workers."""

    widget = PresetSelect

    def __init__(self) -> None:
        super().__init__(label="Format")
        self.offer([(preset, "") for preset in PRESETS.values()])

    def offer(self, presets: Sequence[tuple[Preset, str]]) -> None:
        """Set the presets, each with the reason why it can't be made here, or ""."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for preset, reason in presets:
            label = f"{preset.label}: {reason}" if reason else preset.label
            groups.setdefault(preset.group, []).append((preset.name, label))
        self.choices = list(groups.items())
        self.reasons = {preset.name: reason for preset, reason in presets if reason}
        assert isinstance(self.widget, PresetSelect)
        self.widget.reasons = self.reasons

    def validate(self, value: Any) -> None:
        """Refuse a preset that doesn't exist or can't be made here. Raises forms.ValidationError."""
        super().validate(value)
        if reason := self.reasons.get(value):
            raise forms.ValidationError(f"{PRESETS[value].label} isn't available on this server: {reason}")

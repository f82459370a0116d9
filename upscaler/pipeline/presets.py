"""The output presets, in one table. To add one: a row."""

from __future__ import annotations

from dataclasses import dataclass

from .errors import Refused

ENCODER_THREADS = 4
"""Part of the preset, not of the machine: x264's bytes depend on it."""


@dataclass(frozen=True)
class Preset:
    """How the result is written. ``options`` are ffmpeg's for the encoder, by their own names."""

    name: str
    label: str
    description: str
    options: tuple[tuple[str, str | int], ...]


PRESETS = {
    preset.name: preset
    for preset in (
        Preset(
            "h264",
            "H.264 for the web",
            "Plays everywhere; the right choice for sharing.",
            (("c:v", "libx264"), ("preset", "veryfast"), ("crf", 18), ("profile:v", "high")),
        ),
        Preset(
            "h264-high",
            "H.264, high quality",
            "Plays everywhere, about twice the size: for an upload to a video site.",
            (("c:v", "libx264"), ("preset", "medium"), ("crf", 14), ("profile:v", "high")),
        ),
    )
}


def preset(name: str) -> Preset:
    """The preset of that name. Raises Refused, naming the valid ones."""
    if name not in PRESETS:
        raise Refused(f"There is no preset called {name!r}; the presets are: {', '.join(PRESETS)}.")
    return PRESETS[name]

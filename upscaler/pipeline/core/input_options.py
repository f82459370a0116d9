"""ffmpeg's options for opening a source: equal in every run, since the stream numbers depend on them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class InputOptions:
    """The stream to read, and how far ffmpeg reads to find the streams."""

    pictures: str = "V:0"
    """ffmpeg's specifier of the main video stream; "V:0" is the first that isn't cover art."""
    probe_bytes: int = 0
    """How far ffmpeg reads to find the streams, some of which begin late; 0 for its default of 5 MB."""
    probe_microseconds: int = 0
    """How far ffmpeg reads to find the streams, in microseconds; 0 for its default of 5 seconds."""

    def options(self) -> dict[str, str | int | float]:
        """Return the options for an input node."""
        if not self.probe_bytes:
            return {}
        return {"probesize": self.probe_bytes, "analyzeduration": self.probe_microseconds}

    def arguments(self) -> list[str]:
        """Return the options for a command line."""
        return [word for name, value in self.options().items() for word in (f"-{name}", str(value))]


DEFAULT_INPUT = InputOptions()
"""The first video stream, found with ffmpeg's defaults."""

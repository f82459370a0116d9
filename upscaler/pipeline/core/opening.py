"""How a source is opened: the same in every run of ffmpeg, or the numbers of its streams would differ."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Opening:
    """What ffmpeg is told about a source, beside its address."""

    pictures: str = "V:0"
    """The stream of pictures that is the film, by ffmpeg's name; "V:0" is the first that is no cover art."""
    probe_bytes: int = 0
    """How far ffmpeg reads before it says which streams there are; 0 for its own 5 MB. Some begin late."""
    probe_microseconds: int = 0
    """The same in time; 0 for its own 5 seconds."""

    def options(self) -> dict[str, str | int | float]:
        """For an input node."""
        if not self.probe_bytes:
            return {}
        return {"probesize": self.probe_bytes, "analyzeduration": self.probe_microseconds}

    def arguments(self) -> list[str]:
        """For a command line."""
        return [word for name, value in self.options().items() for word in (f"-{name}", str(value))]


OPENED_PLAINLY = Opening()
"""The first stream of pictures, by what ffmpeg sees in its own time."""

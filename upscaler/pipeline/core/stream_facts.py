"""The sound, the subtitles, the fonts and the chapters of a source."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from .timeline import Shift


@dataclass(frozen=True)
class SoundForm:
    """Sample rate and channel layout of a stretch of sound."""

    rate: int
    """Samples per second."""
    channels: int
    layout: str
    """ffmpeg's name of the layout, such as "5.1"."""


@dataclass(frozen=True)
class AudioStream:
    """One audio stream of a source; ``index`` counts audio streams only, from 0."""

    index: int
    codec: str
    sample_rate: int
    channels: int
    language: str
    title: str
    start: Fraction = Fraction(0)
    """Seconds after the container's start at which it begins, as declared."""
    layout: str = ""
    """Channel layout by ffmpeg's name. Like rate and channels, that of the form with the longest duration."""
    forms: int = 1
    """Number of stretches with a constant rate and number of channels."""
    shifts: tuple[Shift, ...] = ()
    """Shifts of its clock, by the numbers of its decoded frames; none where the file's clock needs none."""
    slips: int = 0
    """Frames with an implausible timestamp."""
    silent: str = ""
    """The reason why it can't be decoded; empty where it can."""
    complaints: int = 0
    """Packets that can't be decoded."""

    @property
    def is_plain(self) -> bool:
        """Whether it has one form and one clock throughout, so that it can be copied."""
        return self.forms == 1 and not self.shifts and not self.slips


@dataclass(frozen=True)
class SubtitleStream:
    """One subtitle stream of a source; ``index`` counts subtitle streams only, from 0."""

    index: int
    codec: str
    language: str
    title: str
    silent: str = ""
    """The reason why it can't be read; empty where it can."""


@dataclass(frozen=True)
class Font:
    """An attached font that renders subtitles."""

    index: int
    """Its number among the attached files."""
    name: str
    mimetype: str


@dataclass(frozen=True)
class LeftOut:
    """A stream of the source that isn't in the result."""

    kind: str
    """"pictures", "sound", "subtitles" or "attachment"."""
    name: str
    """Its codec, or the name of the attached file."""
    why: str


@dataclass(frozen=True)
class Chapter:
    """A chapter, with times in seconds from the container's start."""

    start: Fraction
    end: Fraction
    title: str

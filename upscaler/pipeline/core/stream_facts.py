"""The sound, the subtitles, the fonts and the chapters of a source."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from .timeline import Shift


@dataclass(frozen=True)
class SoundForm:
    """How the samples of a stretch of sound are laid out."""

    rate: int
    """Samples a second."""
    channels: int
    layout: str
    """By ffmpeg's name, such as "5.1"."""


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
    """Which loudspeakers the channels are for, by ffmpeg's name; of the form that lasts longest, as rate and channels
    are."""
    forms: int = 1
    """How often rate or channels change in it, and one."""
    shifts: tuple[Shift, ...] = ()
    """The account of its clock, by the numbers of its decoded frames; none where it is the file's own."""
    slips: int = 0
    """Frames of it whose timestamp can't be right."""
    silent: str = ""
    """Why nothing of it can be heard; empty where something can."""
    complaints: int = 0
    """Packets of it that can't be decoded."""

    @property
    def is_plain(self) -> bool:
        """One form from the beginning to the end, by one clock: what may be copied as it is."""
        return self.forms == 1 and not self.shifts and not self.slips


@dataclass(frozen=True)
class SubtitleStream:
    """One subtitle stream of a source; ``index`` counts subtitle streams only, from 0."""

    index: int
    codec: str
    language: str
    title: str
    silent: str = ""
    """Why nothing of it can be read; empty where something can."""


@dataclass(frozen=True)
class Font:
    """An attached file with which subtitles are drawn."""

    index: int
    """Its number among the attached files."""
    name: str
    mimetype: str


@dataclass(frozen=True)
class LeftOut:
    """A stream of the source that nothing is made of."""

    kind: str
    """"pictures", "sound", "subtitles" or "attachment"."""
    name: str
    """Its codec, or the name of the attached file."""
    why: str


@dataclass(frozen=True)
class Chapter:
    """Times in seconds from the container's start."""

    start: Fraction
    end: Fraction
    title: str

"""What is measured about a source. Frozen: written once by analyse, read by everyone."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from fractions import Fraction
from typing import Any


@dataclass(frozen=True)
class AudioStream:
    """One audio stream of a source; ``index`` counts audio streams only, from 0."""

    index: int
    codec: str
    sample_rate: int
    channels: int
    language: str
    title: str


@dataclass(frozen=True)
class Facts:
    """What analyse found in one full decode pass.

    Times are seconds as Fractions, counted from the container's own start, which is where ffmpeg
    puts its zero. Frame numbers count the decoded frames brought to the base rate.
    """

    container: str
    codec: str
    width: int
    """Decoded width in pixels, after any rotation."""
    height: int
    sar: Fraction
    """Sample aspect ratio: the width of a pixel over its height."""
    pix_fmt: str
    matrix: str
    """Colour matrix of the decoded YUV, as ffmpeg's scale filter names it; assumed where untagged."""
    full_range: bool
    colour_tagged: bool
    """False where the matrix was assumed from the size of the picture."""
    decoded_frames: int
    rate: Fraction
    """Base rate in frames a second."""
    timing: str
    """"constant", "variable" (a regular grid with gaps) or "jittered" (no grid fits)."""
    frames: int
    """Frames once the source is brought to its base rate: decoded_frames when timing is constant."""
    first_frame_time: Fraction
    audio: tuple[AudioStream, ...]
    cuts: tuple[int, ...]
    """Frames at which a new scene begins; the first frame is not a cut."""
    poster_frame: int
    decode_errors: int
    """Lines in which the decoder complained; more than 0 means that the file is damaged."""

    @property
    def duration(self) -> Fraction:
        """Seconds for which the frames are shown."""
        return self.frames / self.rate

    @property
    def display_width(self) -> int:
        """Width in square pixels, even where the file's pixels are not."""
        return round(self.width * self.sar)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON types; Fractions become "n/d"."""
        return {key: str(value) if isinstance(value, Fraction) else value for key, value in asdict(self).items()}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Facts:
        """The reverse of to_json. Raises KeyError for a missing fact."""
        values = {field.name: data[field.name] for field in fields(cls)}
        for name in ("sar", "rate", "first_frame_time"):
            values[name] = Fraction(values[name])
        values["audio"] = tuple(AudioStream(**stream) for stream in values["audio"])
        values["cuts"] = tuple(values["cuts"])
        return cls(**values)

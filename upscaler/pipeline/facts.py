"""What is measured about a source. Frozen: written once by analyse, read by everyone."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from fractions import Fraction
from typing import Any, Literal

FieldOrder = Literal["progressive", "tff", "bff"]
WIDE_TRANSFERS = ("smpte2084", "arib-std-b67")
"""PQ and HLG, by ffmpeg's names."""
Fields = Literal["together", "shifted", "apart"]


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


@dataclass(frozen=True)
class SubtitleStream:
    """One subtitle stream of a source; ``index`` counts subtitle streams only, from 0."""

    index: int
    codec: str
    language: str
    title: str


@dataclass(frozen=True)
class Chapter:
    """Times in seconds from the container's start."""

    start: Fraction
    end: Fraction
    title: str


@dataclass(frozen=True)
class Border:
    """Black pixels at each side of the decoded picture."""

    left: int = 0
    top: int = 0
    right: int = 0
    bottom: int = 0

    def __bool__(self) -> bool:
        return bool(self.left or self.top or self.right or self.bottom)


@dataclass(frozen=True)
class Gap:
    """A stretch without pictures, in which the last frame before it goes on being shown."""

    frame: int
    """Number of the frame after the gap, at the base rate."""
    time: Fraction
    """Seconds after the first frame at which the gap begins."""
    seconds: Fraction


@dataclass(frozen=True)
class Repeats:
    """Which frames show the same as the frame before them, packed: a bit a frame, compressed.

    Hours of video have a million frames, and half of them may be repeats.
    """

    packed: str = ""

    @classmethod
    def of(cls, frames: Iterable[int]) -> Repeats:
        """From the numbers of the frames that repeat the one before them. Raises ValueError for frame 0."""
        numbers = sorted(set(frames))
        if not numbers:
            return cls()
        if numbers[0] < 1:
            raise ValueError("the first frame has nothing before it to repeat")
        bits = bytearray(numbers[-1] // 8 + 1)
        for number in numbers:
            bits[number // 8] |= 1 << number % 8
        return cls(base64.b85encode(zlib.compress(bytes(bits), 9)).decode())

    def numbers(self) -> frozenset[int]:
        """The numbers of the frames that repeat the one before them."""
        if not self.packed:
            return frozenset()
        bits = zlib.decompress(base64.b85decode(self.packed))
        return frozenset(8 * at + bit for at, byte in enumerate(bits) if byte for bit in range(8) if byte >> bit & 1)


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
    range_tagged: bool = True
    """False where TV range was assumed."""
    transfer: str = "unknown"
    """Transfer characteristics as tagged, by ffmpeg's name; "unknown" where the file does not say."""
    rotation: int = 0
    """Degrees by which the decoder turned the picture."""
    field_order: FieldOrder = "progressive"
    interlaced_share: float = 0.0
    """Part of the frames that move, 0 to 1, whose two fields do not fit each other."""
    fields_are: Fields = "together"
    """Of interlaced frames: two moments ("apart"), or one moment whose other field is in the next frame ("shifted")."""
    border: Border = Border()
    repeats: Repeats = Repeats()
    """Frames that show the same as the one before them: duplicates in the file, and filled gaps."""
    duplicates: int = 0
    """Decoded frames that show the same as the one before them."""
    held: int = 0
    """Of ``frames``, those at the end in which the last picture stays, by the file's own word."""
    gaps: tuple[Gap, ...] = ()
    declared_seconds: Fraction = Fraction(0)
    """When the pictures end by the file's own word, after the container's start; 0 where it says nothing of them."""
    listed_frames: int = 0
    """Frames that an AVI says it has, the empty ones too; 0 for other containers."""
    subtitles: tuple[SubtitleStream, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    title: str = ""
    """The container's own title."""
    time_base: Fraction = field(default=Fraction(1, 1000))
    """Seconds of one tick of the video stream's timestamps."""

    @property
    def duration(self) -> Fraction:
        """Seconds for which the frames are shown."""
        return self.frames / self.rate

    @property
    def display_width(self) -> int:
        """Width in square pixels, even where the file's pixels are not."""
        return round(self.width * self.sar)

    @property
    def is_interlaced(self) -> bool:
        return self.field_order != "progressive"

    @property
    def is_wide(self) -> bool:
        """More colours or more light than BT.709 has room for."""
        return self.matrix == "bt2020" or self.transfer in WIDE_TRANSFERS

    @property
    def missing_seconds(self) -> Fraction:
        """By how much the pictures fall short of what the container declares; 0 within a second."""
        missing = self.declared_seconds - self.first_frame_time - self.duration
        return missing if missing > 1 else Fraction(0)

    @property
    def missing_frames(self) -> int:
        """Frames that are listed and not there; up to two are the way some encoders of AVI count.

        In an AVI no timestamp tells where they were: what follows moves up, the sound with it.
        """
        missing = self.listed_frames - self.frames
        return missing if missing > 2 else 0

    @property
    def is_damaged(self) -> bool:
        return bool(self.decode_errors or self.gaps or self.missing_seconds or self.missing_frames)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON types; Fractions become "n/d"."""
        plain: dict[str, Any] = _plain(asdict(self))
        return plain

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Facts:
        """The reverse of to_json; a fact that was not measured yet gets its default.

        Raises KeyError without one that has none.
        """
        values = {one.name: data[one.name] for one in fields(cls) if one.name in data}
        for name in ("sar", "rate", "first_frame_time"):
            values[name] = Fraction(data[name])
        for name in ("declared_seconds", "time_base"):
            if name in values:
                values[name] = Fraction(values[name])
        values["audio"] = tuple(
            AudioStream(**stream | {"start": Fraction(stream.get("start", 0))}) for stream in data["audio"]
        )
        values["cuts"] = tuple(data["cuts"])
        values["border"] = Border(**data.get("border", {}))
        values["repeats"] = Repeats(**data.get("repeats", {}))
        values["gaps"] = tuple(
            Gap(gap["frame"], Fraction(gap["time"]), Fraction(gap["seconds"])) for gap in data.get("gaps", ())
        )
        values["subtitles"] = tuple(SubtitleStream(**stream) for stream in data.get("subtitles", ()))
        values["chapters"] = tuple(
            Chapter(Fraction(one["start"]), Fraction(one["end"]), one["title"]) for one in data.get("chapters", ())
        )
        return cls(**values)


def _plain(value: Any) -> Any:
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value

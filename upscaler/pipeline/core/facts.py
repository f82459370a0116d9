"""What is measured about a source. Frozen: written once by analyse, read by everyone."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from fractions import Fraction
from typing import Any, Literal

from .opening import OPENED_PLAINLY, Opening
from .slots import Piece, slot_fraction

FieldOrder = Literal["progressive", "tff", "bff"]
WIDE_TRANSFERS = ("smpte2084", "arib-std-b67")
"""PQ and HLG, by ffmpeg's names."""
Fields = Literal["together", "shifted", "apart"]


@dataclass(frozen=True)
class Shift:
    """From frame ``frame`` of a stream on, ``seconds`` are added to its timestamps."""

    frame: int
    seconds: Fraction


@dataclass(frozen=True)
class Seam:
    """Where the clock jumps. How long the pause was, nobody can tell."""

    time: Fraction
    """Seconds of the account, at which what is behind the seam begins."""
    jump: Fraction
    """Seconds by which the clock jumps; less than 0 where it begins again."""


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
class Recording:
    """A part of the source with a clock of its own, in seconds: when it begins and ends by that, and how far the
    account moves it."""

    begins: Fraction
    ends: Fraction
    shift: Fraction


@dataclass(frozen=True)
class LeftOut:
    """A stream of the source that nothing is made of."""

    kind: str
    """"pictures", "sound", "subtitles" or "attachment"."""
    name: str
    """Its codec, or the name of the attached file."""
    why: str


@dataclass(frozen=True)
class Header:
    """What the file says of its pictures from a frame on."""

    frame: int
    """Number at the base rate."""
    width: int
    height: int
    sar: Fraction
    """Sample aspect ratio."""
    matrix: str
    """As ffmpeg's scale filter names it; empty where the file does not say."""
    full_range: bool

    @property
    def shape(self) -> Fraction:
        """Of the whole picture: its width over its height."""
        return self.width * self.sar / self.height


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
        return cls._pack(bits)

    @property
    def count(self) -> int:
        """How many frames repeat the one before them. Takes 10 ms for 8 million frames; ``numbers`` takes a second."""
        return int.from_bytes(self._unpack()).bit_count()

    def within(self, start: int, end: int) -> Repeats:
        """Of the frames from ``start`` up to, not including, ``end``, which are numbered from 0; the first repeats
        nothing any more."""
        bits = int.from_bytes(self._unpack(), "little") >> start & (1 << end - start) - 1 & ~1
        return self._pack(bits.to_bytes(bits.bit_length() + 7 >> 3, "little"))

    def numbers(self) -> frozenset[int]:
        """The numbers of the frames that repeat the one before them."""
        bits = self._unpack()
        return frozenset(8 * at + bit for at, byte in enumerate(bits) if byte for bit in range(8) if byte >> bit & 1)

    @classmethod
    def _pack(cls, bits: bytes | bytearray) -> Repeats:
        return cls(base64.b85encode(zlib.compress(bits, 9)).decode()) if bits else cls()

    def _unpack(self) -> bytes:
        return zlib.decompress(base64.b85decode(self.packed)) if self.packed else b""


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
    """When frame 0 begins at the base rate. Every time of the account counts from the container's start."""
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
    quickest: Fraction = Fraction(0)
    """Frames a second of the quickest part of a clip that stands still nearly all the time, where ``rate`` is lower
    because millions of frames would only repeat the one before; 0 elsewhere."""
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
    opening: Opening = OPENED_PLAINLY
    """How every run of ffmpeg has to open the file."""
    pieces: tuple[Piece, ...] = ()
    """Where frames belong at ``rate``; see ``numbering``."""
    seams: tuple[Seam, ...] = ()
    """Where the source's clock jumps; what is behind such a place begins where what is before it ends."""
    recordings: tuple[Recording, ...] = ()
    """The parts between the seams; none without a seam."""
    headers: tuple[Header, ...] = ()
    """What the file says of its pictures, part by part, the first one too; none where it always says the same."""
    field_order_changes: bool = False
    """Is the other field the first in a part of the clip? ``field_order`` is that of most of it."""
    left_out: tuple[LeftOut, ...] = ()
    fonts: tuple[Font, ...] = ()

    @property
    def zero(self) -> Fraction:
        """Seconds of the account at which the time of a whole copy begins; before 0 where jitter puts a frame there."""
        return min(Fraction(0), self.first_frame_time)

    @property
    def begins(self) -> Fraction:
        """Seconds of a whole copy at which its first frame is shown."""
        return self.first_frame_time - self.zero

    @property
    def numbering(self) -> tuple[Piece, ...]:
        """The pieces; where none were measured, all frames go by the clock of the first one."""
        if self.pieces:
            return self.pieces
        _, denominator = slot_fraction(self.time_base, self.rate)
        return (Piece(0, round(self.first_frame_time / self.time_base), denominator),)

    def moved(self, time: Fraction) -> Fraction:
        """A time of the source's clock in the account; of the first recording that has it, else of the one before."""
        if not self.recordings:
            return time
        within = next((one for one in self.recordings if one.begins <= time <= one.ends), None)
        before = [one for one in self.recordings if one.begins <= time]
        return time + (within or (before or self.recordings[:1])[-1]).shift

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
    def has_decode_errors(self) -> bool:
        """Do the decoders of the film or of its sound report errors? They may then make something else of it each
        time."""
        return bool(self.decode_errors or any(stream.complaints for stream in self.audio))

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
        for name in ("declared_seconds", "time_base", "quickest"):
            if name in values:
                values[name] = Fraction(values[name])
        values["audio"] = tuple(_audio_stream(stream) for stream in data["audio"])
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
        values["opening"] = Opening(**data.get("opening", {}))
        values["seams"] = tuple(Seam(Fraction(one["time"]), Fraction(one["jump"])) for one in data.get("seams", ()))
        values["recordings"] = tuple(
            Recording(Fraction(one["begins"]), Fraction(one["ends"]), Fraction(one["shift"]))
            for one in data.get("recordings", ())
        )
        values["headers"] = tuple(Header(**one | {"sar": Fraction(one["sar"])}) for one in data.get("headers", ()))
        values["fonts"] = tuple(Font(**one) for one in data.get("fonts", ()))
        values["left_out"] = tuple(LeftOut(**one) for one in data.get("left_out", ()))
        values["pieces"] = tuple(Piece(**one) for one in data.get("pieces", ()))
        return cls(**values)


def _audio_stream(stream: dict[str, Any]) -> AudioStream:
    """Of facts that were measured before it was asked, what has no decoder is silent too."""
    if "silent" not in stream and (stream["codec"] in ("unknown", "none", "") or not stream["channels"]):
        stream = stream | {"silent": "nothing here can decode it"}
    shifts = tuple(Shift(one["frame"], Fraction(one["seconds"])) for one in stream.get("shifts", ()))
    return AudioStream(**stream | {"start": Fraction(stream.get("start", 0)), "shifts": shifts})


def _plain(value: Any) -> Any:
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value

"""The measurements of a source. Frozen: ``analyse`` writes them once."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from fractions import Fraction
from typing import Any, Literal

from .frame_numbering import Piece, slot_fraction
from .input_options import DEFAULT_INPUT, InputOptions
from .repeats import NO_REPEATS, Repeats
from .stream_facts import AudioStream, Chapter, Font, LeftOut, SubtitleStream
from .timeline import Gap, Recording, Seam, Shift

FieldOrder = Literal["progressive", "tff", "bff"]
WIDE_TRANSFERS = ("smpte2084", "arib-std-b67")
"""PQ and HLG, by ffmpeg's names."""
Fields = Literal["together", "shifted", "apart"]


@dataclass(frozen=True)
class Header:
    """The header data that applies from one frame on."""

    frame: int
    """Number at the base rate."""
    width: int
    height: int
    sar: Fraction
    """Sample aspect ratio."""
    matrix: str
    """Colour matrix, as ffmpeg's scale filter names it; empty where the file has no tag."""
    full_range: bool

    @property
    def shape(self) -> Fraction:
        """The display aspect ratio: the width of the picture over its height."""
        return self.width * self.sar / self.height


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
class Facts:
    """The result of one full decode pass.

    Times are seconds as Fractions, counted from the container's start, as ffmpeg counts them. Frame numbers
    are those at the base rate.
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
    """Base rate in frames per second."""
    timing: str
    """"constant", "variable" (a regular grid with gaps) or "jittered" (no grid fits)."""
    frames: int
    """Number of frames at the base rate; equals decoded_frames when timing is constant."""
    first_frame_time: Fraction
    """When frame 0 begins at the base rate, in seconds of the timeline, which begins at the container's start."""
    audio: tuple[AudioStream, ...]
    cuts: tuple[int, ...]
    """Frames that begin a scene; the first frame is not a cut."""
    poster_frame: int
    decode_errors: int
    """Error lines from the decoder; more than 0 means that the file is damaged."""
    range_tagged: bool = True
    """False where TV range was assumed."""
    transfer: str = "unknown"
    """Transfer characteristics as tagged, by ffmpeg's name; "unknown" where untagged."""
    rotation: int = 0
    """Degrees by which the decoder turned the picture."""
    field_order: FieldOrder = "progressive"
    interlaced_share: float = 0.0
    """Share of the frames with motion, 0 to 1, whose two fields don't match."""
    fields_are: Fields = "together"
    """Whether the two fields of interlaced frames are two moments ("apart"), or one that is spread over two frames
    ("shifted")."""
    border: Border = Border()
    repeats: Repeats = NO_REPEATS
    """Frames that repeat the one before them: duplicates in the file, and filled gaps."""
    duplicates: int = 0
    """Number of decoded frames that repeat the one before them."""
    quickest: Fraction = Fraction(0)
    """Frames per second of the fastest part of a mostly still clip, where ``rate`` is lower to avoid millions of
    repeats; 0 elsewhere."""
    held: int = 0
    """Frames at the end, included in ``frames``, for which the file declares that the last picture stays."""
    gaps: tuple[Gap, ...] = ()
    declared_seconds: Fraction = Fraction(0)
    """The declared end of the pictures, in seconds after the container's start; 0 where none is declared."""
    listed_frames: int = 0
    """Number of frames in an AVI's header, including empty ones; 0 for other containers."""
    subtitles: tuple[SubtitleStream, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    title: str = ""
    """Title tag of the container."""
    time_base: Fraction = field(default=Fraction(1, 1000))
    """Seconds of one tick of the video stream's timestamps."""
    opening: InputOptions = DEFAULT_INPUT
    """Input options for every run of ffmpeg on this file."""
    pieces: tuple[Piece, ...] = ()
    """The mapping of frames to numbers at ``rate``; see ``numbering``."""
    seams: tuple[Seam, ...] = ()
    """Where the source's clock jumps. The part after a jump begins where the part before it ends."""
    recordings: tuple[Recording, ...] = ()
    """The parts between the seams; none without a seam."""
    headers: tuple[Header, ...] = ()
    """The header of each part, including the first; empty where the header never changes."""
    field_order_changes: bool = False
    """Whether a part of the clip has the other field order. ``field_order`` is that of most of it."""
    left_out: tuple[LeftOut, ...] = ()
    fonts: tuple[Font, ...] = ()

    @property
    def zero(self) -> Fraction:
        """Start of an untrimmed result on the timeline, in seconds; less than 0 where jitter puts a frame there."""
        return min(Fraction(0), self.first_frame_time)

    @property
    def begins(self) -> Fraction:
        """When the first frame of an untrimmed result is shown, in seconds."""
        return self.first_frame_time - self.zero

    @property
    def numbering(self) -> tuple[Piece, ...]:
        """The pieces; one that covers all frames where none were measured."""
        if self.pieces:
            return self.pieces
        _, denominator = slot_fraction(self.time_base, self.rate)
        return (Piece(0, round(self.first_frame_time / self.time_base), denominator),)

    def moved(self, time: Fraction) -> Fraction:
        """Convert a time of the source's clock to the timeline, by the first recording that contains it or the last one
        before it."""
        if not self.recordings:
            return time
        within = next((part for part in self.recordings if part.begins <= time <= part.ends), None)
        before = [part for part in self.recordings if part.begins <= time]
        return time + (within or (before or self.recordings[:1])[-1]).shift

    @property
    def duration(self) -> Fraction:
        """Duration of the frames in seconds."""
        return self.frames / self.rate

    @property
    def display_width(self) -> int:
        """Width in square pixels."""
        return round(self.width * self.sar)

    @property
    def is_interlaced(self) -> bool:
        return self.field_order != "progressive"

    @property
    def is_wide(self) -> bool:
        """Whether the source has a wider gamut or a higher dynamic range than BT.709."""
        return self.matrix == "bt2020" or self.transfer in WIDE_TRANSFERS

    @property
    def missing_seconds(self) -> Fraction:
        """The declared duration that the pictures lack; 0 up to a second."""
        missing = self.declared_seconds - self.first_frame_time - self.duration
        return missing if missing > 1 else Fraction(0)

    @property
    def missing_frames(self) -> int:
        """Frames that the header lists and the file lacks; 0 up to two, which some AVI encoders count too many.

        An AVI has no timestamps that show where they were, so later frames move forward, the sound with them.
        """
        missing = self.listed_frames - self.frames
        return missing if missing > 2 else 0

    @property
    def has_decode_errors(self) -> bool:
        """Whether the decoders of video or sound report errors. Their output may then differ from run to run."""
        return bool(self.decode_errors or any(stream.complaints for stream in self.audio))

    @property
    def is_damaged(self) -> bool:
        return bool(self.decode_errors or self.gaps or self.missing_seconds or self.missing_frames)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types; Fractions become "n/d"."""
        plain: dict[str, Any] = _plain(asdict(self))
        return plain

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Facts:
        """Reverse to_json. A missing fact gets its default.

        Raises KeyError for a missing fact without a default.
        """
        values = {item.name: data[item.name] for item in fields(cls) if item.name in data}
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
            Chapter(Fraction(item["start"]), Fraction(item["end"]), item["title"]) for item in data.get("chapters", ())
        )
        values["opening"] = InputOptions(**data.get("opening", {}))
        values["seams"] = tuple(Seam(Fraction(item["time"]), Fraction(item["jump"])) for item in data.get("seams", ()))
        values["recordings"] = tuple(
            Recording(Fraction(item["begins"]), Fraction(item["ends"]), Fraction(item["shift"]))
            for item in data.get("recordings", ())
        )
        values["headers"] = tuple(Header(**item | {"sar": Fraction(item["sar"])}) for item in data.get("headers", ()))
        values["fonts"] = tuple(Font(**item) for item in data.get("fonts", ()))
        values["left_out"] = tuple(LeftOut(**item) for item in data.get("left_out", ()))
        values["pieces"] = tuple(Piece(**item) for item in data.get("pieces", ()))
        return cls(**values)


def _audio_stream(stream: dict[str, Any]) -> AudioStream:
    """Read a stream. Older facts have no "silent": a stream without a decoder gets one."""
    if "silent" not in stream and (stream["codec"] in ("unknown", "none", "") or not stream["channels"]):
        stream = stream | {"silent": "HaloWeb has no decoder for it"}
    shifts = tuple(Shift(item["frame"], Fraction(item["seconds"])) for item in stream.get("shifts", ()))
    return AudioStream(**stream | {"start": Fraction(stream.get("start", 0)), "shifts": shifts})


def _plain(value: Any) -> Any:
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value

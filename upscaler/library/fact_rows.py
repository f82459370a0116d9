"""The rows of a video's details: what was measured, and what HaloWeb does about it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.stream_facts import AudioStream
from upscaler.pipeline.output import damage_report
from upscaler.wording.counts import count_of
from upscaler.wording.durations import clock
from upscaler.wording.pictures import FIRST_FIELDS, border, colour_range, matrix
from upscaler.wording.proportions import proportion
from upscaler.wording.rates import rate
from upscaler.wording.sizes import picture_size

COMMON_TRANSFERS = ("unknown", "bt709", "smpte170m", "bt470bg")
MIN_OFFSET = Fraction(1, 10)
"""Seconds by which a track starts after or before the file; less is the frame size of its codec."""
MAX_ROWS = 5
"""Of one kind: a file in ruins has thousands of gaps."""
BY_EYE = "Check by eye"


@dataclass(frozen=True)
class FactRow:
    """One measured property of a video, and what is done about it."""

    name: str
    sentence: str
    suggests: str = ""
    """What HaloWeb does automatically, such as "Deinterlace", or a person has to do; empty if nothing is needed."""
    filter: str = ""
    """The filter's name in recipe.CHOICES, where there is one to change."""

    @property
    def is_for_a_person(self) -> bool:
        """Does nothing happen automatically?"""
        return self.suggests == BY_EYE


def fact_rows(facts: Facts) -> list[FactRow]:
    """Return the rows in the order of the page."""
    rows = [
        _picture(facts),
        FactRow("Frames", f"{facts.decoded_frames:,} at {rate(facts.rate)} per second, {clock(facts.duration)} long"),
        _timing(facts),
        _interlacing(facts),
        _borders(facts),
        _repeats(facts),
        FactRow("Format", f"{facts.codec} in {facts.container.split(',')[0]}"),
        _matrix(facts),
        _range(facts),
        FactRow("Sound", _sound(facts)),
        *_other_streams(facts),
        FactRow("Scenes", str(len(facts.cuts) + 1)),
        *(FactRow("Clock", damage_report.describe_seam(facts, seam)) for seam in facts.seams[:MAX_ROWS]),
        *(FactRow("Changes", sentence) for _, sentence in damage_report.header_changes(facts)[:MAX_ROWS]),
        *_damage(facts),
    ]
    return [row for row in rows if row is not None]


def _picture(facts: Facts) -> FactRow:
    size = picture_size(facts.width, facts.height)
    rotated = f" Rotated by {abs(facts.rotation)}°, as set in the file." if facts.rotation % 360 else ""
    if facts.sar == 1:
        return FactRow("Picture", f"{size}.{rotated}" if rotated else size, "", "aspect")
    shown = picture_size(facts.display_width, facts.height)
    sentence = f"{size}, shown as {shown}. HaloWeb scales it to square pixels.{rotated}"
    return FactRow("Picture", sentence, "Square pixels", "aspect")


def _timing(facts: Facts) -> FactRow:
    if facts.timing == "constant":
        return FactRow("Timing", "Constant rate", "", "rate")
    constant = f"HaloWeb makes the rate constant: {facts.frames:,} frames at {rate(facts.rate)} per second"
    if facts.quickest:
        sentence = (
            f"Still nearly all the time. {constant}, though some come at {rate(facts.quickest)}. "
            f"A frame may be off by {float(1 / facts.rate):.2g} s."
        )
        return FactRow("Timing", sentence, "Constant rate", "rate")
    kind = "Variable rate" if facts.timing == "variable" else "Irregular timestamps"
    return FactRow("Timing", f"{kind}. {constant}.", "Constant rate", "rate")


def _interlacing(facts: Facts) -> FactRow:
    if not facts.is_interlaced:
        return FactRow("Interlacing", "None (progressive)", "", "deinterlace")
    first = FIRST_FIELDS[facts.field_order]
    share = f"{facts.interlaced_share:.0%} of the moving frames"
    if facts.fields_are == "shifted":
        sentence = (
            f"{first.capitalize()} field first, in {share}. The two fields of a picture are in neighbouring frames; "
            "HaloWeb matches them."
        )
        return FactRow("Interlacing", sentence, "Match fields", "deinterlace")
    if facts.fields_are == "apart":
        sentence = f"Interlaced, {first} field first, in {share}. HaloWeb deinterlaces it."
        return FactRow("Interlacing", sentence, "Deinterlace", "deinterlace")
    sentence = f"Marked as interlaced, {first} field first, but the fields match"
    return FactRow("Interlacing", sentence, "", "deinterlace")


def _borders(facts: Facts) -> FactRow:
    if not facts.border:
        return FactRow("Borders", "None", "", "crop")
    return FactRow("Borders", f"Black, {border(facts.border)}. HaloWeb crops them.", "Crop", "crop")


def _repeats(facts: Facts) -> FactRow | None:
    """Count them among the frames at the base rate, where filled gaps are repeats too."""
    repeats = facts.repeats.count
    if not repeats:
        return None
    subject = "One frame repeats" if repeats == 1 else f"{proportion(repeats, facts.frames)} of the frames repeat"
    return FactRow("Repeats", f"{subject} the one before. HaloWeb reuses its result.", "Reuse", "duplicates")


def _matrix(facts: Facts) -> FactRow:
    transfer = f", {facts.transfer} transfer" if facts.transfer not in COMMON_TRANSFERS else ""
    colours = f"{matrix(facts.matrix)}{transfer}"
    if facts.colour_tagged:
        return FactRow("Colour", colours, "", "matrix")
    return FactRow("Colour", f"{colours}, assumed from the size: the file doesn't say", BY_EYE, "matrix")


def _range(facts: Facts) -> FactRow:
    words = colour_range(is_full=facts.full_range)
    name = f"{words[0].upper()}{words[1:]}"
    if facts.range_tagged:
        return FactRow("Brightness", name, "", "range")
    return FactRow("Brightness", f"{name}, assumed: the file doesn't say", BY_EYE, "range")


def _sound(facts: Facts) -> str:
    return "; ".join(_track(stream) for stream in facts.audio) or "None"


def _track(stream: AudioStream) -> str:
    """Return codec, rate and channels, then language, title and a late or early start, as far as there are any."""
    words = [stream.codec]
    if stream.sample_rate:
        words.append(f"{stream.sample_rate / 1000:g} kHz")
    words += [word for word in (_channels(stream.channels), stream.language, stream.title) if word]
    if abs(stream.start) >= MIN_OFFSET:
        words.append(f"starts {float(abs(stream.start)):.2f} s {'late' if stream.start > 0 else 'early'}")
    if stream.silent:
        words.append(f"left out ({stream.silent})")
    return ", ".join(words)


def _channels(count: int) -> str:
    return {0: "", 1: "mono", 2: "stereo"}.get(count, f"{count} channels")


def _other_streams(facts: Facts) -> list[FactRow]:
    rows = []
    if facts.title:
        rows.append(FactRow("Title", facts.title))
    if facts.subtitles:
        tracks = (", ".join(filter(None, (track.codec, track.language, track.title))) for track in facts.subtitles)
        rows.append(FactRow("Subtitles", "; ".join(tracks)))
    if facts.fonts:
        rows.append(FactRow("Fonts", str(len(facts.fonts))))
    if others := [stream.name for stream in facts.left_out if stream.kind == "pictures"]:
        rows.append(FactRow("Left out", f"Another video in the file: {'; '.join(others)}"))
    if facts.chapters:
        rows.append(FactRow("Chapters", str(len(facts.chapters))))
    return rows


def _damage(facts: Facts) -> list[FactRow]:
    """Name the first gaps with their times, and sum up the others."""
    sentences = [
        f"A gap of {float(gap.seconds):.1f} s at {clock(gap.time)}: the picture freezes, the sound continues."
        for gap in facts.gaps[:MAX_ROWS]
    ]
    if rest := facts.gaps[MAX_ROWS:]:
        seconds = float(sum(gap.seconds for gap in rest))
        sentences.append(f"{count_of(len(rest), 'more gap')}, {seconds:.1f} s in total.")
    if facts.missing_seconds:
        sentences.append(f"The file ends {float(facts.missing_seconds):.1f} s before its declared end.")
    elif facts.missing_frames:
        sentences.append(
            f"{facts.missing_frames:,} of the {facts.listed_frames:,} frames listed in the file are missing."
        )
    if facts.decode_errors:
        errors = "one error" if facts.decode_errors == 1 else count_of(facts.decode_errors, "error")
        sentences.append(f"The decoder reported {errors}; some frames may be damaged.")
    return [FactRow("Damage", sentence) for sentence in sentences]

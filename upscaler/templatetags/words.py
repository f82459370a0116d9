"""Figures as a person says them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction

from django import template
from django.template.defaultfilters import filesizeformat
from django.utils.html import format_html
from django.utils.safestring import SafeString

from upscaler.pipeline.core.facts import AudioStream, Facts
from upscaler.pipeline.output import damage_report

register = template.Library()

MATRIX_WORDS = {"smpte170m": "BT.601", "bt470bg": "BT.601 (PAL)", "bt709": "BT.709", "bt2020": "BT.2020"}
USUAL_TRANSFERS = ("unknown", "bt709", "smpte170m", "bt470bg")
OFFSET_WORTH_SAYING = Fraction(1, 10)
"""Seconds by which a track begins after or before the file; less is the frame size of its codec."""
MOST_GAPS = 5
BY_EYE = "Check by eye"


@register.filter
def clock(seconds: float | Fraction | None) -> str:
    """93.4 as "1:33"; hours only where there are some."""
    if seconds is None:
        return ""
    whole = round(float(seconds))
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@register.filter
def moment(seconds: float) -> str:
    """Where in a clip something is, such as "1.3 s": the many moments of a short one are told apart."""
    return f"{seconds:.1f} s" if seconds < 59.95 else clock(seconds)


@register.filter
def local_time(at: datetime, shows: str = "") -> SafeString:
    """A moment in UTC, which js/local-time.js turns into the reader's own time; with "date" only its day."""
    said = f"{at.astimezone(UTC):%-d %B %Y}{'' if shows == 'date' else f', {at.astimezone(UTC):%H:%M}'} UTC"
    return format_html(
        '<local-time data-shows="{}"><time datetime="{}">{}</time></local-time>', shows, at.isoformat(), said
    )


@register.filter
def limit(size: int) -> str:
    """A size in bytes that somebody chose, such as "64 GB": nothing behind the point where it is even."""
    return filesizeformat(size).replace(".0", "")


@register.filter
def speed(fps: float) -> str:
    """Frames a second, with as many decimals as tell something."""
    return f"{fps:.2f} frames/s" if fps < 10 else f"{fps:.1f} frames/s"


@register.filter
def percent(done: int, total: int) -> int:
    """Whole percent, never 100 before the end."""
    return min(100, done * 100 // total) if total else 0


@dataclass(frozen=True)
class FactRow:
    """One thing that was measured, and what is done about it."""

    name: str
    sentence: str
    suggests: str = ""
    """What is done by itself, such as "Deinterlace", or is for a person to do; empty where nothing needs doing."""
    filter: str = ""
    """The filter's name in recipe.CHOICES, where there is one to change."""

    @property
    def is_for_a_person(self) -> bool:
        """Does nothing happen by itself?"""
        return self.suggests == BY_EYE


@register.filter
def fact_rows(facts: Facts) -> list[FactRow]:
    """What was measured, in the order in which a person asks."""
    rows = [
        _picture(facts),
        FactRow("Frames", f"{facts.decoded_frames:,} at {_rate(facts.rate)} a second, {clock(facts.duration)} long"),
        _timing(facts),
        _interlacing(facts),
        _borders(facts),
        _repeats(facts),
        FactRow("Format", f"{facts.codec} in {facts.container.split(',')[0]}"),
        _matrix(facts),
        _range(facts),
        FactRow("Sound", _sound(facts)),
        *_beside(facts),
        FactRow("Scenes", str(len(facts.cuts) + 1)),
        *(FactRow("Clock", damage_report.seam_in_words(facts, seam)) for seam in facts.seams[:MOST_GAPS]),
        *(FactRow("Changes", sentence) for _, sentence in damage_report.header_changes(facts)[:MOST_GAPS]),
        *_damage(facts),
    ]
    return [row for row in rows if row is not None]


@register.filter
def facts_in_words(facts: Facts) -> list[tuple[str, str]]:
    """The same as pairs of a name and a sentence."""
    return [(row.name, row.sentence) for row in fact_rows(facts)]


def _picture(facts: Facts) -> FactRow:
    size = f"{facts.width} × {facts.height}"
    turned = f" Turned by {abs(facts.rotation)}°, as the file asks." if facts.rotation % 360 else ""
    if facts.sar == 1:
        return FactRow("Picture", f"{size}.{turned}" if turned else size, "", "aspect")
    shown = f"{size}, shown as {facts.display_width} × {facts.height}. Will be scaled to square pixels.{turned}"
    return FactRow("Picture", shown, "Square pixels", "aspect")


def _rate(rate: Fraction) -> str:
    return f"{float(rate):.3f}".rstrip("0").rstrip(".")


def _timing(facts: Facts) -> FactRow:
    if facts.timing == "constant":
        return FactRow("Timing", "Constant rate", "", "rate")
    if facts.quickest:
        sentence = (
            "Stands still nearly all the time. "
            f"Will be made constant: {facts.frames:,} frames at {_rate(facts.rate)} a second, "
            f"though some come at {_rate(facts.quickest)}. A frame may be {float(1 / facts.rate):.2g} s off."
        )
        return FactRow("Timing", sentence, "Constant rate", "rate")
    kind = "Variable rate" if facts.timing == "variable" else "Irregular timestamps"
    sentence = f"{kind}. Will be made constant: {facts.frames:,} frames at {_rate(facts.rate)} a second."
    return FactRow("Timing", sentence, "Constant rate", "rate")


def _interlacing(facts: Facts) -> FactRow:
    if not facts.is_interlaced:
        return FactRow("Interlacing", "None: frames are whole", "", "deinterlace")
    first = "top" if facts.field_order == "tff" else "bottom"
    share = f"{facts.interlaced_share:.0%} of the frames that move"
    if facts.fields_are == "shifted":
        sentence = (
            f"{first.capitalize()} field first, in {share}; the two fields of one picture lie in neighbouring frames. "
            "Will be put together again."
        )
        return FactRow("Interlacing", sentence, "Match fields", "deinterlace")
    if facts.fields_are == "apart":
        sentence = f"Interlaced, {first} field first: {share}. Will be deinterlaced."
        return FactRow("Interlacing", sentence, "Deinterlace", "deinterlace")
    sentence = f"Marked as interlaced, {first} field first, but the fields fit each other"
    return FactRow("Interlacing", sentence, "", "deinterlace")


def _borders(facts: Facts) -> FactRow:
    border = facts.border
    if not border:
        return FactRow("Borders", "None", "", "crop")
    sides = {"left": border.left, "right": border.right, "top": border.top, "bottom": border.bottom}
    by_width: dict[int, list[str]] = {}
    for side, pixels in sides.items():
        if pixels:
            by_width.setdefault(pixels, []).append(side)
    parts = [f"{pixels} px at the {_list(names)}" for pixels, names in by_width.items()]
    return FactRow("Borders", f"Black: {_list(parts)}. Will be cropped.", "Crop", "crop")


def _repeats(facts: Facts) -> FactRow | None:
    """Of the frames at the base rate, gaps that were filled up too: all of them are free."""
    repeats = facts.repeats.count
    if not repeats:
        return None
    sentence = f"{_share(repeats, facts.frames)} of the frames are repeats: they cost no time."
    if repeats == 1:
        sentence = "One frame is a repeat: it costs no time."
    return FactRow("Repeats", sentence, "Reuse", "duplicates")


def _share(part: int, whole: int) -> str:
    """Part of a whole, as a person says it."""
    if abs(part / whole - 0.5) < 0.01:
        return "Half"
    return f"{part:,}" if part < whole / 100 else f"{part / whole:.0%}"


def _matrix(facts: Facts) -> FactRow:
    transfer = f", {facts.transfer} transfer" if facts.transfer not in USUAL_TRANSFERS else ""
    matrix = f"{MATRIX_WORDS.get(facts.matrix, facts.matrix)}{transfer}"
    if facts.colour_tagged:
        return FactRow("Colour", matrix, "", "matrix")
    return FactRow("Colour", f"{matrix}, assumed from the size: the file does not say", BY_EYE, "matrix")


def _range(facts: Facts) -> FactRow:
    span = "Full range" if facts.full_range else "TV range"
    if facts.range_tagged:
        return FactRow("Brightness", span, "", "range")
    return FactRow("Brightness", f"{span}, assumed: the file does not say", BY_EYE, "range")


def _sound(facts: Facts) -> str:
    return "; ".join(_track(stream) for stream in facts.audio) or "None"


def _track(stream: AudioStream) -> str:
    """Codec, rate, channels, and what else there is to say: language, title, and a late or early start."""
    words = [stream.codec]
    if stream.sample_rate:
        words.append(f"{stream.sample_rate / 1000:g} kHz")
    words += [word for word in (_channels(stream.channels), stream.language, stream.title) if word]
    if abs(stream.start) >= OFFSET_WORTH_SAYING:
        words.append(f"begins {float(abs(stream.start)):.2f} s {'late' if stream.start > 0 else 'early'}")
    if stream.silent:
        words.append(f"left out ({stream.silent})")
    return ", ".join(words)


def _channels(count: int) -> str:
    return {0: "", 1: "mono", 2: "stereo"}.get(count, f"{count} channels")


def _beside(facts: Facts) -> list[FactRow]:
    rows = []
    if facts.title:
        rows.append(FactRow("Title", facts.title))
    if facts.subtitles:
        tracks = (", ".join(filter(None, (one.codec, one.language, one.title))) for one in facts.subtitles)
        rows.append(FactRow("Subtitles", "; ".join(tracks)))
    if facts.fonts:
        rows.append(FactRow("Fonts", str(len(facts.fonts))))
    if others := [one.name for one in facts.left_out if one.kind == "pictures"]:
        rows.append(FactRow("Left out", f"Another video in the file: {'; '.join(others)}"))
    if facts.chapters:
        rows.append(FactRow("Chapters", str(len(facts.chapters))))
    return rows


def _damage(facts: Facts) -> list[FactRow]:
    """Each gap with its time, but for the many of a file that is in ruins."""
    sentences = [
        f"A gap of {float(gap.seconds):.1f} s at {clock(gap.time)}: the picture stands still there, the sound goes on."
        for gap in facts.gaps[:MOST_GAPS]
    ]
    if more := facts.gaps[MOST_GAPS:]:
        sentences.append(f"{len(more)} more gaps, {float(sum(gap.seconds for gap in more)):.1f} s together.")
    if facts.missing_seconds:
        sentences.append(f"The file ends {float(facts.missing_seconds):.1f} s before it says.")
    elif facts.missing_frames:
        sentences.append(f"{facts.missing_frames:,} of the {facts.listed_frames:,} frames that it lists are missing.")
    if facts.decode_errors:
        times = "once" if facts.decode_errors == 1 else f"{facts.decode_errors:,} times"
        sentences.append(f"The decoder complained {times}; some pictures may show it.")
    return [FactRow("Damage", sentence) for sentence in sentences]


def _list(words: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))

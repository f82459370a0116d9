"""Figures as a person says them."""

from __future__ import annotations

from fractions import Fraction

from django import template

from upscaler.pipeline.facts import Facts

register = template.Library()

MATRIX_WORDS = {"smpte170m": "BT.601", "bt470bg": "BT.601 (PAL)", "bt709": "BT.709", "bt2020": "BT.2020"}


@register.filter
def clock(seconds: float | Fraction | None) -> str:
    """93.4 as "1:33"; hours only where there are some."""
    if seconds is None:
        return ""
    whole = round(float(seconds))
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@register.filter
def percent(done: int, total: int) -> int:
    """Whole percent, never 100 before the end."""
    return min(100, done * 100 // total) if total else 0


@register.filter
def facts_in_words(facts: Facts) -> list[tuple[str, str]]:
    """What was measured, as pairs of a name and a sentence."""
    return [
        ("Picture", _picture(facts)),
        ("Frames", f"{facts.decoded_frames:,} at {_rate(facts.rate)} a second, {clock(facts.duration)} long"),
        ("Timing", _timing(facts)),
        ("Format", f"{facts.codec} in {facts.container.split(',')[0]}"),
        ("Colour", _colour(facts)),
        ("Sound", _sound(facts)),
        ("Scenes", str(len(facts.cuts) + 1)),
        *([("Damage", f"The decoder complained {facts.decode_errors} times.")] if facts.decode_errors else []),
    ]


def _picture(facts: Facts) -> str:
    if facts.sar == 1:
        return f"{facts.width} × {facts.height}"
    return f"{facts.width} × {facts.height}, shown as {facts.display_width} × {facts.height}"


def _rate(rate: Fraction) -> str:
    return f"{float(rate):.3f}".rstrip("0").rstrip(".")


def _timing(facts: Facts) -> str:
    if facts.timing == "constant":
        return "Constant rate"
    if facts.timing == "variable":
        return f"Variable rate, made constant: {facts.frames:,} frames"
    return "Irregular timestamps, made constant"


def _colour(facts: Facts) -> str:
    said = "" if facts.colour_tagged else " (assumed: the file does not say)"
    return f"{MATRIX_WORDS.get(facts.matrix, facts.matrix)}, {'full' if facts.full_range else 'TV'} range{said}"


def _sound(facts: Facts) -> str:
    if not facts.audio:
        return "None"
    return "; ".join(
        f"{stream.codec}, {stream.sample_rate / 1000:g} kHz, {_channels(stream.channels)}" for stream in facts.audio
    )


def _channels(count: int) -> str:
    return {1: "mono", 2: "stereo"}.get(count, f"{count} channels")

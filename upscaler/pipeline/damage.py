"""What was wrong with a source, in sentences for the receipt."""

from __future__ import annotations

from fractions import Fraction

from . import tracks
from .facts import Facts
from .plan import Plan


def warnings(facts: Facts, plan: Plan) -> list[str]:
    """A sentence for each thing that a viewer of the result should know. Times are the source's, as m:ss.s."""
    said = [_gap(gap.time, gap.seconds) for gap in facts.gaps if _concerns(facts, plan, gap.time, gap.seconds)]
    if facts.missing_seconds and not plan.is_trimmed:
        said.append(
            f"The file ends {float(facts.missing_seconds):.1f} s before its declared end, "
            f"at {clock(facts.duration)}; all that is there was upscaled."
        )
    elif facts.missing_frames:
        said.append(
            f"{facts.missing_frames:,} of the {facts.listed_frames:,} frames that the file lists are not in it."
        )
    if facts.decode_errors:
        said.append(
            f"The decoder complained {_times(facts.decode_errors)} about the source: "
            "it is damaged, and some of its pictures may show it."
        )
    if plan.rate / plan.per_frame < facts.rate:
        said.append(
            f"At {float(plan.rate):g} frames a second, less than the video's own {float(facts.rate):g}, "
            "some of its frames are left out."
        )
    if facts.is_wide:
        said.append("The source has the colours of an HDR video, the result those of a plain one: it may look pale.")
    for track in tracks.audio_tracks(facts, plan, tracks.container_of(plan)):
        if not track.encoder:
            said.append(f"Sound track {track.index + 1} ({track.codec}) was left out: {track.why}.")
    return said


def clock(seconds: Fraction) -> str:
    """Such as "12:03.4", or "1:02:03.4" from an hour on."""
    tenths = round(seconds * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes_left = divmod(minutes, 60)
    tail = f"{rest // 10:02}.{rest % 10}"
    return f"{hours}:{minutes_left:02}:{tail}" if hours else f"{minutes}:{tail}"


def _gap(time: Fraction, seconds: Fraction) -> str:
    return (
        f"The source has no pictures from {clock(time)} to {clock(time + seconds)}: "
        f"the last one before is shown for {float(seconds):.1f} s, and the sound goes on."
    )


def _concerns(facts: Facts, plan: Plan, time: Fraction, seconds: Fraction) -> bool:
    """Does a stretch, in seconds after the first frame, lie at least partly in what the plan shows?"""
    begins = plan.start - facts.first_frame_time
    return time < begins + plan.duration and time + seconds > begins


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")

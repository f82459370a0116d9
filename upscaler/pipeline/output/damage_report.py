"""Report a source's damage in sentences for the receipt."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from upscaler.pipeline.core.facts import Facts, Header
from upscaler.pipeline.core.timeline import Seam
from upscaler.pipeline.planning.plan import Plan
from upscaler.pipeline.prefilters import uniform_format
from upscaler.pipeline.tracks import track_plan
from upscaler.wording.durations import clock_with_tenths
from upscaler.wording.pictures import colour_range, matrix

UNKNOWN_PAUSE = "The length of the pause is unknown, so the parts follow each other directly."
A_DAY = 24 * 3600
"""Seconds. The length of a longer jump isn't reported."""


def warnings(facts: Facts, plan: Plan) -> list[str]:
    """Return a sentence for everything that a viewer of the result should know. Times are the source's, as m:ss.s."""
    sentences = [_gap(gap.time, gap.seconds) for gap in facts.gaps if _concerns(facts, plan, gap.time, gap.seconds)]
    sentences += [describe_seam(facts, seam) for seam in facts.seams if _begins_in(plan, seam.time)]
    sentences += [sentence for at, sentence in header_changes(facts) if _begins_in(plan, at + facts.first_frame_time)]
    if facts.missing_seconds and not plan.is_trimmed:
        sentences.append(
            f"The file ends {float(facts.missing_seconds):.1f} s before its declared end, "
            f"at {clock_with_tenths(facts.duration)}. Everything up to there was upscaled."
        )
    elif facts.missing_frames:
        sentences.append(
            f"{facts.missing_frames:,} of the {facts.listed_frames:,} frames that the file lists are missing."
        )
    if facts.decode_errors:
        sentences.append(
            f"The decoder reported {_errors(facts.decode_errors)} in the source. Some frames may be damaged."
        )
    if plan.rate / plan.per_frame < facts.rate:
        sentences.append(
            f"At {float(plan.rate):g} frames per second, less than the video's own {float(facts.rate):g}, "
            "some frames are left out."
        )
    if facts.quickest:
        sentences.append(
            f"The video shows up to {float(facts.quickest):.4g} frames per second, and is still nearly all the time. "
            f"It is converted to {float(facts.rate):g} per second, so the time of a frame may be off by up to "
            f"{float(1 / facts.rate):.2g} s."
        )
    if facts.is_wide:
        sentences.append("The source has HDR colours and the result standard ones, so it may look pale.")
    container = track_plan.container_of(plan)
    for track in track_plan.audio_tracks(facts, plan, container):
        if not track.encoder:
            sentences.append(f"{track.name} is left out: {track.why}.")
    for stream in facts.audio:
        if stream.complaints and not stream.silent:
            sentences.append(
                f"{stream.complaints:,} {'packet' if stream.complaints == 1 else 'packets'} of sound track "
                f"{stream.index + 1} can't be decoded. The result may be silent there."
            )
    for subtitles in facts.subtitles:
        if subtitles.silent:
            sentences.append(
                f"Subtitle track {subtitles.index + 1} ({subtitles.codec}) is left out: {subtitles.silent}."
            )
    sentences += [
        f"Another video in the file ({stream.name}) is left out."
        for stream in facts.left_out
        if stream.kind == "pictures"
    ]
    return sentences


def header_changes(facts: Facts) -> list[tuple[Fraction, str]]:
    """Return the changes of the video's headers, each as (seconds after the first frame, sentence)."""
    changes = []
    for before, header in pairwise(facts.headers):
        at = header.frame / facts.rate
        if abs(header.shape / before.shape - 1) > 1 - uniform_format.SHAPE_TOLERANCE:
            changes.append((at, _shape(at, before, header)))
        colours = [(each.matrix or facts.matrix, each.full_range) for each in (before, header)]
        if colours[0] != colours[1]:
            changes.append((at, _colours(facts, at, header)))
    if facts.field_order_changes:
        changes.append((Fraction(0), "The field order changes midway. Each frame is deinterlaced in its own order."))
    return changes


def describe_seam(facts: Facts, seam: Seam) -> str:
    """Describe a jump of the file's clock and how it is handled."""
    at = clock_with_tenths(seam.time - facts.first_frame_time)
    if abs(seam.jump) > A_DAY:
        return f"At {at} the file's clock jumps. {UNKNOWN_PAUSE}"
    if seam.jump < 0:
        return f"At {at} the file's clock starts over. {UNKNOWN_PAUSE}"
    return f"At {at} the file's clock jumps ahead by {clock_with_tenths(seam.jump)}. {UNKNOWN_PAUSE}"


def _gap(time: Fraction, seconds: Fraction) -> str:
    return (
        f"The source has no frames from {clock_with_tenths(time)} to {clock_with_tenths(time + seconds)}: "
        f"the frame before is held for {float(seconds):.1f} s, and the sound continues."
    )


def _shape(at: Fraction, before: Header, header: Header) -> str:
    shapes = f"{float(header.shape):.2f}:1 instead of {float(before.shape):.2f}:1"
    return f"From {clock_with_tenths(at)} on, the picture is {shapes}. That part keeps its shape and gets black bars."


def _colours(facts: Facts, at: Fraction, header: Header) -> str:
    matrix_name = matrix(header.matrix or facts.matrix)
    span = colour_range(is_full=header.full_range)
    if uniform_format.converts_colour(facts):
        return f"From {clock_with_tenths(at)} on, the file's colours are {matrix_name}, {span}. They are converted."
    return f"From {clock_with_tenths(at)} on, the file's colours are {matrix_name}, {span}. They may look off there."


def _begins_in(plan: Plan, time: Fraction) -> bool:
    """Tell whether a time of the account is within the plan."""
    return plan.start <= time < plan.start + plan.duration


def _concerns(facts: Facts, plan: Plan, time: Fraction, seconds: Fraction) -> bool:
    """Tell whether an interval, in seconds after the first frame, overlaps the plan."""
    begins = plan.start - facts.first_frame_time
    return time < begins + plan.duration and time + seconds > begins


def _errors(count: int) -> str:
    return "one error" if count == 1 else f"{count:,} errors"

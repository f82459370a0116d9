"""Is it the film, and are its frames whole? What ffmpeg says of the source by itself, beside what was made of it."""

from __future__ import annotations

from pathlib import Path

from upscaler.pipeline.core.errors import Interrupted, PipelineError
from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.measure.fields import can_be_interlaced
from upscaler.pipeline.measure.fields_pass import measure_fields
from upscaler.pipeline.planning.plan import Plan
from upscaler.pipeline.programs import ffmpeg

from .check import Check

A_FILM = 10
"""The longest stream of pictures has at most so many times the packets of the film."""
CLEARLY = 0.4
"""Of the frames that move: with so many made of two fields, analyse should have seen them."""
DEINTERLACERS = ("bwdif", "fieldmatch")


def film_checks(source: Path, facts: Facts, plan: Plan, limits: Limits) -> list[Check]:
    """Lines only where there is something to ask: several streams of pictures, or lines for two fields."""
    return [*_longest(source, plan, limits), *_whole_frames(source, facts, plan, limits)]


def _longest(source: Path, plan: Plan, limits: Limits) -> list[Check]:
    try:
        streams = ffmpeg.count_packets(source, limits, plan.opening)
    except Interrupted:
        raise
    except PipelineError:
        return []  # of a file with a closed stream, ffprobe says nothing
    films = [stream for stream in streams if not stream.is_cover]
    if len(films) < 2:
        return []
    kind, _, number = plan.opening.pictures.partition(":")
    mine = (films if kind == "V" else streams)[int(number)].packets
    most = max(stream.packets for stream in films)
    return [Check("the film", f"a stream of about {most} packets", f"one of {mine}", A_FILM * mine >= most)]


def _whole_frames(source: Path, facts: Facts, plan: Plan, limits: Limits) -> list[Check]:
    """Where analyse found whole frames, and the plan takes them as they are."""
    is_taken = facts.field_order == "progressive" and not any(step.name in DEINTERLACERS for step in plan.steps)
    if not is_taken or not can_be_interlaced(facts.height):
        return []
    fields = measure_fields(source, plan.opening, (facts.width, facts.height), limits)
    is_whole = fields.order == "progressive" or fields.share < CLEARLY
    got = "whole frames" if is_whole else f"fields, {fields.share:.0%} of what moves"
    return [Check("frames of the source", "whole frames", got, is_whole)]

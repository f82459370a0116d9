"""Check that the plan uses the main video stream and handles its interlacing, by ffmpeg's own measurements."""

from __future__ import annotations

from pathlib import Path

from upscaler.pipeline.core.errors import Interrupted, PipelineError
from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.measure.fields import can_be_interlaced
from upscaler.pipeline.measure.fields_pass import measure_fields
from upscaler.pipeline.planning.plan import Plan
from upscaler.pipeline.programs import ffprobe

from .check import Check

MAX_PACKET_RATIO = 10
"""Largest accepted ratio of the longest video stream's packets to the selected one's."""
MIN_INTERLACED_SHARE = 0.4
"""Share of moving frames from which on a video is clearly interlaced."""
DEINTERLACERS = ("bwdif", "fieldmatch")


def video_stream_checks(source: Path, facts: Facts, plan: Plan, limits: Limits) -> list[Check]:
    """Return the checks that apply: with several video streams, or with enough lines for two fields."""
    return [*_longest(source, plan, limits), *_whole_frames(source, facts, plan, limits)]


def _longest(source: Path, plan: Plan, limits: Limits) -> list[Check]:
    try:
        streams = ffprobe.count_packets(source, limits, plan.opening)
    except Interrupted:
        raise
    except PipelineError:
        return []  # ffprobe reports nothing for a file with a closed stream
    videos = [stream for stream in streams if not stream.is_cover]
    if len(videos) < 2:
        return []
    kind, _, number = plan.opening.pictures.partition(":")
    selected = (videos if kind == "V" else streams)[int(number)].packets
    longest = max(stream.packets for stream in videos)
    return [
        Check(
            "video stream",
            f"about {longest:,} packets",
            f"{selected:,} packets",
            MAX_PACKET_RATIO * selected >= longest,
        )
    ]


def _whole_frames(source: Path, facts: Facts, plan: Plan, limits: Limits) -> list[Check]:
    """Check progressive frames, where the plan doesn't deinterlace."""
    is_taken = facts.field_order == "progressive" and not any(step.name in DEINTERLACERS for step in plan.steps)
    if not is_taken or not can_be_interlaced(facts.height):
        return []
    fields = measure_fields(source, plan.opening, (facts.width, facts.height), limits)
    is_whole = fields.order == "progressive" or fields.share < MIN_INTERLACED_SHARE
    got = "progressive" if is_whole else f"interlaced ({fields.share:.0%} of the moving frames)"
    return [Check("frames of the source", "progressive", got, is_whole)]

"""Measure a source in one full decode pass. Later stages count time in frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from upscaler.pipeline.core.errors import Refused
from upscaler.pipeline.core.facts import Facts, Header
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.repeats import Repeats
from upscaler.pipeline.measure.decode_pass import DecodePass, measure_frames
from upscaler.pipeline.timing.clock_runs import Run, find_runs, median_step
from upscaler.pipeline.timing.frame_rate import Timing, base_rate, max_slots
from upscaler.pipeline.timing.frame_slots import frame_slots, numbering_pieces
from upscaler.pipeline.timing.source_clock import Timeline, build_timeline
from upscaler.pipeline.tracks.sound_facts import with_measurements
from upscaler.pipeline.tracks.sound_frames import SoundFrames, decode_sound_frames
from upscaler.pipeline.tracks.subtitles import with_readability

from .colour_tags import is_full_range, luma_is_full_range, matrix, matrix_of, range_is_tagged, transfer
from .gaps import SoundTimes, declared_seconds, gaps
from .last_frame import held_frames
from .probe import Probe

MIN_HEADER_SECONDS = Fraction(1, 5)
"""A header that applies for fewer seconds is damaged."""


def analyse(path: Path, probed: Probe, limits: Limits, on_frame: Callable[[int], None] | None = None) -> Facts:
    """Decode every frame of video and sound once, and measure it.

    ``on_frame`` gets the number of decoded frames, every hundred frames. Raises Refused when no
    frame can be decoded.
    """
    size = probed.width, probed.height
    seen = measure_frames(path, probed.opening, size, luma_is_full_range(probed), limits, on_frame)
    if not seen.frames:
        raise Refused("No frame of this video can be decoded.", detail=seen.complaint)
    track_frames: list[SoundFrames | None] = []
    for stream in probed.audio:
        track_frames.append(None if stream.silent else decode_sound_frames(path, probed.opening, stream.index, limits))
    timeline = _timeline(seen, track_frames)
    time_base, shifts = seen.time_base, timeline.pictures
    timing = base_rate(seen.stamps, time_base, probed.r_frame_rate, probed.avg_frame_rate, shifts)
    if timing.frames > max_slots(seen.frames):
        raise Refused(_mostly_still_message(seen.frames, timing))
    within = numbering_pieces(seen.stamps, time_base, timing.rate, shifts, timing.origin, seen.slips)
    numbers = [int(number) for number in frame_slots(seen.stamps, within, time_base, timing.rate)]
    begins = timing.origin * time_base
    is_one_clock = not timeline.seams
    pictures_end = begins + timing.frames / timing.rate
    held = held_frames(path, probed, pictures_end, timing.rate, limits) if is_one_clock else 0
    frames = timing.frames + held
    duration = frames / timing.rate
    if duration > limits.max_seconds:
        raise Refused(f"The video is {float(duration) / 3600:.1f} hours long, longer than this server accepts.")
    audio = tuple(
        with_measurements(stream, frames_of, shift)
        for stream, frames_of, shift in zip(probed.audio, track_frames, timeline.sounds, strict=True)
    )
    sound = SoundTimes.of(track_frames, timeline)
    claimed = probed.seconds if is_one_clock else Fraction(0)
    colour_matrix, colour_tagged = matrix(probed)
    return Facts(
        container=probed.container,
        codec=probed.codec,
        width=probed.width,
        height=probed.height,
        sar=probed.sar,
        pix_fmt=probed.pix_fmt,
        matrix=colour_matrix,
        full_range=is_full_range(probed),
        colour_tagged=colour_tagged,
        decoded_frames=seen.frames,
        rate=timing.rate,
        timing=timing.kind,
        frames=frames,
        first_frame_time=begins,
        audio=audio,
        cuts=tuple(numbers[cut] for cut in seen.cuts),
        poster_frame=numbers[seen.poster],
        decode_errors=max(0, seen.complaints - probed.complaints),
        field_order=seen.fields.order,
        interlaced_share=seen.fields.share,
        fields_are=seen.fields.are,
        field_order_changes=seen.fields.changes,
        border=seen.border,
        repeats=_repeats(seen, numbers, frames),
        quickest=timing.quickest,
        held=held,
        duplicates=sum(seen.duplicates),
        gaps=gaps(numbers, timing.rate, begins, seen.complaints > probed.complaints, sound),
        declared_seconds=declared_seconds(claimed, probed.is_of_pictures, begins + duration, sound),
        listed_frames=probed.listed_frames,
        time_base=time_base,
        range_tagged=range_is_tagged(probed),
        transfer=transfer(probed),
        rotation=probed.rotation,
        subtitles=tuple(with_readability(path, probed.opening, stream, limits) for stream in probed.subtitles),
        chapters=probed.chapters,
        title=probed.title,
        opening=probed.opening,
        pieces=within,
        seams=timeline.seams,
        recordings=timeline.recordings,
        headers=_headers(seen, numbers, timing.rate),
        left_out=probed.left_out,
        fonts=probed.fonts,
    )


def _mostly_still_message(frames: int, timing: Timing) -> str:
    hours = float(timing.frames / timing.rate) / 3600
    length = f"{hours:.1f} hours" if hours >= 1 else f"{60 * hours:.0f} minutes"
    return (
        f"This video has {frames:,} frames in {length}, some only {1000 / float(timing.rate):.0f} ms apart. "
        f"At {float(timing.rate):g} frames per second, that would be {timing.frames:,} frames. "
        "Cut out the part with motion, then use that."
    )


def _timeline(seen: DecodePass, track_frames: Sequence[SoundFrames | None]) -> Timeline:
    """Return the timeline of the video and every audio track."""
    film = find_runs(seen.stamps, np.full(seen.frames, median_step(seen.stamps), np.int64), seen.time_base)
    tracks: list[list[Run]] = [frames.find_runs() if frames is not None else [] for frames in track_frames]
    return build_timeline(film, tracks)


def _headers(seen: DecodePass, numbers: Sequence[int], rate: Fraction) -> tuple[Header, ...]:
    """Return the header of each lasting part; none where there is only one part."""
    ends = [*(first for first, _ in seen.headers[1:]), seen.frames]
    headers: list[Header] = []
    for (first, tags), end in zip(seen.headers, ends, strict=True):
        is_full = tags.color_range == "pc"
        header = Header(numbers[first], tags.width, tags.height, tags.sar, matrix_of(tags.color_space), is_full)
        lasts = (numbers[end - 1] + 1 - numbers[first]) / rate
        if lasts >= MIN_HEADER_SECONDS and (not headers or replace(header, frame=headers[-1].frame) != headers[-1]):
            headers.append(header if headers else replace(header, frame=0))
    return tuple(headers) if len(headers) > 1 else ()


def _repeats(seen: DecodePass, numbers: Sequence[int], frames: int) -> Repeats:
    """Return the frames at the base rate that repeat the one before them: duplicates, and slots without a frame.

    Where the header changes, equal frames may show different pictures.
    """
    new = {number for number, is_duplicate in zip(numbers, seen.duplicates, strict=True) if not is_duplicate}
    new |= {numbers[first] for first, _ in seen.headers}
    return Repeats.of(number for number in range(1, frames) if number not in new)

"""One full decode pass over a source: the end of guessing. From here on, time is frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from upscaler.pipeline.core.errors import Refused
from upscaler.pipeline.core.facts import Facts, Header, Repeats
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.measure.one_pass import Seen, see_every_frame
from upscaler.pipeline.timing.clock import Account, Run, account_of, runs, usual_step
from upscaler.pipeline.timing.rate import Timing, base_rate, pieces, slots, slots_allowed
from upscaler.pipeline.tracks.sound_facts import measured
from upscaler.pipeline.tracks.sound_frames import SoundFrames, sound_frames
from upscaler.pipeline.tracks.subtitles import readable

from .colour_tags import is_full_range, luma_is_full_range, matrix, matrix_of, range_is_tagged, transfer
from .gaps import SoundTimes, declared_seconds, gaps
from .last_frame import held_frames
from .probe import Probe

LEAST_PART = Fraction(1, 5)
"""Seconds: a header that says something else for less is damaged."""


def analyse(path: Path, probed: Probe, limits: Limits, on_frame: Callable[[int], None] | None = None) -> Facts:
    """Decode every frame once, of pictures and of sound, and measure.

    ``on_frame`` is told the number of frames seen, every hundred frames. Raises Refused when not
    one frame decodes.
    """
    size = probed.width, probed.height
    seen = see_every_frame(path, probed.opening, size, luma_is_full_range(probed), limits, on_frame)
    if not seen.frames:
        raise Refused("Not one frame of this video can be decoded.", detail=seen.complaint)
    heard: list[SoundFrames | None] = []
    for stream in probed.audio:
        heard.append(None if stream.silent else sound_frames(path, probed.opening, stream.index, limits))
    account = _account(seen, heard)
    time_base, shifts = seen.time_base, account.pictures
    timing = base_rate(seen.stamps, time_base, probed.r_frame_rate, probed.avg_frame_rate, shifts)
    if timing.frames > slots_allowed(seen.frames):
        raise Refused(_stands_still(seen.frames, timing))
    within = pieces(seen.stamps, time_base, timing.rate, shifts, timing.origin, seen.slips)
    numbers = [int(number) for number in slots(seen.stamps, within, time_base, timing.rate)]
    begins = timing.origin * time_base
    is_one_clock = not account.seams
    pictures_end = begins + timing.frames / timing.rate
    held = held_frames(path, probed, pictures_end, timing.rate, limits) if is_one_clock else 0
    frames = timing.frames + held
    duration = frames / timing.rate
    if duration > limits.max_seconds:
        raise Refused(f"The video is {float(duration) / 3600:.1f} hours long, longer than this server takes.")
    audio = tuple(
        measured(stream, frames_of, shift)
        for stream, frames_of, shift in zip(probed.audio, heard, account.sounds, strict=True)
    )
    sound = SoundTimes.of(heard, account)
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
        subtitles=tuple(readable(path, probed.opening, stream, limits) for stream in probed.subtitles),
        chapters=probed.chapters,
        title=probed.title,
        opening=probed.opening,
        pieces=within,
        seams=account.seams,
        recordings=account.recordings,
        headers=_headers(seen, numbers, timing.rate),
        left_out=probed.left_out,
        fonts=probed.fonts,
    )


def _stands_still(frames: int, timing: Timing) -> str:
    hours = float(timing.frames / timing.rate) / 3600
    length = f"{hours:.1f} hours" if hours >= 1 else f"{60 * hours:.0f} minutes"
    return (
        f"This video shows {frames:,} pictures in {length}, some only {1000 / float(timing.rate):.0f} ms apart. "
        f"At {float(timing.rate):g} frames a second that would be {timing.frames:,} frames. "
        "Cut out the part that moves and upload that."
    )


def _account(seen: Seen, heard: Sequence[SoundFrames | None]) -> Account:
    """Of the pictures and every track, in one time."""
    film = runs(seen.stamps, np.full(seen.frames, usual_step(seen.stamps), np.int64), seen.time_base)
    tracks: list[list[Run]] = [one.runs() if one is not None else [] for one in heard]
    return account_of(film, tracks)


def _headers(seen: Seen, numbers: Sequence[int], rate: Fraction) -> tuple[Header, ...]:
    """Parts that last, where there are two and more."""
    ends = [*(first for first, _ in seen.headers[1:]), seen.frames]
    found: list[Header] = []
    for (first, said), end in zip(seen.headers, ends, strict=True):
        is_full = said.color_range == "pc"
        header = Header(numbers[first], said.width, said.height, said.sar, matrix_of(said.color_space), is_full)
        lasts = (numbers[end - 1] + 1 - numbers[first]) / rate
        if lasts >= LEAST_PART and (not found or replace(header, frame=found[-1].frame) != found[-1]):
            found.append(header if found else replace(header, frame=0))
    return tuple(found) if len(found) > 1 else ()


def _repeats(seen: Seen, numbers: Sequence[int], frames: int) -> Repeats:
    """Frames at the base rate that show the same as the one before them: duplicates, and slots that no frame fills.

    Where the header says something new, the same picture may mean something else.
    """
    new = {number for number, is_duplicate in zip(numbers, seen.duplicates, strict=True) if not is_duplicate}
    new |= {numbers[first] for first, _ in seen.headers}
    return Repeats.of(number for number in range(1, frames) if number not in new)

"""One full decode pass over a source: the end of guessing. From here on, time is frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from .errors import Refused
from .facts import Facts, Repeats
from .limits import Limits
from .measure.colour import is_full_range, luma_is_full_range, matrix, range_is_tagged, transfer
from .measure.damage import SoundPackets, declared_seconds, gaps
from .measure.ending import held_frames
from .measure.one_pass import see_every_frame
from .probe import Probe
from .rate import NO_STAMP, base_rate, slots


def analyse(path: Path, probed: Probe, limits: Limits, on_frame: Callable[[int], None] | None = None) -> Facts:
    """Decode every frame once and measure.

    ``on_frame`` is told the number of frames seen, every hundred frames. Raises Refused when not
    one frame decodes.
    """
    seen = see_every_frame(path, (probed.width, probed.height), luma_is_full_range(probed), limits, on_frame)
    if not seen.frames:
        raise Refused("Not one frame of this video can be decoded.", detail=seen.complaint)
    timing = base_rate(seen.stamps, probed.time_base, probed.r_frame_rate, probed.avg_frame_rate)
    numbers = slots(seen.stamps, probed.time_base, timing.rate)
    first_frame_time = next((stamp for stamp in seen.stamps if stamp != NO_STAMP), 0) * probed.time_base
    held = held_frames(path, probed, first_frame_time + timing.frames / timing.rate, timing.rate, limits)
    frames = timing.frames + held
    duration = frames / timing.rate
    if duration > limits.max_seconds:
        raise Refused(f"The video is {float(duration) / 3600:.1f} hours long, longer than this server takes.")
    sound = SoundPackets(path, limits, bool(probed.audio))
    has_complaints = bool(seen.complaints)
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
        first_frame_time=first_frame_time,
        audio=probed.audio,
        cuts=tuple(numbers[cut] for cut in seen.cuts),
        poster_frame=numbers[seen.poster],
        decode_errors=seen.complaints,
        field_order=seen.fields.order,
        interlaced_share=seen.fields.share,
        fields_are=seen.fields.are,
        border=seen.border,
        repeats=_repeats(seen.duplicates, numbers, frames),
        held=held,
        duplicates=sum(seen.duplicates),
        gaps=gaps(seen.stamps, numbers, probed.time_base, timing.rate, has_complaints, sound),
        declared_seconds=declared_seconds(probed.seconds, probed.is_of_pictures, first_frame_time + duration, sound),
        listed_frames=probed.listed_frames,
        time_base=probed.time_base,
        range_tagged=range_is_tagged(probed),
        transfer=transfer(probed),
        rotation=probed.rotation,
        subtitles=probed.subtitles,
        chapters=probed.chapters,
        title=probed.title,
    )


def _repeats(duplicates: bytes, numbers: Sequence[int], frames: int) -> Repeats:
    """Frames at the base rate that show the same as the one before them: duplicates, and slots that no frame fills."""
    new = {number for number, is_duplicate in zip(numbers, duplicates, strict=True) if not is_duplicate}
    return Repeats.of(number for number in range(1, frames) if number not in new)

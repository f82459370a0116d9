"""The sound of a joined video: each part's sound aligned with its frames, to the sample."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO

from upscaler.pipeline.core.errors import Interrupted, PipelineError
from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.stream_facts import AudioStream, SoundForm
from upscaler.pipeline.tracks.sound_format import LAYOUT_BY_CHANNELS
from upscaler.pipeline.tracks.sound_timeline import write_sound_timeline
from upscaler.pipeline.tracks.track_plan import decodable_audio

SAMPLE_BYTES = 2
COPY_BYTES = 1 << 20
HIGHEST_RATE = 192_000


@dataclass(frozen=True)
class SoundShape:
    """Sample rate and channels of one track of the joined video."""

    sample_rate: int
    channels: int

    @property
    def frame_bytes(self) -> int:
        """Bytes of one sample of all channels."""
        return SAMPLE_BYTES * self.channels

    def bytes_for(self, seconds: Fraction) -> int:
        return int(seconds * self.sample_rate) * self.frame_bytes


def shapes_of(facts: Sequence[Facts]) -> list[SoundShape]:
    """Return a shape per track: the parts' highest rate, and their channels if they agree, else stereo."""
    shapes = []
    for index in range(max(len(streams_of(part_facts)) for part_facts in facts)):
        streams = [streams_of(part_facts)[index] for part_facts in facts if index < len(streams_of(part_facts))]
        channels = {stream.channels for stream in streams}
        rate = min(HIGHEST_RATE, max(stream.sample_rate for stream in streams))
        shapes.append(SoundShape(rate, channels.pop() if len(channels) == 1 else 2))
    return shapes


def write_tracks(
    parts: Sequence[tuple[Path, Facts]], counts: Sequence[int], rate: Fraction, folder: Path, limits: Limits
) -> list[tuple[Path, SoundShape]]:
    """Write every track as raw samples into its own file: as long as the video, without drift.

    ``counts`` are the frames of the parts at ``rate``. A part without a track is silent in it.
    """
    written = []
    for index, shape in enumerate(shapes_of([facts for _, facts in parts])):
        target = folder / f"track-{index}"
        ends = [round(frames / rate * shape.sample_rate) for frames in accumulate(counts)]
        with target.open("wb") as file:
            at = 0
            for (path, facts), end in zip(parts, ends, strict=True):
                streams = streams_of(facts)
                if index < len(streams):
                    file.seek(at * shape.frame_bytes)
                    seconds = Fraction(end - at, shape.sample_rate)
                    _copy_part((path, facts, streams[index]), shape, seconds, folder / "part", file, limits)
                file.truncate(end * shape.frame_bytes)  # silence, where there is none
                at = end
        written.append((target, shape))
    return written


def _copy_part(
    part: tuple[Path, Facts, AudioStream],
    shape: SoundShape,
    seconds: Fraction,
    scratch: Path,
    file: BinaryIO,
    limits: Limits,
) -> None:
    """Copy the samples of one stream from the first frame on; nothing where it can't be decoded."""
    path, facts, stream = part
    form = SoundForm(shape.sample_rate, shape.channels, LAYOUT_BY_CHANNELS.get(shape.channels, ""))
    try:
        write_sound_timeline(
            path, facts, stream, scratch, limits, form=form, start=facts.first_frame_time, seconds=seconds
        )
    except Interrupted:
        raise
    except PipelineError:  # the stream has no decodable sound
        scratch.unlink(missing_ok=True)
        return
    with scratch.open("rb") as laid:
        shutil.copyfileobj(laid, file, COPY_BYTES)
    scratch.unlink(missing_ok=True)


def streams_of(facts: Facts) -> list[AudioStream]:
    """Return a part's audible streams, in the order of the joined video's tracks."""
    return [stream for stream in decodable_audio(facts) if stream.channels and stream.sample_rate]

"""The sound of a joined film: each part's beside its own pictures, to the sample."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from os import SEEK_END
from pathlib import Path

from . import ffmpeg
from .facts import AudioStream, Facts
from .limits import Limits
from .tracks import audible, believable, in_place

SAMPLE_BYTES = 2
READ_BYTES = 1 << 18
HIGHEST_RATE = 192_000


@dataclass(frozen=True)
class SoundShape:
    """Of one track of the film."""

    sample_rate: int
    channels: int

    @property
    def frame_bytes(self) -> int:
        """One sample of all channels."""
        return SAMPLE_BYTES * self.channels

    def bytes_for(self, seconds: Fraction) -> int:
        return int(seconds * self.sample_rate) * self.frame_bytes


def shapes_of(facts: Sequence[Facts]) -> list[SoundShape]:
    """One for each track that any part has: the parts' highest rate, their channels if they agree, else stereo."""
    found = []
    for index in range(max(len(streams_of(one)) for one in facts)):
        streams = [streams_of(one)[index] for one in facts if index < len(streams_of(one))]
        channels = {stream.channels for stream in streams}
        rate = min(HIGHEST_RATE, max(stream.sample_rate for stream in streams))
        found.append(SoundShape(rate, channels.pop() if len(channels) == 1 else 2))
    return found


def write_tracks(
    parts: Sequence[tuple[Path, Facts]], counts: Sequence[int], rate: Fraction, folder: Path, limits: Limits
) -> list[tuple[Path, SoundShape]]:
    """Bare samples of every track, each in a file of its own: as long as the pictures, without drift.

    ``counts`` are the frames of the parts at ``rate``. A part without a track is silent in it.
    """
    written = []
    for index, shape in enumerate(shapes_of([facts for _, facts in parts])):
        target = folder / f"track-{index}"
        ends = [round(frames / rate * shape.sample_rate) for frames in accumulate(counts)]
        with target.open("wb") as file:
            at = 0
            for (path, facts), end in zip(parts, ends, strict=True):
                wanted = (end - at) * shape.frame_bytes
                streams = streams_of(facts)
                if index < len(streams):
                    for piece in _cut(path, facts, streams[index], shape, wanted, limits):
                        wanted -= file.write(piece)
                file.truncate(end * shape.frame_bytes)  # silence, where there was too little
                file.seek(0, SEEK_END)
                at = end
        written.append((target, shape))
    return written


def _cut(
    path: Path, facts: Facts, stream: AudioStream, shape: SoundShape, wanted: int, limits: Limits
) -> Iterator[bytes]:
    """The samples of one stream from the first frame on, at most ``wanted`` bytes of them."""
    heard = believable(ffmpeg.source(path, limits)[f"a:{stream.index}"], facts.first_frame_time + facts.duration)
    heard = in_place(heard, shape.sample_rate)
    output = ffmpeg.write(heard, to="pipe:", format="s16le", ar=shape.sample_rate, ac=shape.channels)
    skip = round(facts.first_frame_time * shape.sample_rate) * shape.frame_bytes
    buffer = bytearray(READ_BYTES)
    with ffmpeg.reading(output, limits=limits, says="The sound's decoder") as process:
        while wanted > 0 and (count := process.read_into(memoryview(buffer))):
            piece = bytes(buffer[:count][skip:][:wanted])
            skip = max(0, skip - count)
            wanted -= len(piece)
            if piece:
                yield piece


def streams_of(facts: Facts) -> list[AudioStream]:
    """The streams of a part that can be heard, in the order of the film's tracks."""
    return [stream for stream in audible(facts) if stream.channels and stream.sample_rate]

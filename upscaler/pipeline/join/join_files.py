"""Join several files of one video into a lossless Matroska: FFV1 video, FLAC sound.

Frames and samples pass through this process, which counts them: a part that decodes to too few is padded to its
counted length, so that the parts after it stay in place.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import ffmpeg as graph

from upscaler.pipeline.core.errors import Refused
from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.programs import ffmpeg

from . import part_sound
from .shape import Shape, shape_of, steps_into

REPORT_FRAMES = 50
FFV1: dict[str, str | int] = {"c:v": "ffv1", "level": 3, "g": 1, "slicecrc": 1, "threads": 2}
FIELD_ORDERS = {"tff": "tt", "bff": "bb"}
TAGS = {"bt2020": "bt2020nc"}
"""Tags of matrices whose name in the scale filter differs."""


@dataclass(frozen=True)
class Part:
    """One analysed file of the joined video."""

    path: Path
    facts: Facts


def frames_of(facts: Facts, rate: Fraction) -> int:
    """Return a part's number of frames at the joined video's rate, which is never below its own."""
    return _slot(facts.frames, facts.rate, rate)


def frames_in_all(facts: Sequence[Facts]) -> int:
    """Return the joined video's number of frames."""
    rate = shape_of(facts).rate
    return sum(frames_of(part_facts, rate) for part_facts in facts)


def bytes_needed(facts: Sequence[Facts]) -> int:
    """Estimate the disk space for joining: three quarters of the raw frames, and the sound twice."""
    shape = shape_of(facts)
    frames = sum(frames_of(part_facts, shape.rate) for part_facts in facts)
    sound = part_sound.shapes_of(facts)
    return frames * shape.frame_bytes * 3 // 4 + 2 * sum(track.bytes_for(frames / shape.rate) for track in sound)


def join(parts: Sequence[Part], target: Path, limits: Limits, on_frame: Callable[[int], None] | None = None) -> int:
    """Write the parts, one after another, into ``target``; returns its number of frames.

    ``on_frame`` is called with the frames written so far; an exception in it cancels the work. Raises
    Refused when a part has no decodable frame, PipelineError when ffmpeg fails.
    """
    facts = [part.facts for part in parts]
    shape = shape_of(facts)
    counts = [frames_of(part_facts, shape.rate) for part_facts in facts]
    with tempfile.TemporaryDirectory(prefix="sound-", dir=target.parent) as folder:
        tracks = part_sound.write_tracks(
            [(part.path, part.facts) for part in parts], counts, shape.rate, Path(folder), limits
        )
        output = _output(shape, tracks, facts, target)
        written = 0
        with ffmpeg.feeding(output, limits=limits, label="The encoder of the joined video") as process:
            for number, (part, count) in enumerate(zip(parts, counts, strict=True), start=1):
                for frame in _frames(part, number, shape, count, limits):
                    process.write(memoryview(frame))
                    written += 1
                    if on_frame and written % REPORT_FRAMES == 0:
                        on_frame(written)
            process.finish()
    return written


def _frames(part: Part, number: int, shape: Shape, count: int, limits: Limits) -> Iterator[bytes]:
    """Yield exactly ``count`` frames of a part in the joined video's format, each of its frames at least once."""
    pictures = ffmpeg.apply_steps(
        ffmpeg.source(part.path, limits, part.facts.opening)[part.facts.opening.pictures], steps_into(shape, part.facts)
    )
    output = ffmpeg.write(pictures, to="pipe:", format="rawvideo", fps_mode="passthrough")
    bounds = (_slot(frame, part.facts.rate, shape.rate) for frame in range(part.facts.frames + 1))
    buffer = bytearray(shape.frame_bytes)
    frame = b""
    given = 0
    with ffmpeg.reading(output, limits=limits, label=f"The decoder of part {number}") as process:
        for begin, end in pairwise(bounds):
            if process.read_into(memoryview(buffer)) < len(buffer):
                break
            frame = bytes(buffer)
            for _ in range(begin, end):
                given += 1
                yield frame
        if not given:
            raise Refused(f"Part {number} can no longer be read. Remove it and try again.", detail=process.tail)
    for _ in range(given, count):
        yield frame


def _slot(frame: int, rate: Fraction, film_rate: Fraction) -> int:
    """Return a part's frame number at the joined video's rate, counted from the part's start."""
    return int(frame * film_rate / rate + Fraction(1, 2))


def _output(
    shape: Shape, tracks: Sequence[tuple[Path, part_sound.SoundShape]], facts: Sequence[Facts], target: Path
) -> ffmpeg.Stream:
    pictures = graph.input(
        "pipe:",
        format="rawvideo",
        pix_fmt=shape.pix_fmt.replace("yuvj", "yuv"),
        s=f"{shape.width}x{shape.height}",
        framerate=str(shape.rate),
    ).video.filter("setsar", str(shape.sar))
    options: dict[str, str | int] = FFV1 | {"c:a": "flac", "map_metadata": -1, "fps_mode": "passthrough"}
    if shape.is_tagged and not shape.is_rgb:
        options |= {
            "color_range": "pc" if shape.full_range else "tv",
            "colorspace": TAGS.get(shape.matrix, shape.matrix),
        }
    if shape.field_order != "progressive":
        pictures = pictures.filter("setfield", shape.field_order)
        options |= {"field_order": FIELD_ORDERS[shape.field_order]}
    sound = [
        ffmpeg.trusted_file(path, format="s16le", ar=track.sample_rate, ac=track.channels)["a:0"]
        for path, track in tracks
    ]
    for index in range(len(tracks)):
        streams = [part_sound.streams_of(part_facts) for part_facts in facts]
        languages = {of_part[index].language for of_part in streams if index < len(of_part)}
        if len(languages) == 1 and (language := languages.pop()):
            options[f"metadata:s:a:{index}"] = f"language={language}"
    return ffmpeg.write(pictures, *sound, to=target, format="matroska", **options)

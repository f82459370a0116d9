"""What an old clip tells of the encoder that made it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from upscaler.pipeline.containers.formats import CODECS as READABLE_CODECS
from upscaler.pipeline.containers.formats import CONTAINERS
from upscaler.pipeline.core.errors import Refused
from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.frame import flat
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.programs import ffmpeg, ffprobe
from upscaler.pipeline.source.analyse import analyse
from upscaler.pipeline.source.probe import Probe, probe

from .quantisers import quantisers
from .sharpness import Luma, fine_detail, noise

IMITATED: dict[str, str] = {
    "mpeg4": "mpeg4", "msmpeg4v1": "divx3", "msmpeg4v2": "divx3", "msmpeg4v3": "divx3", "wmv1": "wmv1", "wmv2": "wmv2",
    "wmv3": "wmv2", "vc1": "wmv2", "flv1": "spark", "h263": "spark", "mpeg1video": "mpeg1", "mpeg2video": "mpeg2",
    "h264": "h264", "svq1": "svq1", "theora": "theora", "vp3": "theora",
}  # fmt: skip
"""The codec of ``codecs.CODECS`` that imitates each codec of ffprobe: its own, or the nearest that has an encoder."""
XVID_TAGS = ("XVID", "xvid")
SAMPLES = 60
"""Frames of which sharpness and noise are measured, spread over the clip."""


@dataclass(frozen=True)
class ClipTraits:
    """The measurements of one clip."""

    codec: str
    """A name in ``codecs.CODECS``."""
    codec_name: str
    """ffprobe's name of the codec in the file."""
    width: int
    """Of the picture without black borders, in square pixels."""
    height: int
    rate: Fraction
    """Frames per second."""
    frames: int
    kbps: int
    """Average bit rate of the pictures, in kbit/s."""
    quantiser: float | None
    """Mean over all macroblocks of all frames, on MPEG-4's scale of 1 to 31; None where the codec doesn't tell."""
    quantiser_spread: float | None
    """Standard deviation of the frames' means."""
    gop: int
    """Longest distance of two key frames, in frames."""
    key_frame_distance: float
    """Mean distance of key frames, in frames."""
    has_b_frames: bool
    repeated_share: float
    """Share of the frames that repeat the one before them."""
    fine_detail: float
    """``sharpness.fine_detail``, averaged over frames."""
    noise: float
    """``sharpness.noise``, averaged over frames."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"rate": str(self.rate)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> ClipTraits:
        return cls(**data | {"rate": Fraction(data["rate"])})


def measure_clip(source: Path, limits: Limits) -> ClipTraits:
    """Measure an old clip with the system's ffmpeg, which decodes it three times.

    Raises Refused for a file that is no acceptable video, or whose codec has no encoder that is like it, and
    PipelineError if it can't be decoded.
    """
    probed = probe(source, limits)
    facts = analyse(source, probed, limits)
    tag, has_b_frames = _stream(source, probed, limits)
    if facts.codec not in IMITATED:
        raise Refused(f"HaloWeb has no encoder that is like {facts.codec}. Choose a recipe of the era instead.")
    sizes, keys = _packets(source, probed, limits)
    levels = _mean_quantisers(source, probed, limits)
    lumas = list(_lumas(source, facts, limits))
    border = facts.border
    return ClipTraits(
        codec="xvid" if facts.codec == "mpeg4" and tag in XVID_TAGS else IMITATED[facts.codec],
        codec_name=facts.codec,
        width=round((facts.width - border.left - border.right) * facts.sar),
        height=facts.height - border.top - border.bottom,
        rate=facts.rate,
        frames=facts.decoded_frames,
        kbps=max(1, round(8 * sum(sizes) / float(facts.duration) / 1000)),
        quantiser=float(np.mean(levels)) if levels else None,
        quantiser_spread=float(np.std(levels)) if levels else None,
        gop=max((int(distance) for distance in np.diff([*keys, len(sizes)])), default=len(sizes)),
        key_frame_distance=len(sizes) / max(1, len(keys)),
        has_b_frames=has_b_frames,
        repeated_share=facts.duplicates / facts.decoded_frames,
        fine_detail=float(np.mean([fine_detail(luma) for luma in lumas])),
        noise=float(np.mean([noise(luma) for luma in lumas])),
    )


def _stream(source: Path, probed: Probe, limits: Limits) -> tuple[str, bool]:
    """Return the codec's tag, such as "XVID", and whether frames are reordered."""
    streams = ffprobe.probe(source, limits, opening=probed.opening)["streams"]
    stream = next(stream for stream in streams if stream["index"] == probed.stream)
    return stream.get("codec_tag_string", ""), bool(stream.get("has_b_frames", 0))


def _packets(source: Path, probed: Probe, limits: Limits) -> tuple[list[int], list[int]]:
    """Return the sizes of the frames in bytes, and the numbers of the key frames."""
    command = [
        "ffprobe", "-hide_banner", "-loglevel", "error", "-protocol_whitelist", "file,pipe",
        "-format_whitelist", CONTAINERS, "-codec_whitelist", READABLE_CODECS, *probed.opening.arguments(),
        "-select_streams", probed.opening.pictures, "-show_entries", "packet=size,flags", "-of", "compact=p=0",
        "-i", ffmpeg.file_url(source),
    ]  # fmt: skip
    lines = ffmpeg.output_of(command, limits=limits, label="ffprobe").decode().split()
    packets = [dict(entry.split("=", 1) for entry in line.split("|")) for line in lines if "size=" in line]
    sizes = [int(packet["size"]) for packet in packets]
    return sizes, [at for at, packet in enumerate(packets) if "K" in packet["flags"]]


def _mean_quantisers(source: Path, probed: Probe, limits: Limits) -> list[float]:
    """Return the mean quantiser of each frame that tells its quantisers."""
    planes = quantisers(source, limits, probed.opening)
    return [float(plane.mean()) for plane in planes if plane.all()] if planes is not None else []


def _lumas(source: Path, facts: Facts, limits: Limits) -> Iterator[Luma]:
    """Yield the luma of some frames, without borders."""
    border, step = facts.border, max(1, facts.decoded_frames // SAMPLES)
    graph = ffmpeg.source(source, limits, facts.opening)[facts.opening.pictures]
    chosen = graph.filter("select", f"not(mod(n,{step}))").filter("format", "gray")
    output = ffmpeg.write(chosen, to="pipe:", format="rawvideo", fps_mode="passthrough")
    luma = np.empty((facts.height, facts.width), np.uint8)
    with ffmpeg.reading(output, limits=limits, label="The decoder") as process:
        while process.read_into(flat(luma)) == luma.nbytes:
            yield luma[border.top : facts.height - border.bottom, border.left : facts.width - border.right].copy()
        process.wait()

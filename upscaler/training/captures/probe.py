"""Measure a capture: a video, or a folder of pictures. Archives are unpacked first, by ``unpack_pictures``."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from upscaler.pipeline.core.errors import Refused
from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.safe_text import one_line
from upscaler.pipeline.source.analyse import analyse
from upscaler.pipeline.source.probe import probe
from upscaler.training.core.capture import Capture, CaptureKind

from . import quality
from .archive import is_archive
from .picture_files import picture_files
from .picture_reader import PictureFacts, PictureReader
from .samples import sampled_frames
from .video_frames import seeking_is_exact

SMALLEST_SIDE = 64
"""Pixels of a truth: a quarter of it, the low-resolution frame, has to hold some blocks of a codec."""
NOT_A_CAPTURE = "This is neither a video, a folder of pictures nor an archive of them."
UNKNOWN_CHARACTERS = re.compile(r"[^a-z0-9]+")
MAX_ID_LENGTH = 48

ProgressCallback = Callable[[int], None]
"""Called with the number of frames or pictures that were measured. An exception in it cancels the measuring."""


def probe_capture(
    path: Path,
    limits: Limits,
    *,
    capture_id: str = "",
    target: tuple[int, int] | None = None,
    facts: Facts | None = None,
    on_progress: ProgressCallback = lambda _: None,
) -> Capture:
    """Measure a video by decoding all of it, or a folder of pictures by their headers; then its quality as truth.

    ``capture_id`` is made of the name where it is empty. ``target`` is the size (width, height) that the dataset's
    captures should have; others get a warning. ``facts`` are those of a video that was analysed before. Raises Refused,
    with the reason, for what can't serve as a capture.
    """
    name = capture_id or id_of(path.name if path.is_dir() else path.stem)
    if path.is_dir():
        capture, warnings = _probe_folder(path, name, limits, on_progress)
    elif is_archive(path):
        raise Refused("Unpack this archive into a folder, then add the folder.")
    elif path.is_file():
        capture, warnings = _probe_video(path, name, limits, facts, on_progress)
    else:
        raise Refused(NOT_A_CAPTURE)
    if min(capture.width, capture.height) < SMALLEST_SIDE:
        raise Refused(f"The capture is {capture.width}x{capture.height}, which is too small for a truth.")
    samples = list(sampled_frames(capture, limits))
    if samples:
        warnings += quality.picture_warnings(quality.measure(samples), capture.width, capture.height)
    warnings.append(quality.target_warning(capture.width, capture.height, target))
    return replace(capture, warnings=tuple(filter(None, warnings)))


def id_of(name: str) -> str:
    """Return an identifier for a name: lower-case ASCII letters, digits and single hyphens."""
    return UNKNOWN_CHARACTERS.sub("-", name.lower()).strip("-")[:MAX_ID_LENGTH].rstrip("-") or "capture"


def _probe_video(
    path: Path, name: str, limits: Limits, facts: Facts | None, on_progress: ProgressCallback
) -> tuple[Capture, list[str]]:
    probed = probe(path, limits)
    measured = facts or analyse(path, probed, limits, on_progress)
    sizes = {(header.width, header.height) for header in measured.headers}
    if len(sizes) > 1:
        raise Refused("The frame size changes within this video. Cut it where the size changes, and add each part.")
    is_regular = measured.timing == "constant" and measured.frames == measured.decoded_frames and not measured.seams
    capture = Capture(
        id=name,
        path=path,
        kind=CaptureKind.VIDEO,
        width=probed.width,
        height=probed.height,
        rate=measured.rate,
        frames=measured.decoded_frames,
        first_time=measured.first_frame_time if is_regular and not measured.decode_errors else None,
    )
    if not seeking_is_exact(capture, limits):
        capture = replace(capture, first_time=None)
    return capture, list(quality.video_warnings(measured, path.stat().st_size))


def _probe_folder(folder: Path, name: str, limits: Limits, on_progress: ProgressCallback) -> tuple[Capture, list[str]]:
    paths = picture_files(folder)
    if not paths:
        raise Refused("This folder has no pictures (PNG, JPEG, WebP or BMP).")
    facts: list[PictureFacts] = []
    with PictureReader(limits) as reader:
        for number, path in enumerate(paths, 1):
            facts.append(reader.facts(path))
            if number % 100 == 0:
                on_progress(number)
    sizes = Counter(fact.size for fact in facts if fact.width)
    if not sizes:
        raise Refused(f"No picture of this folder can be read, such as {one_line(paths[0].name)}.")
    (width, height), count = sizes.most_common(1)[0]
    if 2 * count <= len(paths):
        raise Refused(
            f"The pictures of this folder have {len(sizes)} sizes, none of them the size of most. "
            "Put pictures of one size into a folder each."
        )
    capture = Capture(
        id=name, path=folder, kind=CaptureKind.PICTURES, width=width, height=height, rate=None, frames=len(paths)
    )
    return capture, [
        _left_out_warning(paths, facts, (width, height)),
        quality.jpeg_warning([fact.jpeg_quality for fact in facts]),
    ]


def _left_out_warning(paths: list[Path], facts: list[PictureFacts], size: tuple[int, int]) -> str:
    others = [path for path, fact in zip(paths, facts, strict=True) if fact.size != size]
    if not others:
        return ""
    return (
        f"{len(others):,} of its {len(paths):,} pictures are left out, such as {one_line(others[0].name)}: "
        f"they can't be read, or aren't {size[0]}x{size[1]} as most are."
    )

"""Measures captures of datasets, and harvests their frames: hash, probe, quality as truth, frames, contact sheets."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction

from upscaler.jobs.actions.captures import announce, count_used
from upscaler.jobs.base import disk_space
from upscaler.jobs.base.leased_work import Outcomes, leased_work
from upscaler.jobs.base.leases import is_held, while_held
from upscaler.jobs.steps.contact_sheets import SheetWriter
from upscaler.library.listing import in_parts
from upscaler.media.files import Scratch, commit_file, folder_delete, source_path, working_path
from upscaler.media.media_store import media_store
from upscaler.models import Capture, CaptureState, Frame
from upscaler.models.dataset import CAPTURE_ACTIVE_STATES
from upscaler.pipeline.core.errors import Refused, Stopped
from upscaler.pipeline.networks.weights import sha256_of
from upscaler.selectors.datasets import facts_of
from upscaler.training.captures.archive import OTHER_SUFFIXES, SUFFIXES, unpack_pictures
from upscaler.training.captures.probe import probe_capture
from upscaler.training.core.capture import Capture as MeasuredCapture
from upscaler.training.dataset.frame import NO_BURST, HarvestedFrame
from upscaler.training.dataset.harvest import harvest
from upscaler.training.dataset.harvest_options import HarvestCounts, HarvestOptions
from upscaler.training.dataset.selection import has_motion

ANNOUNCE_SECONDS = 1.0
"""How often pages are told how far a harvest is."""


def measure_capture(capture_id: UUID) -> None:
    """Measure a capture and harvest its frames. Does nothing for one in another state."""
    capture = Capture.objects.select_related("dataset", "video").filter(pk=capture_id).first()
    if capture is None:
        return
    outcomes = Outcomes(
        wait=lambda reason: _store(capture, error=reason),
        retry=lambda error: _store(capture, error=f"{error.message} HaloWeb will retry."),
        fail=lambda error: _store(capture, state=CaptureState.REFUSED, error=error.message),
    )
    frame = leased_work(
        *(capture, CAPTURE_ACTIVE_STATES, outcomes),
        name=f"Analysis of capture {capture.pk}",
        scratch=Scratch.CAPTURE,
        shortage=disk_space.shortage,
    )
    with frame as scratch:
        if scratch is not None:
            _measure(capture, scratch)
    if not Capture.objects.filter(pk=capture.pk).exists():
        folder_delete(capture.folder)  # it was deleted before its files were stored


def _measure(capture: Capture, scratch: Path) -> None:
    check = while_held(capture)
    _advance(capture, state=CaptureState.MEASURING, error="")
    if media_store().content(capture.key) is None:
        _copy_of_video(capture)
    with source_path(capture.key, lambda _: check()) as path:
        Capture.objects.filter(pk=capture.pk).update(sha256=sha256_of(path), size=path.stat().st_size)
        measured = _probe(capture, path, scratch, check)
        _advance(capture, state=CaptureState.HARVESTING, facts_json=facts_of(measured), frames_seen=0)
        _harvest(capture, measured, scratch, check)
    _advance(capture, state=CaptureState.READY, frames_kept=count_used(capture))


def _copy_of_video(capture: Capture) -> None:
    """Store a link to the bytes of a video of the library, or a copy of them on another file system."""
    if capture.video is None:
        raise Refused("The video was deleted before it was copied. Add it again.")
    target = working_path(capture.key)
    with source_path(capture.video.key) as source:
        target.unlink(missing_ok=True)
        try:
            os.link(source, target)
        except OSError:
            shutil.copyfile(source, target)
    commit_file(capture.key)


def _probe(capture: Capture, path: Path, scratch: Path, check: Callable[[], None]) -> MeasuredCapture:
    source = unpacked(capture, path, scratch / "pictures", lambda _: check())
    facts = capture.video.facts if capture.video is not None and source == path else None
    return probe_capture(
        source, settings.ENVIRONMENT.limits, capture_id=str(capture.pk), facts=facts, on_progress=lambda _: check()
    )


def unpacked(capture: Capture, path: Path, folder: Path, on_progress: Callable[[int], None]) -> Path:
    """Return the file of a capture; of an archive, its pictures unpacked into a new folder."""
    suffix = _archive_suffix(capture.original_name)
    if not suffix:
        return path
    archive = folder.with_name(f"{folder.name}{suffix}")  # its name says what it is
    archive.symlink_to(path)
    unpack_pictures(archive, folder, on_progress=on_progress)
    return folder


def _archive_suffix(name: str) -> str:
    """Return the suffix of an archive's file name, in lower case; "" for other files."""
    lower = name.lower()
    return next((suffix for suffix in (*SUFFIXES, *OTHER_SUFFIXES) if lower.endswith(suffix)), "")


def _harvest(capture: Capture, measured: MeasuredCapture, scratch: Path, check: Callable[[], None]) -> None:
    """Store every frame of a capture. What people chose in an earlier harvest stays."""
    chosen = dict(capture.frames.filter(choice__isnull=False).values_list("number", "choice"))
    capture.frames.all().delete()
    folder_delete(f"{capture.folder}/sheets")
    options = HarvestOptions.from_json(capture.dataset.harvest_json)
    frames = harvest(measured, options, settings.ENVIRONMENT.limits, _Announcer(capture, check).on_progress)
    sheets = SheetWriter(capture, scratch)
    shown = _with_sheets(frames, sheets)
    for rows in in_parts(_rows(capture, shown, chosen, moves=has_motion(measured))):
        if not is_held(capture):
            raise Stopped("It was deleted, or another worker has taken it over.")
        Frame.objects.bulk_create(rows)
    sheets.finish()


def _with_sheets(frames: Iterable[HarvestedFrame], sheets: SheetWriter) -> Iterator[HarvestedFrame]:
    for frame in frames:
        sheets.add(frame.number, frame.thumbnail)
        yield frame


def _rows(
    capture: Capture, frames: Iterable[HarvestedFrame], chosen: dict[int, bool | None], *, moves: bool
) -> Iterator[Frame]:
    """Yield unsaved rows. The burst of a frame is named by its first frame; one that was left out is its own."""
    burst, first = NO_BURST, 0
    for frame in frames:
        if frame.burst != burst or frame.burst == NO_BURST:
            burst, first = frame.burst, frame.number
        yield Frame(
            capture=capture,
            number=frame.number,
            burst=first,
            scene=frame.scene,
            sharpness=frame.sharpness,
            brightness=frame.brightness,
            motion=frame.motion if moves else None,
            hash=signed(frame.hash),
            kept=frame.kept,
            reason=frame.reason.value,
            choice=chosen.get(frame.number),
        )


def signed(value: int) -> int:
    """Return 64 bits as a signed number, which columns of databases hold."""
    return value - 2**64 if value >= 2**63 else value


class _Announcer:
    """Stores the counts of a harvest and tells pages, about once a second."""

    def __init__(self, capture: Capture, check: Callable[[], None]) -> None:
        self._capture = capture
        self._check = check
        self._told_at = 0.0

    def on_progress(self, counts: HarvestCounts) -> None:
        self._check()
        if time.monotonic() - self._told_at < ANNOUNCE_SECONDS and counts.seen < counts.total:
            return
        self._told_at = time.monotonic()
        _advance(self._capture, frames_seen=counts.seen, frames_kept=counts.kept)


def _advance(capture: Capture, **values: object) -> None:
    """Store values of a capture. Raises Stopped if it was deleted."""
    if not _store(capture, **values):
        raise Stopped("The capture was deleted.")


def _store(capture: Capture, **values: object) -> bool:
    """Store values of a capture that is being measured, and tell pages of its dataset. False if it was deleted."""
    with transaction.atomic():
        rows = Capture.objects.filter(pk=capture.pk, state__in=CAPTURE_ACTIVE_STATES)
        if not rows.update(**values):
            return False
        capture.refresh_from_db(fields=[*values, "state"])
        announce(capture)
    return True

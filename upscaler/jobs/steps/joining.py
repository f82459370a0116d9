"""Joins several videos of a library into a new one."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from fractions import Fraction
from uuid import UUID

from django.conf import settings
from django.db import transaction

from upscaler.jobs import queues
from upscaler.jobs.actions import lifecycle
from upscaler.jobs.base import stopping
from upscaler.jobs.base.leases import must_hold
from upscaler.live import log
from upscaler.media.files import Scratch, free_bytes, scratch_folder, source_paths, store_file
from upscaler.models import Part, User, Video, VideoState
from upscaler.pipeline.core.errors import Refused, Stopped
from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.safe_text import one_line
from upscaler.pipeline.join import join_files
from upscaler.pipeline.planning.clip_profiles import OTHER

MIN_PARTS, MAX_PARTS = 2, 50
REPORT_SECONDS = 0.5
UNAVAILABLE = "One of these videos was deleted, or isn't analysed yet. Select again."


def film_create(*, owner: User, parts: Sequence[UUID], title: str, starts_job: bool) -> Video:
    """Create a video that will be joined from a user's own, in this order. Raises Refused, with the reason."""
    if not MIN_PARTS <= len(parts) <= MAX_PARTS or len(set(parts)) != len(parts):
        raise Refused(f"Select {MIN_PARTS} to {MAX_PARTS} different videos to join.")
    title = one_line(title)[:200]
    if not title:
        raise Refused("Enter a title for the joined video.")
    measured = Video.objects.filter(
        owner=owner, state=VideoState.READY, facts_json__isnull=False, pk__in=parts, trashed_at=None
    )
    by_id = measured.in_bulk()
    if len(by_id) != len(parts):
        raise Refused(UNAVAILABLE)
    videos = [by_id[part] for part in parts]
    check(_facts(videos))
    kinds = {video.kind for video in videos}
    with transaction.atomic():
        if measured.count() != len(parts):  # deleted in the meantime
            raise Refused(UNAVAILABLE)
        film = Video.objects.create(
            owner=owner,
            title=title,
            original_name=f"{title}.mkv",
            state=VideoState.JOINING,
            starts_job=starts_job,
            kind=kinds.pop() if len(kinds) == 1 else OTHER,
            size=0,
        )
        Part.objects.bulk_create(
            Part(film=film, source=video, position=position) for position, video in enumerate(videos)
        )
        queues.enqueue_analysis(film.pk)
    return film


def check(facts: Sequence[Facts]) -> None:
    """Raises Refused if the joined video would be too long for this server, or doesn't fit on its disk."""
    environment = settings.ENVIRONMENT
    seconds = sum((each.duration for each in facts), start=Fraction(0))
    if seconds > environment.limits.max_seconds:
        raise Refused(
            f"The joined video would be {float(seconds) / 3600:.1f} hours long. "
            f"This server accepts up to {float(environment.limits.max_seconds) / 3600:.1f} hours."
        )
    needed = join_files.bytes_needed(facts)
    if free_bytes() - needed < environment.disk_floor_bytes:
        raise Refused(
            f"The joined video may need {needed / 1024**3:.1f} GiB, and the server has too little disk space. "
            "Delete something, or ask its owner."
        )


def join_parts(film: Video) -> None:
    """Join the parts and store the file as the video's original. The caller holds the video's lease.

    Raises Refused if a part was deleted or can't be read, and Stopped if the video was deleted.
    """
    sources_or_none = [part.source for part in film.parts.select_related("source").order_by("position")]
    sources = [source for source in sources_or_none if source is not None]
    if len(sources) != len(sources_or_none):
        raise Refused("A part of this video was deleted. Join the others, or upload it again.")
    facts = _facts(sources)
    scratch = scratch_folder(Scratch.JOINING, film.pk)  # emptied: a dead worker's files take up space
    try:
        check(facts)
        made = scratch / "film.mkv"
        with source_paths([video.key for video in sources], stopping.raise_if_cancelled) as paths:
            parts = [join_files.Part(path, of_part) for path, of_part in zip(paths, facts, strict=True)]
            count = join_files.join(
                parts, made, settings.ENVIRONMENT.limits, _progress_callback(film, join_files.frames_in_all(facts))
            )
        size = made.stat().st_size
        must_hold(film)
        store_file(made, film.key, stopping.raise_if_cancelled)
        if not lifecycle.film_arrived(film, size=size):
            lifecycle.video_discard_late(film)
            raise Stopped("The video was deleted.")
        log.append(film, {"kind": "log", "text": f"Joined {len(parts)} parts into {count} frames."})
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _facts(videos: Sequence[Video]) -> list[Facts]:
    facts = [video.facts for video in videos]
    known = [each for each in facts if each is not None]
    if len(known) != len(facts) or not known:
        raise Refused("A part of this video isn't analysed yet. Join them again when it is.")
    return known


def _progress_callback(film: Video, total: int) -> Callable[[int], None]:
    """Return a callback that reports progress. It raises Stopped if the worker stops or the video was deleted."""
    reported_at = 0.0

    def report(frame: int) -> None:
        nonlocal reported_at
        if time.monotonic() - reported_at < REPORT_SECONDS:
            return
        reported_at = time.monotonic()
        if stopping.requested.is_set():
            raise Stopped
        if not Video.objects.filter(pk=film.pk, state=VideoState.JOINING).exists():
            raise Stopped("The video was deleted.")
        log.append(film, {"kind": "progress", "frame": frame, "total": total, "fps": None, "seconds_left": None})

    return report

"""Several videos of a library become the parts of a new one."""

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
from upscaler.pipeline.core.printable import one_line
from upscaler.pipeline.join import join_files
from upscaler.pipeline.planning.clip_profiles import OTHER

MIN_PARTS, MAX_PARTS = 2, 50
TELL_SECONDS = 0.5
GONE = "One of these videos is gone or not measured yet; choose again."


def film_create(*, owner: User, parts: Sequence[UUID], title: str, starts_job: bool) -> Video:
    """A new video out of a person's own, in this order. Raises Refused, with the reason, when that can't be."""
    if not MIN_PARTS <= len(parts) <= MAX_PARTS or len(set(parts)) != len(parts):
        raise Refused(f"Choose {MIN_PARTS} to {MAX_PARTS} different videos to join.")
    title = one_line(title)[:200]
    if not title:
        raise Refused("Give the film a title.")
    measured = Video.objects.filter(
        owner=owner, state=VideoState.READY, facts_json__isnull=False, pk__in=parts, trashed_at=None
    )
    by_id = measured.in_bulk()
    if len(by_id) != len(parts):
        raise Refused(GONE)
    videos = [by_id[part] for part in parts]
    check(_facts(videos))
    kinds = {video.kind for video in videos}
    with transaction.atomic():
        if measured.count() != len(parts):  # deleted in the meantime
            raise Refused(GONE)
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
    """Raises Refused when the film would be too long for this server, or its disk too small for the film."""
    environment = settings.ENVIRONMENT
    seconds = sum((one.duration for one in facts), start=Fraction(0))
    if seconds > environment.limits.max_seconds:
        raise Refused(
            f"The film would be {float(seconds) / 3600:.1f} hours long; "
            f"this server takes up to {float(environment.limits.max_seconds) / 3600:.1f}."
        )
    needed = join_files.bytes_needed(facts)
    if free_bytes() - needed < environment.disk_floor_bytes:
        raise Refused(
            f"Joined without loss, the film may need {needed / 1024**3:.1f} GiB, and the server has too little room "
            "left; delete something, or ask its owner."
        )


def join_parts(film: Video) -> None:
    """Write the film as the original of its video. Under the lease of intake.

    Raises Refused when a part is gone or can't be read, Stopped when nobody wants the film any more.
    """
    found = [part.source for part in film.parts.select_related("source").order_by("position")]
    sources = [source for source in found if source is not None]
    if len(sources) != len(found):
        raise Refused("A part of this film was deleted; join the others, or upload it again.")
    facts = _facts(sources)
    scratch = scratch_folder(Scratch.JOINING, film.pk)  # empties it: what a dead worker left there takes room
    try:
        check(facts)
        made = scratch / "film.mkv"
        with source_paths([video.key for video in sources], stopping.raise_if_cancelled) as paths:
            parts = [join_files.Part(path, one) for path, one in zip(paths, facts, strict=True)]
            count = join_files.join(
                parts, made, settings.ENVIRONMENT.limits, _teller(film, join_files.frames_in_all(facts))
            )
        size = made.stat().st_size
        must_hold(film)
        store_file(made, film.key, stopping.raise_if_cancelled)
        if not lifecycle.film_arrived(film, size=size):
            lifecycle.video_discard_late(film)
            raise Stopped("The film is not wanted any more.")
        log.append(film, {"kind": "log", "text": f"Joined {len(parts)} parts to {count} frames."})
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _facts(videos: Sequence[Video]) -> list[Facts]:
    facts = [video.facts for video in videos]
    known = [one for one in facts if one is not None]
    if len(known) != len(facts) or not known:
        raise Refused("A part of this film is not measured yet; join them again when it is.")
    return known


def _teller(film: Video, total: int) -> Callable[[int], None]:
    """Says how far it is, and ends the work when this worker is to stop, or the film is not wanted any more."""
    told = 0.0

    def tell(frame: int) -> None:
        nonlocal told
        if time.monotonic() - told < TELL_SECONDS:
            return
        told = time.monotonic()
        if stopping.requested.is_set():
            raise Stopped
        if not Video.objects.filter(pk=film.pk, state=VideoState.JOINING).exists():
            raise Stopped("The film is not wanted any more.")
        log.append(film, {"kind": "progress", "frame": frame, "total": total, "fps": None, "seconds_left": None})

    return tell

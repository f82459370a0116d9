"""Videos that are asked for by their address: a row at once, and the file when it is here."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from upscaler.jobs import queues
from upscaler.jobs.actions import lifecycle
from upscaler.jobs.base import stopping
from upscaler.jobs.base.leases import must_hold, unattended
from upscaler.live import log
from upscaler.models import SiteSettings, User, Video, VideoState
from upscaler.pipeline.core.errors import Refused, Stopped
from upscaler.pipeline.core.printable import one_line, printable
from upscaler.pipeline.fetch import addresses
from upscaler.pipeline.fetch.parent import Fetched, ProgressCallback, fetch, is_installed
from upscaler.pipeline.planning.clip_profiles import kind_of
from upscaler.storage import free_bytes, put, scratch_folder

TELL_SECONDS = 0.5
SWITCHED_OFF = "The owner of this server has switched the fetching of videos off."
NOT_INSTALLED = "This server has no yt-dlp: its owner installs it with pip install -r requirements-import.txt."
NO_ROOM = "The server has too little room left for this video; delete something, or ask its owner, and try again."


def unavailability() -> str:
    """Why nothing can be fetched here, in a sentence; "" if it can."""
    if not SiteSettings.read().allows_url_import:
        return SWITCHED_OFF
    return "" if is_installed() else NOT_INSTALLED


def import_create(*, owner: User, address: str, kind: str, starts_job: bool) -> Video:
    """A new video that will be fetched. Raises Refused, with the reason, when that can't be."""
    if reason := unavailability():
        raise Refused(reason)
    address = addresses.check_form(address)
    name = _name_in(address)
    with transaction.atomic():
        video = Video.objects.create(
            owner=owner,
            title=name,
            original_name=name,
            state=VideoState.FETCHING,
            starts_job=starts_job,
            kind=kind_of(kind).name,
            imported_from=address,
            source_url=_source_in(address),
            size=0,
        )
        queues.enqueue_analysis(video.pk)
    return video


def is_busy() -> bool:
    """Is one being fetched? One at a time: each takes a worker for as long as the site likes."""
    return Video.objects.filter(state=VideoState.FETCHING).exclude(unattended()).exists()


def may_begin() -> bool:
    """Is none being fetched? Within a transaction, which nobody else who asks this gets past until it ends."""
    list(SiteSettings.objects.select_for_update().filter(pk=1))
    return not is_busy()


def fetch_source(video: Video, fetch_file: Callable[..., Fetched] = fetch) -> None:
    """Bring the original of a video from its address. Under the lease of intake.

    Raises Refused with the reason when it can't be had, Stopped when nobody wants it any more.
    """
    if reason := unavailability():
        raise Refused(reason)
    limits = settings.ENVIRONMENT.limits
    scratch = scratch_folder(f"fetch-{video.pk}")  # empties it: what a dead worker left there takes room
    try:
        fetched = fetch_file(
            video.imported_from,
            scratch,
            max_bytes=limits.max_bytes,
            stall_seconds=limits.stall_seconds,
            report=_reporter(video),
            barred=settings.ENVIRONMENT.no_import_from,
        )
        size = fetched.file.stat().st_size
        if size == 0:
            raise Refused("What is at this address is empty.")
        must_hold(video)
        put(fetched.file, video.key, stopping.raise_if_cancelled)
        if not lifecycle.video_fetched(video, size=size, **_names(video, fetched)):
            lifecycle.video_discard_late(video)
            raise Stopped("The video is not wanted any more.")
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _names(video: Video, fetched: Fetched) -> dict[str, str]:
    """What the site calls it, unless its owner has given it a title in the meantime."""
    title = one_line(fetched.title)[:200]
    if not title:
        return {}
    names = {"original_name": printable(f"{title[:240]}{fetched.file.suffix[:12]}")}
    was_renamed = Video.objects.filter(pk=video.pk).exclude(title=video.title).exists()
    return names if was_renamed else names | {"title": title}


def _reporter(video: Video) -> ProgressCallback:
    """Says how much is here, and ends the work when it must not go on."""
    told, said = 0.0, -1

    def report(here: int, total: int | None) -> None:
        nonlocal told, said
        if time.monotonic() - told < TELL_SECONDS:
            return
        told = time.monotonic()
        stopping.raise_if_cancelled(here)
        if free_bytes() - max((total or 0) - here, 0) < settings.ENVIRONMENT.disk_floor_bytes:
            raise Refused(NO_ROOM)
        if not Video.objects.filter(pk=video.pk, state=VideoState.FETCHING).exists():
            raise Stopped("The video is not wanted any more.")
        if here != said:
            said = here
            log.append(video, {"kind": "fetched", "bytes": here, "total": total})

    return report


def _name_in(address: str) -> str:
    """The last part of an address, or the site, until it is known what it is called."""
    parts = urlsplit(address)
    return (one_line(unquote(PurePosixPath(parts.path).name)) or parts.hostname or "Untitled")[:200]


def _source_in(address: str) -> str:
    """What stands under "Found at", which takes less than can be fetched; "" for what it does not take."""
    try:
        return str(Video._meta.get_field("source_url").clean(address, None))
    except ValidationError:
        return ""

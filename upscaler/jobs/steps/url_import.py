"""Imports videos by URL: the row is created at once, and a worker downloads the file."""

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
from upscaler.media.files import Scratch, free_bytes, scratch_folder, store_file
from upscaler.models import SiteSettings, User, Video, VideoState
from upscaler.pipeline.core.errors import Refused, Stopped
from upscaler.pipeline.core.safe_text import one_line, printable
from upscaler.pipeline.fetch import addresses
from upscaler.pipeline.fetch.parent import Fetched, ProgressCallback, fetch, is_installed
from upscaler.pipeline.planning.clip_profiles import clip_profile

REPORT_SECONDS = 0.5
SWITCHED_OFF = "Importing from URLs is turned off on this server. Its owner can allow it in the settings."
NOT_INSTALLED = "yt-dlp isn't installed on this server. Its owner can run pip install -r requirements-import.txt."
NO_SPACE = "The server has too little disk space for this video. Delete something, or ask its owner, and try again."


def unavailability() -> str:
    """Return why this server can't import from URLs, or ""."""
    if not SiteSettings.read().allows_url_import:
        return SWITCHED_OFF
    return "" if is_installed() else NOT_INSTALLED


def import_create(*, owner: User, address: str, kind: str, starts_job: bool) -> Video:
    """Create a video that will be downloaded. Raises Refused, with the reason."""
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
            kind=clip_profile(kind).name,
            imported_from=address,
            source_url=_source_in(address),
            size=0,
        )
        queues.enqueue_analysis(video.pk)
    return video


def is_busy() -> bool:
    """Is a video being downloaded? Only one at a time, since a slow site blocks a worker."""
    return Video.objects.filter(state=VideoState.FETCHING).exclude(unattended()).exists()


def may_start() -> bool:
    """May a download start? Locks the question within a transaction, until it ends."""
    list(SiteSettings.objects.select_for_update().filter(pk=1))
    return not is_busy()


def fetch_source(video: Video, fetch_file: Callable[..., Fetched] = fetch) -> None:
    """Download the original of a video from its URL. The caller holds the video's lease.

    Raises Refused, with the reason, if it can't be downloaded, and Stopped if the video was deleted.
    """
    if reason := unavailability():
        raise Refused(reason)
    limits = settings.ENVIRONMENT.limits
    scratch = scratch_folder(Scratch.URL_IMPORT, video.pk)  # emptied: a dead worker's files take up space
    try:
        fetched = fetch_file(
            video.imported_from,
            scratch,
            max_bytes=limits.max_bytes,
            stall_seconds=limits.stall_seconds,
            report=_progress_callback(video),
            barred=settings.ENVIRONMENT.no_import_from,
        )
        size = fetched.file.stat().st_size
        if size == 0:
            raise Refused("The file at this URL is empty.")
        must_hold(video)
        store_file(fetched.file, video.key, stopping.raise_if_cancelled)
        if not lifecycle.video_fetched(video, size=size, **_names(video, fetched)):
            lifecycle.video_discard_late(video)
            raise Stopped("The video was deleted.")
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _names(video: Video, fetched: Fetched) -> dict[str, str]:
    """Return the site's title and file name; without the title, if the owner has renamed the video in the meantime."""
    title = one_line(fetched.title)[:200]
    if not title:
        return {}
    names = {"original_name": printable(f"{title[:240]}{fetched.file.suffix[:12]}")}
    was_renamed = Video.objects.filter(pk=video.pk).exclude(title=video.title).exists()
    return names if was_renamed else names | {"title": title}


def _progress_callback(video: Video) -> ProgressCallback:
    """Return a callback that reports progress, and raises an exception if the download has to end."""
    reported_at, reported = 0.0, -1

    def report(received: int, total: int | None) -> None:
        nonlocal reported_at, reported
        if time.monotonic() - reported_at < REPORT_SECONDS:
            return
        reported_at = time.monotonic()
        stopping.raise_if_cancelled(received)
        if free_bytes() - max((total or 0) - received, 0) < settings.ENVIRONMENT.disk_floor_bytes:
            raise Refused(NO_SPACE)
        if not Video.objects.filter(pk=video.pk, state=VideoState.FETCHING).exists():
            raise Stopped("The video was deleted.")
        if received != reported:
            reported = received
            log.append(video, {"kind": "fetched", "bytes": received, "total": total})

    return report


def _name_in(address: str) -> str:
    """Return the last part of a URL, or its site, as the name until the site's is known."""
    parts = urlsplit(address)
    return (one_line(unquote(PurePosixPath(parts.path).name)) or parts.hostname or "Untitled")[:200]


def _source_in(address: str) -> str:
    """Return the URL if the field "Found at" accepts it, or ""."""
    try:
        return str(Video._meta.get_field("source_url").clean(address, None))
    except ValidationError:
        return ""

"""What dead workers and abandoned uploads left behind goes, so that room and rows do not run out over the years."""

from __future__ import annotations

import logging
import shutil
import stat
import time
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from upscaler.jobs.actions import trash
from upscaler.jobs.base.isolated import isolated
from upscaler.jobs.base.leases import TABLES, unattended
from upscaler.jobs.recovery import orphans
from upscaler.jobs.steps import matching
from upscaler.library.listing import listing_repair
from upscaler.media.files import Scratch, folder_delete, ids_of_folders
from upscaler.media.media_store import media_store
from upscaler.models import Event, Job, LoginAttempt, SegmentState, Upload, Worker
from upscaler.models.job import WITHOUT_SEGMENTS
from upscaler.models.login_attempt import REMEMBERED

logger = logging.getLogger(__name__)

SECONDS = 3600.0
"""How often."""
GONE_AFTER = timedelta(days=1)
"""A worker that was silent for so long is not shown any more."""
SCRATCH_SECONDS = 600.0
"""Scratch that nobody wrote to for so long, and that belongs to no work under way."""
ROW_SCRATCH = frozenset(Scratch) - {Scratch.INSTALLATION}
"""Kinds of scratch folders that are named by the row they are for."""


def tidy() -> None:
    """All of it; safe to call at any time, and on several machines at once. A step that fails does so alone."""
    for step in STEPS:
        with isolated(step.__name__):
            step()


def tidy_uploads() -> int:
    """Uploads that nobody went on with for the time that the settings give them; gives how many."""
    old = timezone.now() - timedelta(days=settings.ENVIRONMENT.upload_days)
    count = 0
    for upload in Upload.objects.filter(updated_at__lt=old):
        with isolated(f"removing upload {upload.pk}"):
            if Upload.objects.filter(pk=upload.pk, updated_at__lt=old).delete()[0]:
                count += upload.result_id is None
                media_store().incoming_path(upload.key).unlink(missing_ok=True)
    if count:
        logger.info("%d abandoned uploads were removed", count)
    return count


def tidy_segments() -> None:
    """Those of jobs that need none any more, or are no more."""
    ids = list(ids_of_folders("jobs"))
    paired = matching.ids_of_jobs()  # asked after the folders, and before the rows that these become
    for id in ids:
        with isolated(f"tidying the folder jobs/{id}"):
            _tidy_job(id, is_paired=id in paired)


def _tidy_job(id: UUID, *, is_paired: bool) -> None:
    state = Job.objects.filter(pk=id).values_list("state", flat=True).first()
    if state is None and is_paired:
        return
    if state is None:
        folder_delete(f"jobs/{id}")
        Event.objects.filter(subject=id).delete()
    elif state in WITHOUT_SEGMENTS:
        folder_delete(f"jobs/{id}/segments")


def tidy_scratch() -> None:
    """Folders in this machine's scratch, named by the work that they are for, of work that nobody does any more."""
    root = Path(settings.SCRATCH)
    if not root.exists():
        return
    busy = _under_way()
    for folder in root.iterdir():
        if folder.name.partition("-")[0] in ROW_SCRATCH and _subject(folder) not in busy and _is_old(folder):
            shutil.rmtree(folder, ignore_errors=True)


def tidy_workers() -> None:
    """Those that nobody has heard of for a day."""
    Worker.objects.filter(heartbeat_at__lt=timezone.now() - GONE_AFTER).delete()


def tidy_login_attempts() -> None:
    """Wrong passwords of long ago: there are addresses of people in them."""
    LoginAttempt.objects.filter(since__lt=timezone.now() - REMEMBERED).delete()


def tidy_sessions() -> None:
    """Log-ins that have expired, as ``manage.py clearsessions`` does."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()


def tidy_listings() -> None:
    """The rows that the library is searched by."""
    if repaired := listing_repair():
        logger.warning("%d listings of the library were not up to date", repaired)


def _is_old(folder: Path) -> bool:
    """False for what is no folder, or is gone in the meantime."""
    try:
        facts = folder.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(facts.st_mode) and time.time() - facts.st_mtime > SCRATCH_SECONDS


def _under_way() -> set[str]:
    leased = [
        str(key)
        for table in TABLES
        for key in table._default_manager.exclude(unattended()).values_list("pk", flat=True)
    ]
    rendered = Job.objects.filter(segments__state=SegmentState.CLAIMED).values_list("pk", flat=True)
    return {*leased, *(str(key) for key in rendered)}


def _subject(folder: Path) -> str:
    """The id in its name; a process number may follow it."""
    return folder.name.partition("-")[2][: len(str(UUID(int=0)))]


STEPS: tuple[Callable[[], object], ...] = (
    tidy_uploads,
    trash.trash_expire,
    tidy_listings,
    tidy_segments,
    tidy_scratch,
    tidy_workers,
    tidy_login_attempts,
    tidy_sessions,
    orphans.orphans_delete,
)

"""Deletes what dead workers and abandoned uploads left behind, so that files and rows don't pile up over the years."""

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
from upscaler.jobs.actions.runs import UNNEEDED, WITHOUT_SAMPLES
from upscaler.jobs.base.isolated import isolated
from upscaler.jobs.base.leases import TABLES, unattended
from upscaler.jobs.recovery import orphans
from upscaler.jobs.steps import matching
from upscaler.library.listing import listing_repair
from upscaler.media.files import Scratch, folder_delete, ids_of_folders
from upscaler.media.media_store import media_store
from upscaler.models import Event, Job, LoginAttempt, SegmentState, TrainingRun, Upload, Worker
from upscaler.models.job import WITHOUT_SEGMENTS
from upscaler.models.login_attempt import REMEMBERED

logger = logging.getLogger(__name__)

SECONDS = 3600.0
"""How often it runs."""
GONE_AFTER = timedelta(days=1)
"""The time without a heartbeat after which a worker's row is deleted."""
SCRATCH_SECONDS = 600.0
"""The age after which a scratch folder without current work is deleted."""
ROW_SCRATCH = frozenset(Scratch) - {Scratch.INSTALLATION}
"""Kinds of scratch folders that are named by the row they are for."""


def tidy() -> None:
    """Run all steps. Safe to call at any time, also on several machines at once. Steps fail independently."""
    for step in STEPS:
        with isolated(step.__name__):
            step()


def tidy_uploads() -> int:
    """Delete uploads that were not resumed for as long as the settings say. Return how many."""
    oldest = timezone.now() - timedelta(days=settings.ENVIRONMENT.upload_days)
    count = 0
    for upload in Upload.objects.filter(updated_at__lt=oldest):
        with isolated(f"Deleting upload {upload.pk}"):
            if Upload.objects.filter(pk=upload.pk, updated_at__lt=oldest).delete()[0]:
                count += upload.result_id is None
                media_store().incoming_path(upload.key).unlink(missing_ok=True)
    if count:
        logger.info("Deleted %d abandoned uploads", count)
    return count


def tidy_segments() -> None:
    """Delete segments of jobs that don't need them any more, and files of deleted jobs."""
    ids = list(ids_of_folders("jobs"))
    matching_ids = matching.ids_of_jobs()  # queried after the folders, and before the rows of their jobs exist
    for id in ids:
        with isolated(f"Tidying the folder jobs/{id}"):
            _tidy_job(id, is_matching=id in matching_ids)


def _tidy_job(id: UUID, *, is_matching: bool) -> None:
    state = Job.objects.filter(pk=id).values_list("state", flat=True).first()
    if state is None and is_matching:
        return
    if state is None:
        folder_delete(f"jobs/{id}")
        Event.objects.filter(subject=id).delete()
    elif state in WITHOUT_SEGMENTS:
        folder_delete(f"jobs/{id}/segments")


def tidy_runs() -> None:
    """Delete samples and checkpoints that workers stored of runs that ended in the meantime."""
    ended = TrainingRun.objects.filter(state__in=WITHOUT_SAMPLES, finished_at__gt=timezone.now() - GONE_AFTER)
    for run in ended:
        with isolated(f"Tidying the folder {run.folder}"):
            for name in UNNEEDED:
                folder_delete(f"{run.folder}/{name}")


def tidy_scratch() -> None:
    """Delete this machine's scratch folders of rows that no worker works on."""
    root = Path(settings.SCRATCH)
    if not root.exists():
        return
    busy = _busy_ids()
    for folder in root.iterdir():
        if folder.name.partition("-")[0] in ROW_SCRATCH and _subject(folder) not in busy and _is_old(folder):
            shutil.rmtree(folder, ignore_errors=True)


def tidy_workers() -> None:
    """Delete workers without a heartbeat for a day."""
    Worker.objects.filter(heartbeat_at__lt=timezone.now() - GONE_AFTER).delete()


def tidy_login_attempts() -> None:
    """Delete old log-in attempts, which contain people's addresses."""
    LoginAttempt.objects.filter(since__lt=timezone.now() - REMEMBERED).delete()


def tidy_sessions() -> None:
    """Delete expired sessions, as ``manage.py clearsessions`` does."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()


def tidy_listings() -> None:
    """Repair the library's search index."""
    if repaired := listing_repair():
        logger.warning("Repaired %d outdated rows of the library's search index", repaired)


def _is_old(folder: Path) -> bool:
    """Is it a folder of that age? False for anything else, or if it was deleted in the meantime."""
    try:
        facts = folder.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(facts.st_mode) and time.time() - facts.st_mtime > SCRATCH_SECONDS


def _busy_ids() -> set[str]:
    leased = [
        str(key)
        for table in TABLES
        for key in table._default_manager.exclude(unattended()).values_list("pk", flat=True)
    ]
    rendered = Job.objects.filter(segments__state=SegmentState.CLAIMED).values_list("pk", flat=True)
    return {*leased, *(str(key) for key in rendered)}


def _subject(folder: Path) -> str:
    """Return the id in a folder's name, which a process id may follow."""
    return folder.name.partition("-")[2][: len(str(UUID(int=0)))]


STEPS: tuple[Callable[[], object], ...] = (
    tidy_uploads,
    trash.trash_expire,
    tidy_listings,
    tidy_segments,
    tidy_runs,
    tidy_scratch,
    tidy_workers,
    tidy_login_attempts,
    tidy_sessions,
    orphans.orphans_delete,
)

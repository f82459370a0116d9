"""Leases of rows, so that one worker at a time analyses, assembles, checks a model or makes a clip to post."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

from django.db import DatabaseError, connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from upscaler.jobs.base import stopping
from upscaler.jobs.base.db_retry import retry
from upscaler.jobs.base.identity import worker_name
from upscaler.models import Capture, Job, Post, TrainingRun, UpscaleModel, Video
from upscaler.pipeline.core.errors import Stopped

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
RENEW_SECONDS = 10.0
CHECK_SECONDS = 5.0
MAX_STARTS = 3
"""Work that crashed so many workers fails, so that it doesn't crash others."""


class TryAgain(Exception):
    """Raised in the block of a lease if the failure may pass. The start counts; the reaper enqueues the work."""


LeasedRow = Job | Video | UpscaleModel | Post | Capture | TrainingRun
TABLES: tuple[type[LeasedRow], ...] = (Video, Job, UpscaleModel, Post, Capture, TrainingRun)
"""The models whose rows can be leased."""


@contextlib.contextmanager
def lease(row: LeasedRow, states: Sequence[str], *, may_start: Callable[[], bool] | None = None) -> Iterator[int]:
    """Lease a row until the block ends. Yield the number of this start, or 0 if another worker has it or it isn't in
    one of ``states``.

    A thread renews the lease. If this process dies, it expires, and the reaper enqueues the work again. Starts are
    counted from the last one that ended without TryAgain: above MAX_STARTS, the work has failed.

    ``may_start`` is called in the transaction that takes the lease, so that its locks last until the lease is taken.
    """
    rows = type(row)._default_manager.filter(pk=row.pk)
    taken = {"lease_until": timezone.now() + LEASE, "leased_by": worker_name(), "starts": F("starts") + 1}
    with transaction.atomic():
        is_allowed = may_start is None or may_start()
        is_taken = is_allowed and rows.filter(unattended(), state__in=states).update(**taken)
    if not is_taken:
        yield 0
        return
    row.refresh_from_db(fields=["starts", "state"])  # another worker may have just changed them
    ended = threading.Event()
    thread = threading.Thread(target=_renew, args=(row, ended), daemon=True)
    thread.start()
    starts = 0
    try:
        yield row.starts
    except TryAgain:
        starts = row.starts
    finally:
        ended.set()
        thread.join()
        retry(lambda: rows.filter(leased_by=worker_name()).update(lease_until=None, leased_by="", starts=starts))


def is_held(row: LeasedRow) -> bool:
    """Does this worker still hold the lease? A process that was suspended for 30 seconds has lost it."""
    return type(row)._default_manager.filter(pk=row.pk, leased_by=worker_name()).exists()


def must_hold(row: LeasedRow) -> None:
    """Raises Stopped if the lease is lost: another worker may be writing the same files."""
    if not is_held(row):
        raise Stopped("It was deleted, or another worker has taken it over.")


def while_held(row: LeasedRow) -> Callable[[], None]:
    """Return a callback for long work. It raises Stopped when this worker has to stop, or its lease is lost.

    It asks the database every CHECK_SECONDS.
    """
    checked_at = time.monotonic()

    def check() -> None:
        nonlocal checked_at
        stopping.raise_if_cancelled(0)
        if time.monotonic() - checked_at >= CHECK_SECONDS:
            checked_at = time.monotonic()
            try:
                must_hold(row)
            except DatabaseError as error:  # while it doesn't respond, no other worker can lease the row
                logger.warning("Can't check the lease of %s: %s", row.pk, error)
                connection.close()

    return check


def free_of(worker: str, *, is_counted: bool) -> None:
    """Release the leases of a dead worker. With ``is_counted`` False, its starts don't count: it was asked to stop."""
    for table in TABLES:
        held = table._default_manager.filter(leased_by=worker)
        if not is_counted:
            held.filter(starts__gt=0).update(starts=F("starts") - 1)
        held.update(lease_until=None, leased_by="")


def unattended() -> Q:
    """Return the condition that no worker holds a lease on a row."""
    return Q(lease_until__isnull=True) | Q(lease_until__lt=timezone.now())


def _renew(row: LeasedRow, ended: threading.Event) -> None:
    try:
        while not ended.wait(RENEW_SECONDS):
            try:
                held = type(row)._default_manager.filter(pk=row.pk, leased_by=worker_name())
                held.update(lease_until=timezone.now() + LEASE)
            except DatabaseError as error:  # the lease lasts for two more attempts
                logger.warning("Can't renew the lease of %s: %s", row.pk, error)
                connection.close()
    finally:
        connection.close()

"""One worker at a time for work that is not cut into segments: intake, assembly, checks of weights, clips to post."""

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
from upscaler.models import Job, Post, UpscaleModel, Video
from upscaler.pipeline.core.errors import Stopped

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
RENEW_SECONDS = 10.0
LOOK_SECONDS = 5.0
MAX_STARTS = 3
"""What has ended so many workers is given up, or it would end all that follow."""


class TryAgain(Exception):
    """Raised in the block of a lease: what failed may pass. This start counts, and the reaper enqueues it again."""


LeasedRow = Job | Video | UpscaleModel | Post
TABLES: tuple[type[LeasedRow], ...] = (Video, Job, UpscaleModel, Post)
"""Those with rows that can be leased."""


@contextlib.contextmanager
def lease(row: LeasedRow, states: Sequence[str], *, may_begin: Callable[[], bool] | None = None) -> Iterator[int]:
    """Which start of this work it is, if ``row`` is ours until the block ends; 0 if another has it, or it is past
    ``states``.

    A thread renews the lease; should this process die, it expires and the reaper enqueues the work again. Starts are
    counted from the last one that came to an end, unless that raised TryAgain: above MAX_STARTS, give the work up.

    ``may_begin`` is asked in the transaction that takes the lease: what it locks, it locks until the lease is there.
    """
    rows = type(row)._default_manager.filter(pk=row.pk)
    taken = {"lease_until": timezone.now() + LEASE, "leased_by": worker_name(), "starts": F("starts") + 1}
    with transaction.atomic():
        may = may_begin is None or may_begin()
        is_taken = may and rows.filter(unattended(), state__in=states).update(**taken)
    if not is_taken:
        yield 0
        return
    row.refresh_from_db(fields=["starts", "state"])  # another worker may have had it until a moment ago
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
    """Is it still ours? A process that stood still for half a minute has lost it, and must not decide anything."""
    return type(row)._default_manager.filter(pk=row.pk, leased_by=worker_name()).exists()


def must_hold(row: LeasedRow) -> None:
    """Raises Stopped where it is gone, or another worker's: what that one writes must not be touched."""
    if not is_held(row):
        raise Stopped("It is not wanted any more, or another worker has taken it over.")


def while_held(row: LeasedRow) -> Callable[[], None]:
    """To be called often by long work: raises Stopped once this worker is to end or ``row`` is not ours any more.

    Asks the database every LOOK_SECONDS.
    """
    asked = time.monotonic()

    def look() -> None:
        nonlocal asked
        stopping.raise_if_cancelled(0)
        if time.monotonic() - asked >= LOOK_SECONDS:
            asked = time.monotonic()
            try:
                must_hold(row)
            except DatabaseError as error:  # while it is away, nobody can have taken the work over
                logger.warning("the lease of %s could not be looked at: %s", row.pk, error)
                connection.close()

    return look


def free_of(worker: str, *, is_counted: bool) -> None:
    """Let go of what a dead worker held. One that was stopped did not die of its work: the start does not count."""
    for table in TABLES:
        held = table._default_manager.filter(leased_by=worker)
        if not is_counted:
            held.filter(starts__gt=0).update(starts=F("starts") - 1)
        held.update(lease_until=None, leased_by="")


def unattended() -> Q:
    """Rows that nobody holds a lease on."""
    return Q(lease_until__isnull=True) | Q(lease_until__lt=timezone.now())


def _renew(row: LeasedRow, ended: threading.Event) -> None:
    try:
        while not ended.wait(RENEW_SECONDS):
            try:
                held = type(row)._default_manager.filter(pk=row.pk, leased_by=worker_name())
                held.update(lease_until=timezone.now() + LEASE)
            except DatabaseError as error:  # busy or away for a moment: the lease lasts for two more attempts
                logger.warning("the lease of %s was not renewed: %s", row.pk, error)
                connection.close()
    finally:
        connection.close()

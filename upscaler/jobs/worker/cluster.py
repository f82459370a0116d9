"""A django-q2 cluster that does not go on half dead.

django-q2 starts a worker that died anew. That is right for one that died at work. One that was idle held the lock of
the queue while it waited for a task, a monitor that of the results, and nobody ever gets these again: all that come
after wait for ever. Then the whole cluster ends, and supervisord starts another: nothing is lost, for tasks are not
the truth. What a cluster forked dies with it, and so does what those started.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, TypeVar

import django_q.cluster
from django.db import DatabaseError, connections
from django_q.signals import post_spawn

from haloweb.parent_death import die_with_parent
from upscaler.jobs.base import stopping
from upscaler.jobs.base.db_retry import retry
from upscaler.jobs.base.installation import refusal
from upscaler.jobs.worker.heartbeat import BEAT_SECONDS, heartbeat

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")

LOOK_SECONDS = 5.0
STUCK_SECONDS = 60.0
"""Work has waited for so long, and none of our workers took any: the cluster is begun anew."""
STOP_SECONDS = 15.0
"""After which a cluster that was asked to stop is ended; supervisord waits a little longer."""
BROKEN = 70
"""Exit status, EX_SOFTWARE of sysexits.h: supervisord starts us again."""


class Sentinel(django_q.cluster.Sentinel):  # type: ignore[misc]
    """Ends the cluster where django-q2 would have it wait for ever."""

    def reincarnate(self, process: Any) -> None:
        """Start a worker anew that died at work, or was recycled; end with all others for anything else."""
        is_worker = process in (self.pool or ())
        was_idle = is_worker and process.timer.value == -1
        if is_worker and not was_idle:
            super().reincarnate(process)
            return
        if self.stop_event.is_set():
            return
        what = "an idle worker" if was_idle else "a part"
        logger.warning("%s of the %s cluster died; the cluster is begun anew", what, os.environ["Q_CLUSTER_NAME"])
        os._exit(BROKEN)


class Cluster(django_q.cluster.Cluster):  # type: ignore[misc]
    """Of one queue. Tells the task in hand before it waits for it to stop."""

    def sig_handler(self, signum: int, frame: FrameType | None) -> None:
        stopping.requested.set()
        threading.Thread(target=_end_in_time, daemon=True).start()
        super().sig_handler(signum, frame)


def run(queue: str, *, is_stuck: Callable[[], bool]) -> int:
    """Serve a queue until we are asked to stop; gives the exit status.

    ``is_stuck`` tells whether there is work that none of this cluster's workers does. While this machine may take no
    work at all, no cluster is started: it would take the tasks away from others.
    """
    _wait_for_permission(queue)
    parent = 0

    def remember() -> None:
        nonlocal parent
        parent = os.getpid()

    os.register_at_fork(before=remember, after_in_child=lambda: die_with_parent(parent))
    post_spawn.connect(_begin_presence, weak=False)
    django_q.cluster.Sentinel = Sentinel
    connections.close_all()  # the cluster forks
    cluster = Cluster()
    cluster.start()
    waits_since: float | None = None
    while cluster.sentinel.is_alive():
        cluster.sentinel.join(LOOK_SECONDS)
        if stopping.requested.is_set():
            continue
        if reason := _ask(refusal):
            logger.warning("%s", reason)
            cluster.sig_handler(signal.SIGTERM, None)
            return BROKEN
        now = time.monotonic()
        waits_since = (waits_since or now) if _ask(is_stuck) else None
        if waits_since is not None and now - waits_since > STUCK_SECONDS:
            logger.warning("work waits, and the %s cluster does none; it is begun anew", queue)
            return BROKEN  # and with us goes all that was forked
    return 0 if stopping.requested.is_set() else BROKEN


def _begin_presence(**_signal: object) -> None:
    """In each worker process, as it begins."""
    heartbeat.begin(os.environ["Q_CLUSTER_NAME"])


def _wait_for_permission(queue: str) -> None:
    """Say why not, on the page of workers, until there is no reason any more."""
    said = ""
    while reason := retry(refusal):
        if reason != said:
            logger.warning("%s", reason)
        said = reason
        retry(lambda: heartbeat.tell(queue))
        time.sleep(BEAT_SECONDS)
    heartbeat.forget()


def _ask(question: Callable[[], Answer]) -> Answer | None:
    """None while the database is away, or for whatever else keeps the question from being answered."""
    try:
        return question()
    except DatabaseError:
        return None
    except Exception:
        logger.exception("%r could not be answered; the cluster goes on", question)
        return None
    finally:
        connections.close_all()


def _end_in_time() -> None:
    time.sleep(STOP_SECONDS)
    os._exit(BROKEN)  # who stops us does not mind, and after an upgrade we are to be started again

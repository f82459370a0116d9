"""A django-q2 cluster that restarts as a whole when one of its processes dies while it holds a lock.

django-q2 restarts a worker that died. That is right for a busy worker. An idle one held the lock of the queue while it
waited for a task, and a monitor that of the results; nothing releases these locks, and all later processes would wait
for them. Then the whole cluster ends, and supervisord starts another. Nothing is lost, since rows say what there is to
do. All processes that a cluster forked, and those that they started, die with it.
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

CHECK_SECONDS = 5.0
STUCK_SECONDS = 60.0
"""How long work waits while all of our workers are idle, until the cluster is restarted."""
STOP_SECONDS = 15.0
"""The time that a cluster has to stop. supervisord waits a little longer."""
BROKEN = 70
"""The exit status EX_SOFTWARE of sysexits.h, after which supervisord starts the cluster again."""


class Sentinel(django_q.cluster.Sentinel):  # type: ignore[misc]
    """A sentinel that ends the cluster where django-q2 would wait forever."""

    def reincarnate(self, process: Any) -> None:
        """Restart a worker that died while busy, or was recycled. End the whole cluster for any other process."""
        is_worker = process in (self.pool or ())
        was_idle = is_worker and process.timer.value == -1
        if is_worker and not was_idle:
            super().reincarnate(process)
            return
        if self.stop_event.is_set():
            return
        what = "An idle worker" if was_idle else "A process"
        logger.warning("%s of the %s cluster died; the cluster restarts", what, os.environ["Q_CLUSTER_NAME"])
        os._exit(BROKEN)


class Cluster(django_q.cluster.Cluster):  # type: ignore[misc]
    """The cluster of one queue. It asks the running task to stop before it waits for it."""

    def sig_handler(self, signum: int, frame: FrameType | None) -> None:
        stopping.requested.set()
        threading.Thread(target=_end_in_time, daemon=True).start()
        super().sig_handler(signum, frame)


def run(queue: str, *, is_stuck: Callable[[], bool]) -> int:
    """Serve a queue until this process is asked to stop. Return the exit status.

    ``is_stuck`` returns whether work waits while this cluster's workers are idle. While this machine can't accept work,
    no cluster is started, since it would take tasks away from others.
    """
    _wait_for_permission(queue)
    parent = 0

    def save_pid() -> None:
        nonlocal parent
        parent = os.getpid()

    os.register_at_fork(before=save_pid, after_in_child=lambda: die_with_parent(parent))
    post_spawn.connect(_start_heartbeat, weak=False)
    django_q.cluster.Sentinel = Sentinel
    connections.close_all()  # the cluster forks
    cluster = Cluster()
    cluster.start()
    waiting_since: float | None = None
    while cluster.sentinel.is_alive():
        cluster.sentinel.join(CHECK_SECONDS)
        if stopping.requested.is_set():
            continue
        if reason := _answer(refusal):
            logger.warning("%s", reason)
            cluster.sig_handler(signal.SIGTERM, None)
            return BROKEN
        now = time.monotonic()
        waiting_since = (waiting_since or now) if _answer(is_stuck) else None
        if waiting_since is not None and now - waiting_since > STUCK_SECONDS:
            logger.warning("Work waits, and the %s cluster is idle; it restarts", queue)
            return BROKEN  # all processes that we forked die with us
    return 0 if stopping.requested.is_set() else BROKEN


def _start_heartbeat(**_signal: object) -> None:
    """Start the heartbeat in each worker process."""
    heartbeat.start(os.environ["Q_CLUSTER_NAME"])


def _wait_for_permission(queue: str) -> None:
    """Wait until this machine can accept work. The workers page shows why it can't."""
    logged = ""
    while reason := retry(refusal):
        if reason != logged:
            logger.warning("%s", reason)
        logged = reason
        retry(lambda: heartbeat.report(queue))
        time.sleep(BEAT_SECONDS)
    heartbeat.delete()


def _answer(question: Callable[[], Answer]) -> Answer | None:
    """Return the answer; None if the database doesn't respond, or the question fails."""
    try:
        return question()
    except DatabaseError:
        return None
    except Exception:
        logger.exception("%r failed; the cluster continues", question)
        return None
    finally:
        connections.close_all()


def _end_in_time() -> None:
    time.sleep(STOP_SECONDS)
    os._exit(BROKEN)  # supervisord ignores it when it stops us, and restarts us after an upgrade

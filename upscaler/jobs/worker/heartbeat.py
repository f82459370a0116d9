"""Every worker process says that it is there: a row, renewed by a thread of its own, for the page of workers."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import threading
from collections.abc import Iterator
from multiprocessing.util import Finalize

from django.db import DatabaseError, connection
from django.utils import timezone

from haloweb.version import VERSION
from upscaler.jobs.base import stopping
from upscaler.jobs.base.db_retry import retry
from upscaler.jobs.base.identity import machine, worker_name
from upscaler.jobs.base.installation import refusal
from upscaler.jobs.worker.render_process import child
from upscaler.models import Worker
from upscaler.pipeline.networks.hardware import device_name

logger = logging.getLogger(__name__)

BEAT_SECONDS = 10.0
GOODBYE_SECONDS = 3.0
LOOK_SECONDS = 1.0
"""So soon a stop, or a network that was loaded, is told."""


class Heartbeat:
    """Of this process. ``network`` is what the render child has loaded, "" for nothing."""

    def __init__(self) -> None:
        self.network = ""
        self._busy_with = ""
        self._told = ("", False, "")
        self._ended = threading.Event()

    def begin(self, queue: str) -> None:
        """Tell it now, and from now on in a thread that ends with the process."""
        self.tell(queue)
        thread = threading.Thread(target=self._keep_telling, args=(queue,), daemon=True, name="heartbeat")
        thread.start()

        def end() -> None:
            self._ended.set()
            thread.join(LOOK_SECONDS)
            with contextlib.suppress(DatabaseError):
                retry(self.forget, seconds=GOODBYE_SECONDS)

        Finalize(None, end, exitpriority=1)  # atexit is not for processes that were forked

    @contextlib.contextmanager
    def activity(self, what: str) -> Iterator[None]:
        """Work that no row is leased for, such as "Removes files", is told like the rest for as long as it takes."""
        self._busy_with = what
        try:
            yield
        finally:
            self._busy_with = ""

    def _keep_telling(self, queue: str) -> None:
        waited = 0.0
        while not self._ended.wait(LOOK_SECONDS):
            waited += LOOK_SECONDS
            if waited < BEAT_SECONDS and self._told == self._now():
                continue
            waited = 0.0
            try:
                self.tell(queue)
            except DatabaseError as error:
                logger.warning("the database does not answer (%s); trying again", error)
                connection.close()
            except Exception:
                logger.exception("this worker could not say that it is there; trying again")

    def _now(self) -> tuple[str, bool, str]:
        return self.network if child.is_running else "", stopping.requested.is_set(), self._busy_with

    def tell(self, queue: str) -> None:
        """Once."""
        now = timezone.now()
        told = network, is_stopping, activity = self._now()
        values = {
            "machine": machine(),
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "queue": queue,
            "version": VERSION,
            "device": device_name() if queue == "gpu" else "",
            "network": network,
            "refuses": refusal(),
            "is_stopping": is_stopping,
            "activity": activity,
            "heartbeat_at": now,
        }
        Worker.objects.update_or_create(
            name=worker_name(), defaults=values, create_defaults=values | {"started_at": now}
        )
        self._told = told

    def forget(self) -> None:
        """This process takes no work; others that it starts may."""
        Worker.objects.filter(name=worker_name()).delete()


heartbeat = Heartbeat()
"""This process's."""

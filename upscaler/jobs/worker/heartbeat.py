"""The heartbeat of a worker process: a row that a thread renews, for the workers page and the reaper."""

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
DELETE_SECONDS = 3.0
CHECK_SECONDS = 1.0
"""How often it checks whether the row changes: when the worker stops, or loads a model."""


class Heartbeat:
    """The heartbeat of this process. ``network`` is the loaded model, or ""."""

    def __init__(self) -> None:
        self.network = ""
        self._activity = ""
        self._reported = ("", False, "")
        self._ended = threading.Event()

    def start(self, queue: str) -> None:
        """Report now, and regularly in a thread that ends with the process."""
        self.report(queue)
        thread = threading.Thread(target=self._keep_reporting, args=(queue,), daemon=True, name="heartbeat")
        thread.start()

        def end() -> None:
            self._ended.set()
            thread.join(CHECK_SECONDS)
            with contextlib.suppress(DatabaseError):
                retry(self.delete, seconds=DELETE_SECONDS)

        Finalize(None, end, exitpriority=1)  # atexit doesn't run in forked processes

    @contextlib.contextmanager
    def activity(self, name: str) -> Iterator[None]:
        """Report an activity without a leased row, such as "Deleting files", until the block ends."""
        self._activity = name
        try:
            yield
        finally:
            self._activity = ""

    def _keep_reporting(self, queue: str) -> None:
        waited = 0.0
        while not self._ended.wait(CHECK_SECONDS):
            waited += CHECK_SECONDS
            if waited < BEAT_SECONDS and self._reported == self._now():
                continue
            waited = 0.0
            try:
                self.report(queue)
            except DatabaseError as error:
                logger.warning("The database doesn't respond (%s); retrying", error)
                connection.close()
            except Exception:
                logger.exception("The heartbeat failed; retrying")

    def _now(self) -> tuple[str, bool, str]:
        return self.network if child.is_running else "", stopping.requested.is_set(), self._activity

    def report(self, queue: str) -> None:
        """Create or update this worker's row."""
        now = timezone.now()
        reported = network, is_stopping, activity = self._now()
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
        self._reported = reported

    def delete(self) -> None:
        """Delete this worker's row, when the process ends or never accepts work itself."""
        Worker.objects.filter(name=worker_name()).delete()


heartbeat = Heartbeat()
"""The heartbeat of this process."""

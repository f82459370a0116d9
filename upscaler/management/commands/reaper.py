"""``manage.py reaper``: looks every 10 seconds for work whose worker has died."""

from __future__ import annotations

import logging
import signal
import threading
import time
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, connection, connections

from haloweb.database_version import wait_while_too_new
from upscaler.intake import watcher
from upscaler.jobs.base import installation
from upscaler.jobs.base.isolated import isolated
from upscaler.jobs.recovery import reaper, tidy
from upscaler.wording.counts import count_of

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Enqueue work again whose worker has died, and delete files that are no longer needed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--helper", action="store_true", help="for a machine that only works for a server elsewhere"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        ended = threading.Event()

        def end(number: int, frame: FrameType | None) -> None:
            ended.set()

        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, end)
        wait_while_too_new(ended.is_set)
        if not options["helper"]:
            watcher.begin(ended)
        rounds = Rounds(is_helper=options["helper"])
        while not ended.is_set():
            wait_while_too_new(ended.is_set)
            rounds.go()
            ended.wait(reaper.SECONDS)


class Rounds:
    """The work of the reaper, in rounds. A failure of one part doesn't stop the others."""

    def __init__(self, *, is_helper: bool) -> None:
        self._is_installed = is_helper
        self._tidied = 0.0

    def go(self) -> None:
        """Run one round."""
        try:
            connection.ensure_connection()
        except DatabaseError as error:
            logger.warning("The database doesn't respond (%s); trying again", error)
            return
        with isolated("recording this server's version"):
            self._install()
        with isolated("looking for work of dead workers"):
            if freed := reaper.reap():
                logger.warning("Requeued %s of dead workers", count_of(freed, "segment"))
        if not self._tidied or time.monotonic() - self._tidied > tidy.SECONDS:
            self._tidied = time.monotonic()
            with isolated("tidying"):
                tidy.tidy()
        with isolated("closing the connection to the database"):
            connections.close_all()

    def _install(self) -> None:
        if not self._is_installed:
            installation.install()
            self._is_installed = True

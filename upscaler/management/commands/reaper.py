"""``manage.py reaper``: looks every ten seconds for work that nobody is doing any more."""

from __future__ import annotations

import logging
import signal
import threading
import time
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, connection, connections

from upscaler.intake import watcher
from upscaler.jobs.base import installation
from upscaler.jobs.base.isolated import isolated
from upscaler.jobs.recovery import reaper, tidy

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Ring again for work whose worker has died, and clear away what nobody needs any more."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--helper", action="store_true", help="on a machine that only works for a server elsewhere")

    def handle(self, *args: Any, **options: Any) -> None:
        ended = threading.Event()

        def end(number: int, frame: FrameType | None) -> None:
            ended.set()

        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, end)
        if not options["helper"]:
            watcher.begin(ended)
        rounds = Rounds(is_helper=options["helper"])
        while not ended.is_set():
            rounds.go()
            ended.wait(reaper.SECONDS)


class Rounds:
    """What is done again and again. Its parts fail each by itself."""

    def __init__(self, *, is_helper: bool) -> None:
        self._is_installed = is_helper
        self._tidied = 0.0

    def go(self) -> None:
        """Once."""
        try:
            connection.ensure_connection()
        except DatabaseError as error:
            logger.warning("the database does not answer (%s); trying again", error)
            return
        with isolated("writing down what this server is"):
            self._install()
        with isolated("looking for work that nobody does"):
            if freed := reaper.reap():
                logger.warning("%d segments of a dead worker are free again", freed)
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

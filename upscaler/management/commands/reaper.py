"""``manage.py reaper``: looks every ten seconds for work that nobody is doing any more."""

from __future__ import annotations

import logging
import signal
import threading
import time
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, connections

from upscaler.intake import watcher
from upscaler.jobs import installation, reaper, tidy
from upscaler.media.stored import StorageTrouble

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
        is_installed, tidied = options["helper"], 0.0
        while not ended.is_set():
            try:
                if not is_installed:
                    installation.install()
                    is_installed = True
                freed = reaper.reap()
                if freed:
                    logger.warning("%d segments of a dead worker are free again", freed)
                if not tidied or time.monotonic() - tidied > tidy.SECONDS:
                    tidied = time.monotonic()
                    tidy.tidy()
            except (DatabaseError, OSError, StorageTrouble) as error:
                logger.warning("this round was cut short (%s); trying again", error)
            finally:
                connections.close_all()
            ended.wait(reaper.SECONDS)

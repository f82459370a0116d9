"""``manage.py reaper``: looks every ten seconds for work that nobody is doing any more."""

from __future__ import annotations

import logging
import signal
import threading
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand
from django.db import OperationalError, close_old_connections

from upscaler.jobs import reaper

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Ring again for work whose worker has died."

    def handle(self, *args: Any, **options: Any) -> None:
        ended = threading.Event()

        def end(number: int, frame: FrameType | None) -> None:
            ended.set()

        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, end)
        while not ended.is_set():
            close_old_connections()
            try:
                freed = reaper.reap()
            except OperationalError as error:
                logger.warning("the database does not answer (%s); trying again", error)
            else:
                if freed:
                    logger.warning("%d segments of a dead worker are free again", freed)
            ended.wait(reaper.SECONDS)

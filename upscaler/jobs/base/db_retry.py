"""The database may be away for a while: restarted, or locked by a backup. What was done until then is kept."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")

SECONDS = 300.0
"""A rendered segment is worth waiting for."""
PAUSE_SECONDS = 1.0


def retry(ask: Callable[[], Answer], *, seconds: float = SECONDS) -> Answer:
    """What ``ask`` gives, asked again while the database does not answer; its error when the time is up.

    ``ask`` has to be safe to repeat, and no transaction may be open around it.
    """
    until = time.monotonic() + seconds
    while True:
        try:
            return ask()
        except (OperationalError, InterfaceError) as error:
            connection.close()
            if time.monotonic() >= until:
                raise
            logger.warning("the database does not answer (%s); trying again", error)
            time.sleep(PAUSE_SECONDS)

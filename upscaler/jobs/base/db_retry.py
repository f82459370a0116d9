"""Retries database queries while the database is restarted, or locked by a backup."""

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


def retry(query: Callable[[], Answer], *, seconds: float = SECONDS) -> Answer:
    """Return the result of ``query``, retried while the database doesn't respond. Raises its error when time is up.

    ``query`` has to be safe to repeat, and no transaction may be open around it.
    """
    until = time.monotonic() + seconds
    while True:
        try:
            return query()
        except (OperationalError, InterfaceError) as error:
            connection.close()
            if time.monotonic() >= until:
                raise
            logger.warning("The database doesn't respond (%s); retrying", error)
            time.sleep(PAUSE_SECONDS)

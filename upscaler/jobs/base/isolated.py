"""Logs a failure in a loop, so that the loop continues."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator

from django.db import DatabaseError, connection

from upscaler.media.stored import StorageTrouble

logger = logging.getLogger(__name__)


@contextlib.contextmanager
def isolated(name: str) -> Iterator[None]:
    """Log any exception of the block under ``name``, and continue after it.

    Errors of the database, of files or of storage are expected to pass, and are logged as warnings.
    """
    try:
        yield
    except (DatabaseError, OSError, StorageTrouble) as error:
        logger.warning("%s failed and is retried: %s", name, error)
        if isinstance(error, DatabaseError) and not connection.in_atomic_block:
            connection.close()  # it may be broken; the next query opens another
    except Exception:
        logger.exception("%s failed", name)

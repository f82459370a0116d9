"""One failure in a loop is logged, and does not end what else the loop does."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator

from django.db import DatabaseError, connection

from upscaler.media.stored import StorageTrouble

logger = logging.getLogger(__name__)


@contextlib.contextmanager
def isolated(what: str) -> Iterator[None]:
    """Log whatever the block raises, with ``what`` it was doing, and go on behind it.

    An error of the database, of files or of storage is expected to pass, and is logged as a warning.
    """
    try:
        yield
    except (DatabaseError, OSError, StorageTrouble) as error:
        logger.warning("%s was cut short (%s); it is tried again", what, error)
        if isinstance(error, DatabaseError) and not connection.in_atomic_block:
            connection.close()  # it may be broken; the next question opens another
    except Exception:
        logger.exception("%s went wrong; everything else goes on", what)

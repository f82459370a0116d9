"""Messages and handling of failures that aren't caused by the file."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator

from django.db import DatabaseError

from upscaler.jobs.base.leases import MAX_STARTS, LeasedRow
from upscaler.pipeline.core.errors import PipelineError

logger = logging.getLogger(__name__)

CRASHED = "This crashed its worker three times. The server's log may say why."
UNEXPECTED = "Unexpected error. Details are in the server's log."


def write_error(error: OSError) -> str:
    """Return a sentence about a file that can't be written, such as on a full disk."""
    return f"The server can't write its files: {error.strerror or error}."


def may_pass(error: PipelineError, leased: LeasedRow) -> bool:
    """Should the work on a leased row be retried after this error? The last start has to report it."""
    return not error.permanent and leased.starts < MAX_STARTS


@contextlib.contextmanager
def as_pipeline_error(name: str, start: int) -> Iterator[None]:
    """Turn every failure in the block into a PipelineError, so that no work is retried forever.

    ``name`` is the work's name in the log, and ``start`` the number from its lease: too many are a failure, too.
    Database errors are raised unchanged: the reaper enqueues the work again.
    """
    if start > MAX_STARTS:
        raise PipelineError(CRASHED, permanent=True)
    try:
        yield
    except (PipelineError, DatabaseError):
        raise
    except OSError as error:
        logger.warning("%s: %s", name, error)
        raise PipelineError(write_error(error), permanent=False) from error
    except Exception as error:
        logger.exception("%s", name)
        raise PipelineError(UNEXPECTED, permanent=True) from error

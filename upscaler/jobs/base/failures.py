"""What is said of failures that are no fault of the file."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator

from django.db import DatabaseError

from upscaler.jobs.base.leases import MAX_STARTS, LeasedRow
from upscaler.pipeline.core.errors import PipelineError

logger = logging.getLogger(__name__)

WORN_OUT = "This ended its worker three times and was given up; the server's log may say why."
UNFORESEEN = "Something went wrong that HaloWeb did not foresee; the server's log says what."


def unwritten(error: OSError) -> str:
    """Such as a full disk, in a sentence."""
    return f"The server could not write its files: {error.strerror or error}."


def may_pass(error: PipelineError, leased: LeasedRow) -> bool:
    """Is the work on a leased row to be tried again after this? The last start of it has to say what is wrong."""
    return not error.permanent and leased.starts < MAX_STARTS


@contextlib.contextmanager
def as_pipeline_error(what: str, start: int) -> Iterator[None]:
    """Every failure in the block as a PipelineError, so that nothing is begun again for ever behind a spinner.

    ``what`` names the work in the log, ``start`` is what its lease gave: too many are a failure as well. Errors of
    the database go on as they are: it is away for a moment, and the reaper enqueues it again.
    """
    if start > MAX_STARTS:
        raise PipelineError(WORN_OUT, permanent=True)
    try:
        yield
    except (PipelineError, DatabaseError):
        raise
    except OSError as error:
        logger.warning("%s: %s", what, error)
        raise PipelineError(unwritten(error), permanent=False) from error
    except Exception as error:
        logger.exception("%s", what)
        raise PipelineError(UNFORESEEN, permanent=True) from error

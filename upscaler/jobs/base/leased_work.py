"""The frame around work that one worker does on a row."""

from __future__ import annotations

import contextlib
import logging
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from upscaler.jobs.base.disk_space import temporary_reason
from upscaler.jobs.base.failures import as_pipeline_error, may_pass
from upscaler.jobs.base.leases import LeasedRow, TryAgain, is_held, lease
from upscaler.media.files import Scratch, scratch_folder
from upscaler.pipeline.core.errors import PipelineError, Stopped

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcomes:
    """What is written down when leased work doesn't come to its end."""

    wait: Callable[[str], object]
    """Called with the reason why it waits, such as a full disk: the reaper enqueues it again."""
    fail: Callable[[PipelineError], object]
    """Called with the error when the work failed for good, while the row is still held."""
    retry: Callable[[PipelineError], object] = lambda _error: None
    """Called with the error when the work is tried again."""


@contextlib.contextmanager
def leased_work(
    row: LeasedRow,
    states: Sequence[str],
    outcomes: Outcomes,
    *,
    name: str,
    scratch: Scratch,
    shortage: Callable[[], str] = str,
    may_begin: Callable[[], bool] | None = None,
) -> Iterator[Path | None]:
    """Do work on a row that no other worker does: yields an empty scratch folder, or None if there is nothing to do.

    ``name`` is the work's name in the log and ``scratch`` the kind of its folder. ``shortage`` returns why the
    work has to wait for disk space, or "". Whatever goes wrong in the block ends it: with Stopped, the work is no
    longer wanted and nothing is written down; otherwise it waits, is tried again, or fails, as ``outcomes`` say.
    """
    with lease(row, states, may_begin=may_begin) as start:
        if not start:
            yield None
            return
        if reason := shortage():
            outcomes.wait(reason)
            yield None
            return
        folder, has_begun = scratch_folder(scratch, row.pk), False
        try:
            with as_pipeline_error(name, start):
                has_begun = True
                yield folder
        except Stopped as stop:
            logger.info("%s: stopped: %s", name, stop.message)
        except PipelineError as error:
            logger.warning("%s: %s\n%s", name, error.message, error.detail)
            if reason := temporary_reason(error):
                outcomes.wait(reason)
            elif may_pass(error, row):
                outcomes.retry(error)
                raise TryAgain from error
            elif is_held(row):
                outcomes.fail(error)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        if not has_begun:  # it was started too often
            yield None

"""Runs work that one worker at a time does on a row."""

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
    """Callbacks for leased work that doesn't succeed."""

    wait: Callable[[str], object]
    """Called with the reason why it waits, such as a full disk. The reaper enqueues it again."""
    fail: Callable[[PipelineError], object]
    """Called with the error when the work failed for good, while the row is still held."""
    retry: Callable[[PipelineError], object] = lambda _error: None
    """Called with the error when the work is retried."""


@contextlib.contextmanager
def leased_work(
    row: LeasedRow,
    states: Sequence[str],
    outcomes: Outcomes,
    *,
    name: str,
    scratch: Scratch,
    shortage: Callable[[], str] = str,
    may_start: Callable[[], bool] | None = None,
) -> Iterator[Path | None]:
    """Lease a row and yield an empty scratch folder, or None if there is nothing to do.

    ``name`` is the work's name in the log, and ``scratch`` the kind of its folder. ``shortage`` returns why the
    work has to wait for disk space, or "". An exception in the block ends it. After Stopped, nothing
    is stored; after any other, the work waits, is retried or fails, and the callback of ``outcomes`` is called.
    """
    with lease(row, states, may_start=may_start) as start:
        if not start:
            yield None
            return
        if reason := shortage():
            outcomes.wait(reason)
            yield None
            return
        folder, has_started = scratch_folder(scratch, row.pk), False
        try:
            with as_pipeline_error(name, start):
                has_started = True
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
        if not has_started:  # it was started too often, so nothing was yielded
            yield None

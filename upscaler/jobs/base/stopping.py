"""Tells a worker that its cluster was asked to stop.

django-q2 waits until a task ends, however long that takes, without telling it. This event is created before the cluster
forks, so that all of its processes share it.
"""

from __future__ import annotations

import multiprocessing

from upscaler.pipeline.core.errors import Stopped

requested = multiprocessing.get_context("fork").Event()


def raise_if_cancelled(_done: int) -> None:
    """Raises Stopped when this worker is asked to stop. The reaper enqueues its work again."""
    if requested.is_set():
        raise Stopped

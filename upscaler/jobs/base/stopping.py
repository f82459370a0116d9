"""How a worker learns that its cluster was asked to stop.

django-q2 lets a task run to its end first, however long that takes, and gives it no sign. This
event is made before the cluster forks, so that all of its processes see it.
"""

from __future__ import annotations

import multiprocessing

from upscaler.pipeline.core.errors import Stopped

requested = multiprocessing.get_context("fork").Event()


def raise_if_cancelled(_done: int) -> None:
    """Raises Stopped when this worker is asked to end: the reaper enqueues its work again."""
    if requested.is_set():
        raise Stopped

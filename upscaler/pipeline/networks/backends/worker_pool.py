"""Parallel processing of frames, with one thread and one workspace each."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Generic, TypeVar

Workspace = TypeVar("Workspace")
Item = TypeVar("Item")


class WorkerPool(Generic[Workspace]):
    """A thread per workspace; each frame has a workspace to itself while it is processed."""

    def __init__(self, workspaces: list[Workspace]) -> None:
        self._free: queue.SimpleQueue[Workspace] = queue.SimpleQueue()
        for workspace in workspaces:
            self._free.put(workspace)
        self._pool = ThreadPoolExecutor(len(workspaces), thread_name_prefix="frames")

    def run(self, act: Callable[[Workspace, Item], None], items: Iterable[Item]) -> None:
        """Call ``act`` on each item, with a workspace. Raises its exception after all calls have ended."""
        futures = [self._pool.submit(self._run_one, act, item) for item in items]
        wait(futures)
        for future in futures:
            future.result()

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown()

    def _run_one(self, act: Callable[[Workspace, Item], None], item: Item) -> None:
        workspace = self._free.get()
        try:
            act(workspace, item)
        finally:
            self._free.put(workspace)

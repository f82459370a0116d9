"""Parallel processing of frames, with one thread and one workspace each."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Generic, TypeVar

Room = TypeVar("Room")
Item = TypeVar("Item")


class Lanes(Generic[Room]):
    """A thread per workspace; each frame has a workspace to itself while it is processed."""

    def __init__(self, rooms: list[Room]) -> None:
        self._free: queue.SimpleQueue[Room] = queue.SimpleQueue()
        for room in rooms:
            self._free.put(room)
        self._pool = ThreadPoolExecutor(len(rooms), thread_name_prefix="lane")

    def run(self, act: Callable[[Room, Item], None], items: Iterable[Item]) -> None:
        """Call ``act`` on each item, with a workspace. Raises its exception after all calls have ended."""
        futures = [self._pool.submit(self._run_one, act, item) for item in items]
        wait(futures)
        for future in futures:
            future.result()

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown()

    def _run_one(self, act: Callable[[Room, Item], None], item: Item) -> None:
        room = self._free.get()
        try:
            act(room, item)
        finally:
            self._free.put(room)

"""Frames through a network side by side, one thread and one room for pictures each."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Generic, TypeVar

Room = TypeVar("Room")
Item = TypeVar("Item")


class Lanes(Generic[Room]):
    """As many threads as there are rooms; a frame has a room to itself while it is under work."""

    def __init__(self, rooms: list[Room]) -> None:
        self._free: queue.SimpleQueue[Room] = queue.SimpleQueue()
        for room in rooms:
            self._free.put(room)
        self._pool = ThreadPoolExecutor(len(rooms), thread_name_prefix="lane")

    def run(self, act: Callable[[Room, Item], None], items: Iterable[Item]) -> None:
        """``act`` on each item, in a room. Raises what it raises, once no room is under work any more."""
        futures = [self._pool.submit(self._run_one, act, item) for item in items]
        wait(futures)
        for future in futures:
            future.result()

    def close(self) -> None:
        """End the threads; the rooms go with this object."""
        self._pool.shutdown()

    def _run_one(self, act: Callable[[Room, Item], None], item: Item) -> None:
        room = self._free.get()
        try:
            act(room, item)
        finally:
            self._free.put(room)

"""Frames through a network side by side, one thread and one room for pictures each."""

from __future__ import annotations

import queue
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

import numpy as np

from .backend import Batch

Room = TypeVar("Room")


class Lanes(Generic[Room]):
    """As many threads as there are rooms; a frame has a room to itself while it is under work."""

    def __init__(self, rooms: list[Room]) -> None:
        self._free: queue.SimpleQueue[Room] = queue.SimpleQueue()
        for room in rooms:
            self._free.put(room)
        self._pool = ThreadPoolExecutor(len(rooms), thread_name_prefix="lane")

    def run(self, act: Callable[[Room, Batch], Batch], frames: Batch) -> Batch:
        """``act`` on each of (n, h, w, 3), in a room."""
        return np.stack(list(self._pool.map(lambda frame: self._run_one(act, frame), frames)))

    def close(self) -> None:
        """End the threads; the rooms go with this object."""
        self._pool.shutdown()

    def _run_one(self, act: Callable[[Room, Batch], Batch], frame: Batch) -> Batch:
        room = self._free.get()
        try:
            return act(room, frame)
        finally:
            self._free.put(room)

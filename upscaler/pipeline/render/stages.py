"""Threads that let decoding, the network, the postfilters and encoding overlap, with bounded queues between them."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")

DEPTH = 4
"""Frames queued between two stages: enough to even out a key frame, with little memory."""

_END = object()
_ABANDONED = object()


class Prefetch(Generic[Item]):
    """Runs an iterator in a thread, ``DEPTH`` items ahead. An error in it is raised from ``next``."""

    def __init__(self, items: Iterator[Item]) -> None:
        self._items = items
        self._queue: queue.Queue[object] = queue.Queue(DEPTH)
        self._is_closed = threading.Event()
        self._thread = threading.Thread(target=self._pump, daemon=True)
        self._thread.start()

    def __next__(self) -> Item:
        item = self._queue.get()
        if item is _END:
            self._queue.put(_END)
            raise StopIteration
        if isinstance(item, BaseException):
            self._queue.put(_END)
            raise item
        return item  # type: ignore[return-value]

    def __iter__(self) -> Prefetch[Item]:
        return self

    def close(self) -> None:
        """Stop the thread; the iterator must already be unable to block for long."""
        self._is_closed.set()
        self._drain()
        self._thread.join(10)

    def _pump(self) -> None:
        last: object = _END
        try:
            for item in self._items:
                if not self._put(item):
                    return
        except Exception as error:
            last = error
        self._put(last)

    def _put(self, item: object) -> bool:
        while not self._is_closed.is_set():
            try:
                self._queue.put(item, timeout=0.2)
            except queue.Full:
                continue
            return True
        return False

    def _drain(self) -> None:
        while True:
            try:
                self._queue.get_nowait()
            except queue.Empty:
                return


class Sink(Generic[Item]):
    """Hands items to ``consume``, as one iterator, in a thread. Use it as a context manager.

    An error in ``consume`` is raised from the next ``put`` or from ``close``; later items are dropped.
    """

    def __init__(self, consume: Callable[[Iterator[Item]], None], *, depth: int = DEPTH) -> None:
        self._consume = consume
        self._queue: queue.Queue[object] = queue.Queue(depth)
        self._is_over = False
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._pump, daemon=True)
        self._thread.start()

    def __enter__(self) -> Sink[Item]:
        return self

    def __exit__(self, kind: type[BaseException] | None, *details: object) -> None:
        if kind is None:
            self.close()
        else:
            self.abandon()

    def put(self, item: Item) -> None:
        """Queue an item; waits while the queue is full."""
        if self._error is not None:
            raise self._error
        self._queue.put(item)

    def close(self) -> None:
        """Wait until everything is consumed. Raises the exception of ``consume``."""
        self._end(_END)
        if self._error is not None:
            raise self._error

    def abandon(self) -> None:
        """End the thread after the queued items without signalling their end. Ignores errors."""
        self._end(_ABANDONED)

    def _end(self, how: object) -> None:
        if self._thread.is_alive():
            self._queue.put(how)
            self._thread.join()

    def _pump(self) -> None:
        try:
            self._consume(self._items())
        except _Abandoned:
            return
        except Exception as error:
            self._error = error
        while not self._is_over:
            self._take()

    def _items(self) -> Iterator[Item]:
        while (item := self._take()) is not _END:
            if item is _ABANDONED:
                raise _Abandoned
            yield item  # type: ignore[misc]

    def _take(self) -> object:
        item = self._queue.get()
        self._is_over = item is _END or item is _ABANDONED
        return item


class _Abandoned(Exception):
    """Raised in ``consume`` when the items end early."""


def for_each(act: Callable[[Item], None]) -> Callable[[Iterator[Item]], None]:
    """Return a sink's ``consume`` that calls ``act`` on each item."""

    def consume(items: Iterator[Item]) -> None:
        for item in items:
            act(item)

    return consume

"""Which samples a step trains on, and how they are varied: a function of the seed and the step alone.

So a run that was killed needs only its step to continue exactly, and several processes share a step without talking.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .shard import Batch, Shards

AHEAD = 4
"""Batches that are read while one is trained on."""


@dataclass(frozen=True)
class Sampler:
    """Draws batches. ``quantisers_hidden`` is the share of samples whose quantisers are unknown to the network."""

    shards: Shards
    seed: int
    batch: int
    patch: int
    quantisers_hidden: float = 0.2

    def indices(self, step: int) -> NDArray[np.int64]:
        """Return the samples of a step. Each epoch takes every sample once, in an order of its own."""
        total = len(self.shards)
        positions = np.arange(step * self.batch, (step + 1) * self.batch)
        orders = {epoch: self._order(int(epoch)) for epoch in np.unique(positions // total)}
        return np.array([orders[position // total][position % total] for position in positions], np.int64)

    def draw(self, step: int, rows: slice = slice(None)) -> Batch:
        """Return the batch of a step: random crops of the tiles, mirrored and turned. ``rows`` is a process's share."""
        indices = self.indices(step)
        random = np.random.default_rng((self.seed, 1, step))
        corners = random.integers(0, self.shards.tile - self.patch, (self.batch, 2), endpoint=True)
        flips = random.integers(0, 2, (self.batch, 3)).astype(bool)
        hidden = random.random(self.batch) < self.quantisers_hidden
        read = self.shards.read(indices[rows], corners[rows], self.patch)
        for position, (vertical, horizontal, transposed) in enumerate(flips[rows]):
            for pixels in (read.low, read.truth, read.quantisers):
                pixels[position] = _turned(pixels[position], vertical, horizontal, transposed)
        read.quantisers[hidden[rows]] = 0
        return read

    def stream(self, first: int, rows: slice = slice(None)) -> Generator[Batch]:
        """Yield the batches from a step on, for ever, read ahead by a thread. Close it to end the thread."""
        ready: queue.Queue[Batch | BaseException] = queue.Queue(AHEAD)
        is_closed = threading.Event()
        thread = threading.Thread(target=self._fill, args=(first, rows, ready, is_closed), daemon=True)
        thread.start()
        try:
            while True:
                batch = ready.get()
                if isinstance(batch, BaseException):
                    raise batch
                yield batch
        finally:
            is_closed.set()
            while thread.is_alive():  # it may wait for a place in the queue
                _emptied(ready)
                thread.join(0.01)

    def _fill(
        self, step: int, rows: slice, ready: queue.Queue[Batch | BaseException], is_closed: threading.Event
    ) -> None:
        try:
            while not is_closed.is_set():
                ready.put(self.draw(step, rows))
                step += 1
        except BaseException as error:  # raised again where the batches are used
            ready.put(error)

    def _order(self, epoch: int) -> NDArray[np.int64]:
        return np.random.default_rng((self.seed, 0, epoch)).permutation(len(self.shards))


def _turned(pixels: NDArray[np.uint8], vertical: bool, horizontal: bool, transposed: bool) -> NDArray[np.uint8]:
    turned = pixels[:: -1 if vertical else 1, :: -1 if horizontal else 1]
    return np.swapaxes(turned, 0, 1).copy() if transposed else turned.copy()


def _emptied(ready: queue.Queue[Batch | BaseException]) -> None:
    while True:
        try:
            ready.get_nowait()
        except queue.Empty:
            return

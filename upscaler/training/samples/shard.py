"""Shards: files of samples that are read by memory mapping, so that a large set takes no memory."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from upscaler.pipeline.core.errors import PipelineError
from upscaler.training.core.twin import Pair, Pixels

SCALE = 4
INFO = "shard.json"
"""Written last: a shard without it is not complete."""
PARTS = {"low": 1, "truth": SCALE, "quantisers": 1}


@dataclass(frozen=True)
class Batch:
    """Samples side by side: ``low`` (n, t, t, 3), ``truth`` (n, 4t, 4t, 3), ``quantisers`` (n, t, t); uint8."""

    low: Pixels
    truth: Pixels
    quantisers: Pixels


class ShardWriter:
    """Writes one shard into a temporary folder, which ``finish`` renames to ``folder``. ``info`` is stored with it.

    Raises PipelineError if the disk is full; what was written is then deleted.
    """

    def __init__(self, folder: Path, tile: int, info: dict[str, Any]) -> None:
        self._folder, self._tile, self._info = folder, tile, info
        self._temporary = folder.with_name(folder.name + ".tmp")
        shutil.rmtree(self._temporary, ignore_errors=True)
        self._temporary.mkdir(parents=True)
        self.count = 0
        with _disk_errors(self):
            self._files = {name: (self._temporary / f"{name}.u8").open("wb", buffering=1024**2) for name in PARTS}

    def add(self, pair: Pair, x: int, y: int) -> None:
        """Add the crop of a pair whose top left corner in the low-resolution frame is (x, y)."""
        tile = self._tile
        low = pair.low[y : y + tile, x : x + tile]
        quantisers = pair.quantisers[y : y + tile, x : x + tile]
        truth = pair.truth[SCALE * y : SCALE * (y + tile), SCALE * x : SCALE * (x + tile)]
        with _disk_errors(self):
            for name, pixels in (("low", low), ("truth", truth), ("quantisers", quantisers)):
                self._files[name].write(np.ascontiguousarray(pixels).data)
        self.count += 1

    def finish(self) -> None:
        """Complete the shard, so that it is found from now on."""
        with _disk_errors(self):
            for file in self._files.values():
                file.flush()
                os.fsync(file.fileno())
                file.close()
            info = self._info | {"tile": self._tile, "count": self.count}
            (self._temporary / INFO).write_text(json.dumps(info))
            shutil.rmtree(self._folder, ignore_errors=True)
            self._temporary.replace(self._folder)

    def discard(self) -> None:
        """Delete what was written."""
        for file in getattr(self, "_files", {}).values():
            try:
                file.close()
            except OSError:  # a full disk, where the buffer can't be flushed
                continue
        shutil.rmtree(self._temporary, ignore_errors=True)


class _disk_errors:  # noqa: N801 - a context manager that reads as a phrase
    def __init__(self, writer: ShardWriter) -> None:
        self._writer = writer

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            self._writer.discard()
            raise PipelineError(
                "The disk is full. Free some space and start again: finished shards are kept.", permanent=False
            ) from error


class Shards:
    """All complete shards in a folder, as one list of samples in the order of the shards' names.

    Raises PipelineError if there is none, or if their tiles differ.
    """

    def __init__(self, folder: Path) -> None:
        self._parts: list[dict[str, NDArray[np.uint8]]] = []
        counts, tiles = [0], set()
        for shard in complete_shards(folder):
            info = json.loads((shard / INFO).read_text())
            if not info["count"]:
                continue
            tiles.add(info["tile"])
            counts.append(info["count"])
            self._parts.append({name: _mapped(shard, name, info) for name in PARTS})
        if not self._parts:
            raise PipelineError("There are no samples to train on. Prepare them first.", permanent=True)
        if len(tiles) > 1:
            raise PipelineError("The samples were prepared in different sizes. Prepare them again.", permanent=True)
        self.tile: int = tiles.pop()
        self._starts = np.cumsum(counts)

    def __len__(self) -> int:
        return int(self._starts[-1])

    def read(self, indices: NDArray[np.int64], corners: NDArray[np.int64], patch: int) -> Batch:
        """Return crops of ``patch`` pixels; ``corners`` (n, 2) holds each crop's x and y in its tile."""
        count = len(indices)
        low = np.empty((count, patch, patch, 3), np.uint8)
        truth = np.empty((count, SCALE * patch, SCALE * patch, 3), np.uint8)
        quantisers = np.empty((count, patch, patch), np.uint8)
        shards = np.searchsorted(self._starts, indices, side="right") - 1
        for position, (index, shard, (x, y)) in enumerate(zip(indices, shards, corners, strict=True)):
            parts, row = self._parts[shard], index - self._starts[shard]
            low[position] = parts["low"][row, y : y + patch, x : x + patch]
            quantisers[position] = parts["quantisers"][row, y : y + patch, x : x + patch]
            top, left = SCALE * y, SCALE * x
            truth[position] = parts["truth"][row, top : top + SCALE * patch, left : left + SCALE * patch]
        return Batch(low, truth, quantisers)


def complete_shards(folder: Path) -> Iterator[Path]:
    """Yield the folders of complete shards, by name."""
    for shard in sorted(folder.iterdir()) if folder.is_dir() else []:
        if (shard / INFO).is_file() and not shard.name.endswith(".tmp"):
            yield shard


def _mapped(shard: Path, name: str, info: dict[str, Any]) -> NDArray[np.uint8]:
    side = info["tile"] * PARTS[name]
    shape = (info["count"], side, side) if name == "quantisers" else (info["count"], side, side, 3)
    path = shard / f"{name}.u8"
    if path.stat().st_size != int(np.prod(shape)):
        raise PipelineError(
            f"The shard {shard.name} is damaged. Delete its folder and prepare it again.", permanent=True
        )
    return np.memmap(path, np.uint8, "r", shape=shape)

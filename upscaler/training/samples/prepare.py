"""Prepares samples ahead: twins of every capture through real encoders, cut into shards that training maps."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from upscaler.pipeline.core.errors import Refused
from upscaler.pipeline.core.limits import Limits
from upscaler.training.core.capture import Burst, Capture, Split
from upscaler.training.core.degradation import Degradation
from upscaler.training.core.twin import Pair
from upscaler.training.degradation.eras import EraRecipe, draw
from upscaler.training.degradation.twins import degrade_many

from .shard import INFO, SCALE, ShardWriter
from .sources import ClipSource, clip_sources

FOLDERS = {Split.TRAINING: "training", Split.HELD_OUT: "held-out"}
CANDIDATES = 3
"""Places of which the one with the most detail is cut out, for half of the samples: flat walls teach little."""
TOGETHER = 4
"""Twins that are made of one reading of a clip's frames, and stored in one shard."""
VERSION = 1
"""Of what a shard's recipe means: a higher one has shards made again."""


@dataclass(frozen=True)
class PreparationRecipe:
    """How samples are made: ``twins`` degradations of each clip, ``samples`` crops of each twin."""

    era: EraRecipe
    twins: int = 12
    samples: int = 160
    tile: int = 64
    """Side of a crop in low-resolution pixels."""
    held_out_twins: int = 4
    held_out_samples: int = 16
    seed: int = 0

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> PreparationRecipe:
        return cls(**data | {"era": EraRecipe.from_json(data["era"])})


@dataclass(frozen=True)
class Shard:
    """One shard to make: a clip, and the numbers of its degradations."""

    source: ClipSource
    places: tuple[int, ...]

    @property
    def folder(self) -> str:
        """Its folder within the samples."""
        return f"{FOLDERS[self.source.capture.split]}/{self.source.name}-{self.places[0]:03d}"


def shards_of(captures: Sequence[tuple[Capture, Sequence[Burst]]], recipe: PreparationRecipe) -> list[Shard]:
    """Return the shards of a dataset. Raises Refused if no capture is to be trained on."""
    shards = []
    for capture, bursts in captures:
        count = recipe.twins if capture.split is Split.TRAINING else recipe.held_out_twins
        for source in clip_sources(capture, bursts):
            for first in range(0, count, TOGETHER):
                shards.append(Shard(source, tuple(range(first, min(first + TOGETHER, count)))))
    if not any(shard.source.capture.split is Split.TRAINING for shard in shards):
        raise Refused("There are no frames to train on. Choose at least one capture for training.")
    return shards


def prepare(
    captures: Sequence[tuple[Capture, Sequence[Burst]]],
    recipe: PreparationRecipe,
    folder: Path,
    limits: Limits,
    on_progress: Callable[[int, int], None],
) -> None:
    """Make all shards that are missing, in ``folder/training`` and ``folder/held-out``, and delete others.

    ``on_progress`` gets the shards that are done and their number, and may raise to stop. Call it again after a kill:
    finished shards are kept, for they depend on the recipe and the captures alone. Raises PipelineError if the disk is
    full, and Refused if no capture is to be trained on.
    """
    shards = shards_of(captures, recipe)
    _delete_others(folder, {shard.folder for shard in shards})
    on_progress(0, len(shards))
    for done, shard in enumerate(shards, 1):
        make_shard(shard, recipe, folder, limits)
        on_progress(done, len(shards))


def make_shard(shard: Shard, recipe: PreparationRecipe, folder: Path, limits: Limits) -> None:
    """Make one shard, unless it is there. Raises as ``prepare`` does."""
    target, info = folder / shard.folder, _info(shard, recipe)
    if _is_made(target, info):
        return
    source, degradations = shard.source, _degradations(shard, recipe)
    is_training = source.capture.split is Split.TRAINING
    samples = recipe.samples if is_training else recipe.held_out_samples
    target.parent.mkdir(parents=True, exist_ok=True)
    writer = ShardWriter(target, recipe.tile, info)
    first = source.bursts[0].first
    cutters = [
        _Cutter(writer, recipe.tile, samples, _frames(source, degradation), (recipe.seed, first, place))
        for place, degradation in zip(shard.places, degradations, strict=True)
    ]
    try:
        with tempfile.TemporaryDirectory(prefix="scratch-", suffix=".tmp", dir=target.parent) as scratch:
            frames = source.frames(limits, recipe.seed)
            for place, pair in degrade_many(frames, source.rate, degradations, Path(scratch), limits, first=first):
                cutters[place].cut(pair)
        writer.finish()
    except BaseException:
        writer.discard()
        raise


def _degradations(shard: Shard, recipe: PreparationRecipe) -> list[Degradation]:
    source = shard.source
    return [draw(recipe.era, source.size, source.rate, recipe.seed, source.name, place) for place in shard.places]


def _frames(source: ClipSource, degradation: Degradation) -> int:
    """Return how many frames a twin has, but for the one or two that some encoders lose."""
    return source.count if degradation.repeat else -(-source.count // degradation.keep_every)


def _delete_others(folder: Path, names: set[str]) -> None:
    """Delete shards of other recipes or captures, and what a killed process left."""
    for kind in FOLDERS.values():
        for path in (folder / kind).iterdir() if (folder / kind).is_dir() else ():
            if f"{kind}/{path.name}" not in names:
                shutil.rmtree(path)


class _Cutter:
    """Cuts a number of crops out of the frames of one twin, spread over all of them, as they come."""

    def __init__(self, writer: ShardWriter, tile: int, samples: int, frames: int, seed: Sequence[int]) -> None:
        self._writer, self._tile, self._samples, self._frames = writer, tile, samples, frames
        self._random = np.random.default_rng(seed)
        self._seen = self._cut = 0

    def cut(self, pair: Pair) -> None:
        """Cut this frame's share: at random places, every second one the most detailed of some."""
        self._seen += 1
        height, width = pair.low.shape[:2]
        tile = self._tile
        if min(height, width) < tile:
            raise Refused(f"Clips of {width}x{height} are too small for samples of {tile} pixels. Choose smaller ones.")
        while self._cut < self._samples * min(1.0, self._seen / self._frames):
            corners = self._random.integers(0, (width - tile, height - tile), (CANDIDATES, 2), endpoint=True)
            x, y = max(corners, key=lambda at: _detail(pair, at, tile)) if self._cut % 2 else corners[0]
            self._writer.add(pair, int(x), int(y))
            self._cut += 1


def _detail(pair: Pair, corner: NDArray[np.int64], tile: int) -> float:
    """Return the mean difference of neighbouring pixels of the truth's green."""
    x, y = SCALE * corner
    green = pair.truth[y : y + SCALE * tile : 2, x : x + SCALE * tile : 2, 1].astype(np.int16)
    return float(np.abs(np.diff(green, axis=0)).mean() + np.abs(np.diff(green, axis=1)).mean())


def _info(shard: Shard, recipe: PreparationRecipe) -> dict[str, Any]:
    """Return what the shard's content depends on."""
    info = {
        "version": VERSION,
        "capture": shard.source.capture.id,
        "bursts": [[burst.first, burst.count] for burst in shard.source.bursts],
        "degradations": [degradation.to_json() for degradation in _degradations(shard, recipe)],
        "samples": [recipe.tile, recipe.samples, recipe.held_out_samples, recipe.seed],
    }
    plain: dict[str, Any] = json.loads(json.dumps(info))
    return plain


def _is_made(target: Path, info: dict[str, Any]) -> bool:
    """Return whether the shard is there, made by this recipe."""
    path = target / INFO
    return path.is_file() and json.loads(path.read_text()).items() >= info.items()

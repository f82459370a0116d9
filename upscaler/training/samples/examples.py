"""Examples: a few whole held-out frames beside the shards, which a run shows as each of its snapshots enlarges them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from upscaler.pipeline.core.limits import Limits
from upscaler.training.core.capture import Burst, Capture, Split
from upscaler.training.core.degradation import Degradation
from upscaler.training.core.twin import Pixels
from upscaler.training.degradation.eras import draw
from upscaler.training.degradation.twins import degrade

from .prepare import PreparationRecipe
from .sources import ClipSource, clip_sources

FOLDER = "frames"
EXAMPLES = 4
FRAMES = 20
"""Frames that are encoded for one example, the last of which is shown."""
HEIGHT = 240
"""The largest height of a low-resolution frame that is shown: larger ones take long to enlarge at each snapshot."""
DRAWS = 12


@dataclass(frozen=True)
class Example:
    """``low`` (h, w, 3), ``truth`` (4h, 4w, 3) and ``quantisers`` (h, w) of one frame."""

    low: Pixels
    truth: Pixels
    quantisers: Pixels


def write_examples(
    captures: Sequence[tuple[Capture, Sequence[Burst]]], recipe: PreparationRecipe, folder: Path, limits: Limits
) -> None:
    """Store examples of held-out captures in ``folder/frames``, each of another degradation; none without a capture.

    Raises what decoding and encoding raise.
    """
    held_out = [
        source
        for capture, bursts in captures
        if capture.split is Split.HELD_OUT
        for source in clip_sources(capture, bursts)
    ]
    for number in range(EXAMPLES if held_out else 0):
        source = held_out[number * len(held_out) // EXAMPLES]
        write_example(folder, number, _example(source, number, recipe, folder, limits))


def write_example(folder: Path, number: int, example: Example) -> None:
    """Store one example in ``folder/frames``."""
    target = folder / FOLDER
    target.mkdir(parents=True, exist_ok=True)
    temporary = target / f"{number}.tmp"
    with temporary.open("wb") as file:
        np.savez_compressed(file, low=example.low, truth=example.truth, quantisers=example.quantisers)
    temporary.replace(target / f"{number}.npz")


def stored_examples(folder: Path) -> Iterator[Example]:
    """Yield the examples in ``folder/frames``."""
    for path in sorted((folder / FOLDER).glob("*.npz")):
        with np.load(path) as stored:
            yield Example(stored["low"], stored["truth"], stored["quantisers"])


def _example(source: ClipSource, number: int, recipe: PreparationRecipe, folder: Path, limits: Limits) -> Example:
    first = max(0, source.count - FRAMES) * number // EXAMPLES
    frames = islice(source.frames(limits, recipe.seed), first, first + FRAMES)
    degradation = _degradation(source, number, recipe)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="example-", suffix=".tmp", dir=folder) as scratch:
        pairs = degrade(frames, source.rate, degradation, Path(scratch), limits, first=source.bursts[0].first + first)
        *_, last = pairs
    return Example(last.low, last.truth, last.quantisers)


def _degradation(source: ClipSource, number: int, recipe: PreparationRecipe) -> Degradation:
    """Return the first of some degradations with an encoder that isn't too large; each example begins at another."""
    drawn = [
        draw(recipe.era, source.size, source.rate, recipe.seed, source.name, place)
        for place in range(number * DRAWS, (number + 1) * DRAWS)
    ]
    small = [each for each in drawn if each.height <= HEIGHT] or sorted(drawn, key=lambda each: each.height)
    return next((each for each in small if each.encodings), small[0])

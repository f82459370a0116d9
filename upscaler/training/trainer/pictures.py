"""Pictures of a run: held-out frames as the clip, the weights before, each snapshot and the truth show them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import nn

from upscaler.training.core.twin import Pixels
from upscaler.training.samples.examples import Example, stored_examples
from upscaler.training.samples.shard import SCALE, Shards

from .held_out import as_pictures, as_plane
from .run_files import BASE, BEFORE, TRUTH, picture_name

SAMPLES = 6
CANDIDATES = 8
"""Samples in each part of the held-out ones, of which the one with the most detail is shown."""
QUALITY = 92


def examples(samples: Path) -> list[Example]:
    """Return the frames that were stored to be shown, else the most detailed of the held-out samples, if any."""
    if stored := list(stored_examples(samples)):
        return stored
    held_out = samples / "held-out"
    return list(_detailed(Shards(held_out))) if held_out.is_dir() else []


class Pictures:
    """Writes WebP files into the folder ``pictures`` of a run. Each takes the place of an older one at once."""

    def __init__(self, folder: Path, shown: list[Example], device: torch.device) -> None:
        self._folder, self._shown, self._device = folder, shown, device

    def __len__(self) -> int:
        return len(self._shown)

    def write_fixed(self, base: nn.Module | None, stops: Callable[[], bool]) -> None:
        """Write the pictures that stay the same: bicubic, the truth, and those of the weights before, if any."""
        for number, example in enumerate(self._shown):
            height, width = example.truth.shape[:2]
            enlarged = cv2.resize(example.low, (width, height), interpolation=cv2.INTER_CUBIC)
            self._write(picture_name(number, BEFORE), np.asarray(enlarged, np.uint8))
            self._write(picture_name(number, TRUTH), example.truth)
        if base is not None:
            self._render(base, BASE, stops)

    def has_fixed(self, *, with_base: bool) -> bool:
        """Were the pictures that stay the same written, such as by an earlier session of the run?"""
        last = BASE if with_base else TRUTH
        return all((self._folder / picture_name(number, last)).is_file() for number in range(len(self._shown)))

    def has_snapshot(self, step: int) -> bool:
        """Were the pictures of a step written to the last one?"""
        return not self._shown or (self._folder / picture_name(len(self._shown) - 1, step)).is_file()

    def write_snapshot(self, network: nn.Module, step: int, stops: Callable[[], bool]) -> bool:
        """Write the pictures of a step. Return False if ``stops`` cut it short."""
        return self._render(network, step, stops)

    def _render(self, network: nn.Module, shows: str | int, stops: Callable[[], bool]) -> bool:
        was_training = network.training
        network.eval()
        try:
            for number, example in enumerate(self._shown):
                if stops():
                    return False
                self._write(picture_name(number, shows), self._enlarged(network, example))
        finally:
            network.train(was_training)
        return True

    def _enlarged(self, network: nn.Module, example: Example) -> Pixels:
        with torch.inference_mode():
            low = as_pictures(example.low[None], self._device)
            enlarged = network(low, as_plane(example.quantisers[None], self._device))[0].float().clamp(0, 1)
            pixels: Pixels = (enlarged * 255).round().byte().permute(1, 2, 0).cpu().numpy()
        return pixels

    def _write(self, name: str, pixels: Pixels) -> None:
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        blue_first = cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2BGR)
        encoded = cv2.imencode(".webp", blue_first, [cv2.IMWRITE_WEBP_QUALITY, QUALITY])[1]
        temporary = path.with_suffix(".tmp")
        temporary.write_bytes(encoded.tobytes())
        temporary.replace(path)


def _detailed(shards: Shards) -> Iterator[Example]:
    """Yield one sample of each of SAMPLES equal parts."""
    edges = np.linspace(0, len(shards), min(SAMPLES, len(shards)) + 1).astype(int)
    for first, end in pairwise(edges):
        indices = np.unique(np.linspace(first, end - 1, CANDIDATES).round().astype(np.int64))
        batch = shards.read(indices, np.zeros((len(indices), 2), np.int64), shards.tile)
        best = int(np.argmax([_detail(truth) for truth in batch.truth]))
        yield Example(batch.low[best], batch.truth[best], batch.quantisers[best])


def _detail(truth: Pixels) -> float:
    """Return the mean difference of neighbouring pixels of the green."""
    green = truth[::SCALE, ::SCALE, 1].astype(np.int16)
    return float(np.abs(np.diff(green, axis=0)).mean() + np.abs(np.diff(green, axis=1)).mean())

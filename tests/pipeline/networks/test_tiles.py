"""A frame in parts is the frame: the same pixels within one of 255, at the seams too."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.pipeline.networks.networks_of import State, checked, compact, rrdb
from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.networks.backend import TORCH, Batch
from upscaler.pipeline.networks.backends.torch_backend import TorchBackend
from upscaler.pipeline.networks.registry import open_backend
from upscaler.pipeline.networks.tiles import FADE, Tiling


def network_of(state: State, folder: Path) -> TorchBackend:
    torch.save({"params": state}, folder / "x.pth")
    backend = open_backend(checked(folder / "x.pth", folder / "x.safetensors"), "fp32", TORCH)
    assert isinstance(backend, TorchBackend)
    return backend


class Small:
    """A network on a device whose memory holds so many pixels."""

    def __init__(self, backend: TorchBackend, pixels: int, error: type[Exception] = torch.OutOfMemoryError) -> None:
        self._network, self._pixels, self._error = backend._network, pixels, error
        self.seen: list[tuple[int, ...]] = []
        backend._network = self

    def __call__(self, pictures: torch.Tensor) -> torch.Tensor:
        count, _, height, width = pictures.shape
        if count * height * width > self._pixels:
            raise self._error("DefaultCPUAllocator: can't allocate memory")
        self.seen.append((count, height, width))
        result: torch.Tensor = self._network(pictures)
        return result


def some_frames(count: int, height: int, width: int) -> Batch:
    return np.random.default_rng(3).integers(0, 256, (count, height, width, 3), np.uint8)


def most_difference(one: Batch, other: Batch) -> int:
    return int(np.abs(one.astype(int) - other).max())


@pytest.mark.parametrize(
    ("state", "size", "pixels"),
    [
        pytest.param(compact(), (96, 128), 4000, id="compact"),
        pytest.param(compact(scale=2), (97, 131), 4000, id="compact, odd"),
        pytest.param(rrdb(), (90, 120), 7000, id="rrdb"),
        pytest.param(rrdb(scale=2), (120, 160), 15000, id="rrdb x2"),
    ],
)
def test_parts_are_the_whole_within_one(state: State, size: tuple[int, int], pixels: int, tmp_path: Path) -> None:
    backend = network_of(state, tmp_path)
    frames = some_frames(1, *size)
    whole = backend.upscale(frames)
    small = Small(backend, pixels)
    assert most_difference(backend.upscale(frames), whole) <= 1
    parts = [(height, width) for _, height, width in small.seen if height > 16]  # strips look for the field
    assert len(parts) > 1
    assert max(height * width for height, width in parts) <= pixels


@pytest.mark.parametrize("error", [torch.OutOfMemoryError, RuntimeError])
def test_fewer_frames_at_once_come_before_parts(error: type[Exception], tmp_path: Path) -> None:
    backend = network_of(compact(), tmp_path)
    frames = some_frames(8, 24, 32)
    whole = np.concatenate([backend.upscale(frame[None]) for frame in frames])
    small = Small(backend, 2 * 24 * 32, error)
    assert most_difference(backend.upscale(frames), whole) <= 1
    assert small.seen == [(2, 24, 32)] * 4
    small.seen.clear()
    backend.upscale(frames)
    assert small.seen == [(2, 24, 32)] * 4, "what did not fit is not tried again"


def test_what_no_part_can_mend_is_said(tmp_path: Path) -> None:
    backend = network_of(compact(), tmp_path)
    Small(backend, 16 * 128)
    with pytest.raises(PipelineError, match="ran out of memory at 400x300") as caught:
        backend.upscale(some_frames(1, 300, 400))
    assert "Choose a smaller model" in caught.value.message


def test_other_errors_are_not_taken_for_too_little_memory(tmp_path: Path) -> None:
    backend = network_of(compact(), tmp_path)

    def broken(_pictures: torch.Tensor) -> torch.Tensor:
        raise RuntimeError("a shape is wrong")

    backend._network = broken
    with pytest.raises(PipelineError, match=r"failed on a frame of 8x8\. Try again") as caught:
        backend.upscale(some_frames(1, 8, 8))
    assert (caught.value.detail, caught.value.permanent) == ("a shape is wrong", False)


@pytest.mark.parametrize(("down", "across"), [(1, 2), (3, 1), (4, 5)])
def test_weights_of_parts_add_up_everywhere(down: int, across: int) -> None:
    frame = np.full((1, 101, 143, 3), 200, np.uint8)
    result = Tiling(101, 143, 7, down, across).run(lambda part: part.repeat(2, axis=1).repeat(2, axis=2), frame, 2)
    assert result.shape == (1, 202, 286, 3)
    assert (result == 200).all()


def test_parts_are_refined_until_it_does_not_help() -> None:
    tiling = Tiling(480, 640, 18)
    sizes = []
    while finer := tiling.finer():
        assert finer.largest <= 0.8 * tiling.largest
        tiling = finer
        sizes.append((tiling.down, tiling.across))
    assert sizes[:2] == [(1, 2), (2, 2)]
    assert min(tiling.height // tiling.down, tiling.width // tiling.across) >= FADE
    assert Tiling(240, 320, 400).finer() is None, "a field as large as the frame leaves nothing to cut"

"""What most tests of networks want."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.pipeline.networks.networks_of import checked, compact
from upscaler.pipeline.networks.weights import Weights
from upscaler.pipeline.networks.winograd import native
from upscaler.pipeline.networks.winograd.emitter import Emitter


@pytest.fixture(autouse=True, scope="session")
def compiled_once() -> Iterator[None]:
    """The same code is compiled once a process: most of the time of a small network is its compiler's."""
    kept: dict[str, native.Compiled] = {}
    compiled = native.Compiled

    def compile_once(emitter: Emitter) -> native.Compiled:
        code = str(emitter.module)
        if code not in kept:
            kept[code] = compiled(emitter)
        return kept[code]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(native, "Compiled", compile_once)
        yield


@pytest.fixture
def weights(tmp_path: Path) -> Weights:
    """A small SRVGGNetCompact with random numbers."""
    torch.save({"params": compact()}, tmp_path / "x.pth")
    return checked(tmp_path / "x.pth", tmp_path / "x.safetensors")

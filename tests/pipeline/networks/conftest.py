"""What most tests of networks want."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.pipeline.networks.networks_of import checked, compact
from upscaler.pipeline.networks.weights import Weights


@pytest.fixture
def weights(tmp_path: Path) -> Weights:
    """A small SRVGGNetCompact with random numbers."""
    torch.save({"params": compact()}, tmp_path / "x.pth")
    return checked(tmp_path / "x.pth", tmp_path / "x.safetensors")

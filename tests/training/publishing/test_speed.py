"""The speed on a card is measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.training.publishing.models import card, state
from upscaler.pipeline.core.errors import Refused
from upscaler.training.publishing.files import publish
from upscaler.training.publishing.speed import measure_speed


def test_a_published_version_has_a_speed_here(tmp_path: Path) -> None:
    folder = publish(state(), tmp_path, card())
    small, large = (measure_speed(folder / "h1v1.safetensors", *size) for size in ((32, 24), (192, 144)))
    assert 0 < small.seconds_per_frame < large.seconds_per_frame
    assert (small.size, large.size) == ("32x24", "192x144")
    assert small.device
    assert small.precision.split()[0] in ("fp32", "bf16", "fp16")


def test_a_file_without_a_network_has_no_speed(tmp_path: Path) -> None:
    path = tmp_path / "notes.safetensors"
    path.write_text("nothing")
    with pytest.raises(Refused):
        measure_speed(path)

"""The names of a run's files, for those who don't load torch."""

from __future__ import annotations

import re

CHECKPOINTS = "checkpoints"
"""Folder of the checkpoints, ``step-STEP.pt``."""
CURVE = "curve.jsonl"
PICTURES = "pictures"
BEFORE, BASE, TRUTH = "before", "base", "truth"
"""What a picture shows that isn't of a snapshot: the bicubic enlargement, the weights before, the truth."""
SNAPSHOT = re.compile(r"snapshot-(\d{8})\.safetensors")
PICTURE = re.compile(r"pictures/\d+-(\d{8})\.webp")
"""The names of snapshots and of their pictures, with the step."""


def snapshot_name(step: int) -> str:
    """Return the name of the averaged weights of a step."""
    return f"snapshot-{step:08d}.safetensors"


def picture_name(example: int, shows: str | int) -> str:
    """Return the name of a picture: of BEFORE, BASE or TRUTH, or of the snapshot at a step."""
    return f"{PICTURES}/{example}-{shows:08d}.webp" if isinstance(shows, int) else f"{PICTURES}/{example}-{shows}.webp"

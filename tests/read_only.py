"""A file system that can be made read only, as Linux makes one that has errors."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


@contextlib.contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Nothing can be written in ``folder`` within the block. Skips the test where we may not mount."""
    if os.getuid() != 0:
        pytest.skip("only root may mount a file system")
    folder.mkdir(parents=True, exist_ok=True)
    bound = subprocess.run(["mount", "--bind", folder, folder], check=False, capture_output=True)
    if bound.returncode:
        pytest.skip("this machine lets nobody mount anything")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", folder], check=True)
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)

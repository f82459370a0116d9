"""A full disk: what was there stays, and a sentence says so."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from upscaler.pipeline.core.errors import PipelineError
from upscaler.training.dataset.files import disk_full_said, write_atomically

FULL = Path("/dev/full")


def test_a_full_disk_is_said() -> None:
    if not FULL.exists():
        pytest.skip("this system has no /dev/full")

    with pytest.raises(PipelineError, match="The disk is full") as caught, disk_full_said(), FULL.open("wb") as file:
        file.write(b"x" * 100_000)
    assert not caught.value.permanent


def test_other_errors_stay_what_they_are(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_atomically(tmp_path / "missing" / "file", b"x")


def test_a_write_that_is_killed_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "file"
    write_atomically(target, b"old")
    code = f"from pathlib import Path; from {write_atomically.__module__} import write_atomically as w; " + (
        f"w(Path({str(target)!r}), b'n' * 10_000_000)"
    )

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))

    ended = subprocess.run([sys.executable, "-c", code], preexec_fn=limit, capture_output=True, check=False)

    assert ended.returncode in (1, -signal.SIGXFSZ)
    assert target.read_bytes() == b"old"

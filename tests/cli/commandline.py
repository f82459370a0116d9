"""script/upscale as a person meets it: a program with arguments, words and an exit code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRESS = ("analyse", "render", "assemble", "verify")


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "upscaler.cli", *map(str, arguments)]


def environment(**changes: str) -> dict[str, str]:
    """Ours, without settings of HaloWeb that happen to be in it."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HALOWEB_")}
    return clean | {"PYTHONPATH": str(ROOT)} | changes


def upscale(*arguments: str | Path, cwd: Path | None = None, **changes: str) -> subprocess.CompletedProcess[str]:
    """Run it with the "nearest" model unless another is named, and wait."""
    model = () if "--model" in arguments else ("--model", "nearest")
    return subprocess.run(
        command(*model, *arguments),
        cwd=cwd, env=environment(**changes), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def complaint(finished: subprocess.CompletedProcess[str]) -> str:
    """The one sentence on stderr; fails unless there is exactly one beside the lines of progress."""
    lines = [line for line in finished.stderr.splitlines() if not line.startswith(PROGRESS)]
    assert len(lines) == 1, finished.stderr
    assert lines[0].startswith("upscale: ")
    assert "Traceback" not in finished.stderr
    assert finished.stdout == ""
    return lines[0].removeprefix("upscale: ")

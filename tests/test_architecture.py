"""Who may import whom, and what must not be loaded where."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HEAVY = ("torch", "cv2", "torchvision", "realesrgan", "basicsr", "spandrel", "safetensors")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_the_direction_of_imports_holds() -> None:
    """The contracts are in pyproject.toml."""
    finished = run("-c", "from importlinter.cli import lint_imports_command; lint_imports_command()", "--no-cache")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "0 broken" in finished.stdout


@pytest.mark.parametrize(
    "script",
    [
        "from upscaler.pipeline.core import facts, recipe\nfrom upscaler.pipeline.planning import plan\n"
        "from upscaler.pipeline.source import probe",
        "import upscaler.cli",
        "import upscaler.pipeline.run",
    ],
)
def test_what_needs_no_network_loads_none(script: str) -> None:
    finished = run("-c", f"{script}\nimport sys\nprint(sorted({set(HEAVY)!r} & sys.modules.keys()))")
    assert finished.stdout.strip() == "[]", finished.stderr


def test_help_needs_no_network_either() -> None:
    script = (
        "import sys, upscaler.cli\n"
        "try: upscaler.cli.main(['--help'])\n"
        "except SystemExit as end: print(end.code, file=sys.stderr)\n"
        f"print(sorted({set(HEAVY)!r} & sys.modules.keys()), file=sys.stderr)\n"
    )
    finished = run("-c", script)
    assert "usage: upscale" in finished.stdout
    assert finished.stderr.split("\n")[:2] == ["0", "[]"]


def test_no_test_is_imported_by_another() -> None:
    """What several tests need lies beside them, under the name of what it helps with."""
    imported = re.compile(r"^\s*(?:from|import) tests[\w. ]*\btest_\w+", re.MULTILINE)
    borrowers = [path.name for path in (ROOT / "tests").rglob("*.py") if imported.search(path.read_text())]
    assert borrowers == []

"""The code of an older version, taken out of this repository's history into a folder of its own."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


class NoHistory(Exception):
    """This checkout doesn't have the commit: it is a shallow clone, or an unpacked archive."""


def check_out(commit: str, folder: Path) -> Path:
    """Put the files of ``commit`` into ``folder``, with this checkout's front-end packages. Raises NoHistory."""
    git = shutil.which("git")
    if git is None:
        raise NoHistory("git isn't installed")
    finished = subprocess.run([git, "archive", "--format=tar", commit], cwd=ROOT, capture_output=True, check=False)
    if finished.returncode:
        raise NoHistory(f"commit {commit} isn't in this checkout's history")
    with tarfile.open(fileobj=io.BytesIO(finished.stdout)) as archive:
        archive.extractall(folder, filter="data")
    copy_packages(folder)
    return folder


def copy_packages(folder: Path) -> None:
    """Copy what that version's pages load from this checkout's packages, as its script/vendor.txt says."""
    for line in (folder / "script/vendor.txt").read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        source, target = line.split()
        copied = folder / "static/vendor" / target
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / "node_modules" / source, copied)
        if copied.suffix == ".js":  # the maps aren't there, and collectstatic would look for them
            lines = copied.read_text().splitlines(keepends=True)
            copied.write_text("".join(line for line in lines if "sourceMappingURL" not in line))

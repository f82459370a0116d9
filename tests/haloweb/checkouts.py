"""Checkouts of HaloWeb that are set up already, and ``script/bootstrap`` in them."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from haloweb.env import BASE_DIR

COPIED = ("script/bootstrap", "script/vendor.txt", "requirements.txt", "constraints.txt", "package-lock.json")
SHARED = ("manage.py", "haloweb", "upscaler", "templates", "package.json")
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


def program(path: Path, script: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def stamp(folder: Path, name: str, *files: str, version: str = "") -> None:
    """``version`` is that of the Python for which packages were installed."""
    together = b"".join((folder / file).read_bytes() for file in files)
    (folder / name).write_text(f"{hashlib.sha256(together).hexdigest()} {version}".rstrip() + "\n")


def bootstrap(checkout: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    with begun(checkout, *arguments, **settings) as process:
        said, complained = process.communicate(timeout=120)
    return subprocess.CompletedProcess(process.args, process.returncode, said, complained)


def begun(checkout: Path, *arguments: str, **settings: str) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HALOWEB_")}
    environment |= {"HALOWEB_DATA": str(checkout / "data")} | settings
    command = [str(checkout / "script/bootstrap"), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def make_checkout(folder: Path) -> Path:
    """Set up already: nothing is installed, and the packages of this environment serve it."""
    for name in COPIED:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(BASE_DIR / name, folder / name)
    for name in SHARED:
        (folder / name).symlink_to(BASE_DIR / name)
    program(folder / ".venv/bin/python", f'[ "$1 $2 $3" != "-m pip install" ] || exit 1; exec "{sys.executable}" "$@"')
    stamp(folder, ".venv/ready", "requirements.txt", "constraints.txt", "requirements.txt", version=VERSION)
    (folder / "static/vendor").mkdir(parents=True)
    stamp(folder, "static/vendor/.ready", "package-lock.json", "script/vendor.txt")
    return folder

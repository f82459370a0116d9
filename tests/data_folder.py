"""Data folders of the servers that tests start. Their tables and static files are made once per run, and copied."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SHARED = "TESTS_DATA_FOLDER"
"""Environment variable: the folder in which all processes of a run keep what they copy."""


def share() -> str | None:
    """Make a folder for this process and those that it starts; return its path, for ``unshare``. None if whoever
    started this process, such as script/test, has made one."""
    if SHARED in os.environ:
        return None
    os.environ[SHARED] = tempfile.mkdtemp(prefix="haloweb-tests-")
    return os.environ[SHARED]


def unshare(folder: str | None) -> None:
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)
        os.environ.pop(SHARED, None)


def prepare(data: Path, database: str = "") -> None:
    """Give a server's data folder its static files and its tables, in SQLite or at the URL of a PostgreSQL database."""
    data.mkdir(parents=True, exist_ok=True)
    shared = os.environ.get(SHARED)
    if shared is None:
        _make(data)
    else:
        template = _template(Path(shared))
        (data / "static").symlink_to(template / "static")
        shutil.copyfile(template / "haloweb.sqlite3", data / "haloweb.sqlite3")
    if database:
        _manage(data, "migrate", "--verbosity", "0", HALOWEB_DATABASE=database)


def _template(shared: Path) -> Path:
    folder = shared / "template"
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            draft = shared / "draft"
            draft.mkdir(exist_ok=True)
            _make(draft)
            draft.rename(folder)
    return folder


def _make(data: Path) -> None:
    _manage(data, "migrate", "--verbosity", "0")
    collected = Path(os.environ.get("HALOWEB_DATA", ""), "static")
    if "HALOWEB_DATA" in os.environ and collected.is_dir():  # by script/test
        (data / "static").symlink_to(collected.absolute())
    else:
        _manage(data, "collectstatic", "--no-input", "--verbosity", "0")


def _manage(data: Path, *arguments: str, **settings: str) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HALOWEB_")}
    environment |= {"HALOWEB_DATA": str(data)} | settings
    subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env=environment, check=True)

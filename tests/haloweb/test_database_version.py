"""A database that a newer version has migrated is left as it is, and whoever starts this one is told why."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from haloweb.database_version import TOO_NEW
from haloweb.env import BASE_DIR
from tests.faults.postgres import postgres
from tests.haloweb.checkouts import bootstrap

NEWER = "9000_training"
RECORD = "INSERT INTO django_migrations (app, name, applied) VALUES ('upscaler', '{}', '2030-01-01')"
REASON = f"The database belongs to a newer version of HaloWeb: it has the migration {NEWER}"


def environment(data: Path, **settings: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HALOWEB_")}
    return kept | {"HALOWEB_DATA": str(data)} | settings


def python(data: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=240,
        env=environment(data, **settings),
        cwd=BASE_DIR,
    )


def record(data: Path, name: str) -> Path:
    """Have the database say that a migration of ours is applied."""
    with closing(sqlite3.connect(data / "haloweb.sqlite3")) as database, database:
        database.execute(RECORD.format(name))
    return data


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose database has all of our migrations."""
    data = tmp_path_factory.mktemp("migrated") / "data"
    assert python(data, "manage.py", "migrate", "--verbosity", "0").returncode == 0
    return data


@pytest.fixture(scope="module")
def newer(migrated: Path) -> Path:
    """One that no test changes, of a newer version."""
    return record(Path(shutil.copytree(migrated, migrated.with_name("newer"))), NEWER)


def content(data: Path) -> dict[str, str]:
    """What every file holds."""
    files = (path for path in data.rglob("*") if path.is_file())
    return {str(path.relative_to(data)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize(
    "command",
    ["migrate", "migrate --check", "announce", "make_library 3 --owner avery", "createsuperuser --no-input", "flush"],
)
def test_commands_that_write_say_why_not_and_change_nothing(newer: Path, command: str) -> None:
    before = content(newer)

    done = python(newer, "manage.py", *command.split())

    assert (done.returncode, done.stdout) == (TOO_NEW, "")
    assert done.stderr.startswith(REASON)
    assert done.stderr.count("\n") == 1
    assert content(newer) == before


def test_commands_that_only_read_are_run(newer: Path) -> None:
    assert NEWER not in python(newer, "manage.py", "showmigrations", "upscaler").stderr


def test_the_server_says_why_not_and_changes_nothing(newer: Path) -> None:
    (newer / "run").mkdir(exist_ok=True)
    (newer / "run/lock").touch()
    before = content(newer)

    done = python(newer, "-m", "haloweb.server")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"server: {REASON}")
    assert done.stderr.count("\n") == 1
    assert content(newer) == before


def test_what_a_killed_server_left_in_the_journal_stays_there(newer: Path, tmp_path: Path) -> None:
    data = Path(shutil.copytree(newer, tmp_path / "data"))
    script = (
        "import os, sqlite3; database = sqlite3.connect('haloweb.sqlite3'); "
        "database.execute('UPDATE upscaler_upscalemodel SET notes = 1'); database.commit(); os._exit(1)"
    )
    subprocess.run([sys.executable, "-c", script], cwd=data, check=False)
    before = content(data)
    assert "haloweb.sqlite3-wal" in before

    done = python(data, "-m", "haloweb.server")

    assert REASON in done.stderr
    assert {name: content(data)[name] for name in ("haloweb.sqlite3", "haloweb.sqlite3-wal")} == {
        name: before[name] for name in ("haloweb.sqlite3", "haloweb.sqlite3-wal")
    }


def test_bootstrap_says_why_not_and_changes_nothing(checkout: Path, newer: Path) -> None:
    data = Path(shutil.copytree(newer, checkout / "data"))
    before = content(data)

    done = bootstrap(checkout)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"bootstrap: {REASON}")
    assert done.stderr.count("\n") == 1
    assert content(data) == before


@pytest.mark.parametrize("command", [["worker", "cpu"], ["reaper"]])
def test_what_is_started_again_and_again_says_it_once_and_waits(newer: Path, command: list[str]) -> None:
    before = content(newer)
    process = subprocess.Popen(
        [sys.executable, "manage.py", *command],
        stderr=subprocess.PIPE,
        text=True,
        env=environment(newer),
        cwd=BASE_DIR,
    )
    try:
        assert process.stderr is not None
        assert REASON in process.stderr.readline()
        assert process.poll() is None
        assert content(newer) == before
    finally:
        process.kill()
        process.communicate()


def test_a_worker_for_a_server_elsewhere_says_why_not(tmp_path: Path) -> None:
    with postgres() as server:
        database = server.url
        made = python(tmp_path, "manage.py", "migrate", "--verbosity", "0", HALOWEB_DATABASE=database)
        assert made.returncode == 0, made.stderr
        with psycopg.connect(database) as connection:
            connection.execute(RECORD.format(NEWER))

        done = python(tmp_path, "-m", "haloweb.server", "--queue", "gpu", HALOWEB_DATABASE=database)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"worker: {REASON}")


def test_a_migration_that_was_replaced_since_is_no_reason(migrated: Path, tmp_path: Path) -> None:
    data = record(Path(shutil.copytree(migrated, tmp_path / "data")), "0003_some_old_one")

    assert python(data, "manage.py", "migrate", "--check").returncode == 0

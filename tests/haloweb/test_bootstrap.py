"""``script/bootstrap`` sees at every start what is not as it should be."""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
import sys
from pathlib import Path

import pytest

from tests.faults.postgres import postgres
from tests.haloweb.checkouts import begun, bootstrap, make_checkout, program, stamp


@pytest.fixture(scope="module")
def ready_checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout in which script/bootstrap has run, which tests copy."""
    folder = make_checkout(tmp_path_factory.mktemp("ready") / "checkout")
    done = bootstrap(folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def ready(ready_checkout: Path, tmp_path: Path) -> Path:
    """A checkout whose data folder is complete."""
    return shutil.copytree(ready_checkout, tmp_path / "checkout", symlinks=True)


def has_tables(database: Path) -> bool:
    connection = sqlite3.connect(database)
    try:
        found = connection.execute("SELECT name FROM sqlite_master WHERE name = 'upscaler_video'").fetchall()
    finally:
        connection.close()
    return bool(found)


def test_a_second_start_has_nothing_to_do(checkout: Path) -> None:
    first, second = bootstrap(checkout), bootstrap(checkout)

    assert "bringing the database up to date" in first.stderr
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")


def test_an_older_database_that_was_copied_back_is_migrated(ready: Path) -> None:
    database = ready / "data/haloweb.sqlite3"
    for file in database.parent.glob("haloweb.sqlite3*"):
        file.unlink()
    sqlite3.connect(database).close()
    assert not has_tables(database)

    done = bootstrap(ready)

    assert done.stderr == "bootstrap: bringing the database up to date\n"
    assert has_tables(database)


def test_a_postgresql_database_that_was_made_anew_is_migrated(ready: Path) -> None:
    with postgres() as server:
        assert bootstrap(ready, HALOWEB_DATABASE=server.url).returncode == 0
        server.drop()
        server.create()

        done = bootstrap(ready, HALOWEB_DATABASE=server.url)
        again = bootstrap(ready, HALOWEB_DATABASE=server.url)

    assert (done.returncode, done.stderr) == (0, "bootstrap: bringing the database up to date\n")
    assert again.stderr == ""


def test_a_database_that_comes_later_is_waited_for(ready: Path) -> None:
    with postgres() as server:
        assert bootstrap(ready, HALOWEB_DATABASE=server.url).returncode == 0
        server.stop()
        with begun(ready, HALOWEB_DATABASE=server.url) as process:
            assert process.stderr is not None
            first = process.stderr.readline()
            server.start()
            _, rest = process.communicate(timeout=120)

    assert process.returncode == 0, rest
    assert first.startswith("bootstrap: waiting a minute for the database: ")
    assert "Connection refused" in first + rest and "Traceback" not in first + rest


def test_static_files_that_are_gone_are_collected_again(ready: Path) -> None:
    shutil.rmtree(ready / "data/static")

    assert bootstrap(ready).stderr == "bootstrap: preparing the static files\n"
    assert (ready / "data/static").is_dir()


def test_a_library_that_is_there_is_never_taken_for_missing(checkout: Path) -> None:
    program(checkout / "bin/ldconfig", "echo libGL.so.1; echo libgthread-2.0.so.0; exec seq 1 200000")
    program(checkout / "bin/apt-get", "exit 1")

    done = bootstrap(checkout, "--worker", PATH=f"{checkout / 'bin'}:{os.environ['PATH']}")

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("arguments", [(), ("--worker",)])
def test_nothing_is_touched_while_a_server_runs(checkout: Path, arguments: tuple[str, ...]) -> None:
    lock = checkout / "data/run/lock"
    lock.parent.mkdir(parents=True)
    (checkout / ".venv/ready").unlink()
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        done = bootstrap(checkout, *arguments)

    assert done.returncode == 1
    assert done.stderr.startswith(f"bootstrap: another server already runs on {checkout / 'data'}; stop it")
    assert sorted(path.name for path in (checkout / "data").iterdir()) == ["run"]


def test_a_lock_that_nobody_holds_is_in_nobody_s_way(ready: Path) -> None:
    (ready / "data/run").mkdir()
    (ready / "data/run/lock").touch()

    assert bootstrap(ready, "--worker").returncode == 0
    assert bootstrap(ready).returncode == 0


def test_tests_leave_the_data_of_a_server_alone(checkout: Path) -> None:
    (checkout / "requirements-dev.txt").touch()
    stamp(checkout, ".venv/ready-tests", "requirements.txt", "constraints.txt", "requirements-dev.txt")
    (checkout / "node_modules").mkdir()
    stamp(checkout, "node_modules/.ready-tests", "package-lock.json", "script/vendor.txt")
    program(checkout / "bin/chromium", "exit 1")

    done = bootstrap(checkout, "--tests", PATH=f"{checkout / 'bin'}:{os.environ['PATH']}")

    assert (done.returncode, done.stderr) == (0, "")
    assert not (checkout / "data").exists()


@pytest.mark.parametrize(("arguments", "group"), [(["--image"], "--omit=dev"), (["--tests"], "--include=dev")])
def test_only_the_tests_install_the_development_packages_of_the_front_end(
    checkout: Path, arguments: list[str], group: str
) -> None:
    (checkout / "requirements-dev.txt").touch()
    stamp(checkout, ".venv/ready-tests", "requirements.txt", "constraints.txt", "requirements-dev.txt")
    program(checkout / "bin/chromium", "exit 1")
    (checkout / "script/vendor.txt").write_text("a/b.js b.js\n")  # another hash: npm ci is due
    program(checkout / ".venv/bin/npm", 'echo "$1 $2" >>asked; mkdir -p node_modules/a; touch node_modules/a/b.js')
    path = f"{checkout / 'bin'}:{os.environ['PATH']}"

    for _ in range(2):
        assert bootstrap(checkout, *arguments, PATH=path).returncode == 0

    assert (checkout / "asked").read_text() == f"ci {group}\n", "once"
    assert (checkout / "static/vendor/b.js").exists()


def test_tests_install_the_front_end_again_after_the_app_did(checkout: Path) -> None:
    (checkout / "requirements-dev.txt").touch()
    stamp(checkout, ".venv/ready-tests", "requirements.txt", "constraints.txt", "requirements-dev.txt")
    program(checkout / "bin/chromium", "exit 1")
    (checkout / "script/vendor.txt").write_text("a/b.js b.js\n")
    npm = 'rm -rf node_modules; mkdir -p node_modules/a; touch node_modules/a/b.js; echo "$2" >>asked'
    program(checkout / ".venv/bin/npm", npm)

    for argument in ("--image", "--tests"):
        bootstrap(checkout, argument, PATH=f"{checkout / 'bin'}:{os.environ['PATH']}")

    assert (checkout / "asked").read_text().split() == ["--omit=dev", "--include=dev"]


def test_a_registry_that_is_away_is_said(checkout: Path) -> None:
    (checkout / "static/vendor/.ready").unlink()
    (checkout / ".venv/bin/npm").symlink_to(Path(sys.executable).with_name("npm"))
    nowhere = {"npm_config_registry": "http://127.0.0.1:9/", "npm_config_cache": str(checkout / "cache")}

    done = bootstrap(checkout, "--image", **nowhere, npm_config_fetch_retries="0")

    assert done.returncode == 1
    assert "npm error" in done.stderr and "ECONNREFUSED" in done.stderr
    assert "bootstrap: could not install the front-end packages; npm says why above." in done.stderr
    assert "http://127.0.0.1:9/ can be reached" in done.stderr


NO_PACKAGES = """case "$*" in *' -m venv '*|'-m venv '*) mkdir -p .venv/bin; cp "$0" .venv/bin/python; exit ;; esac
case "$1 $2" in '-m pip') echo "$*" >>asked; exit ;; esac
exec %s "$@"
"""
"""A Python that makes environments of itself, and writes down what pip is asked for."""


@pytest.mark.parametrize(
    "broken", ["exit 1", 'case "$2" in *version_info*) exit 0 ;; esac; exit 1'], ids=["another Python", "no pip"]
)
def test_an_environment_that_is_no_use_is_made_anew(checkout: Path, broken: str) -> None:
    program(checkout / "bin/python3.11", NO_PACKAGES % sys.executable)
    program(checkout / ".venv/bin/python", broken)
    (checkout / ".venv/ready").write_text("of other versions\n")

    done = bootstrap(checkout, "--worker", PATH=f"{checkout / 'bin'}:{os.environ['PATH']}")

    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("bootstrap: .venv is of another Python, or not whole: making it anew\n")
    assert "install" in (checkout / "asked").read_text()
    assert bootstrap(checkout, "--worker").stderr == ""


def test_an_environment_whose_python_went_away_is_made_anew_though_nothing_else_changed(checkout: Path) -> None:
    program(checkout / "bin/python3.11", NO_PACKAGES % sys.executable)
    (checkout / ".venv/bin/python").unlink()

    done = bootstrap(checkout, "--worker", PATH=f"{checkout / 'bin'}:{os.environ['PATH']}")

    assert (done.returncode, "making it anew" in done.stderr) == (0, True)

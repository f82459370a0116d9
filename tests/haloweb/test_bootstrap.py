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
from tests.haloweb.checkouts import VERSION, begun, bootstrap, make_checkout, program, stamp

PACKAGES_OF_TESTS = ("requirements.txt", "constraints.txt", "requirements-dev.txt")
PYTHONS = ("python3.11", "python3.12", "python3.13", "python3.14", "python3", "python")


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
    stamp(checkout, ".venv/ready-tests", *PACKAGES_OF_TESTS, version=VERSION)
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
    stamp(checkout, ".venv/ready-tests", *PACKAGES_OF_TESTS, version=VERSION)
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
    stamp(checkout, ".venv/ready-tests", *PACKAGES_OF_TESTS, version=VERSION)
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
    assert done.stderr.startswith("bootstrap: .venv is incomplete or was made for another Python: replacing it\n")
    assert "install" in (checkout / "asked").read_text()
    assert bootstrap(checkout, "--worker").stderr == ""


def test_an_environment_whose_python_went_away_is_made_anew_though_nothing_else_changed(checkout: Path) -> None:
    program(checkout / "bin/python3.11", NO_PACKAGES % sys.executable)
    (checkout / ".venv/bin/python").unlink()

    done = bootstrap(checkout, "--worker", PATH=f"{checkout / 'bin'}:{os.environ['PATH']}")

    assert (done.returncode, "replacing it" in done.stderr) == (0, True)


def test_packages_are_installed_again_for_another_version_of_python(checkout: Path) -> None:
    program(checkout / ".venv/bin/python", NO_PACKAGES % sys.executable)
    stamp(checkout, ".venv/ready", "requirements.txt", "constraints.txt", "requirements.txt", version="3.10")

    done = bootstrap(checkout, "--worker")

    assert done.returncode == 0, done.stderr
    assert "bootstrap: installing Python packages from requirements.txt" in done.stderr
    assert "install" in (checkout / "asked").read_text()
    assert bootstrap(checkout, "--worker").stderr == ""


@pytest.fixture
def bare(checkout: Path) -> Path:
    """A system without a Python that HaloWeb runs on, and without .venv; programs in ``bin`` come first."""
    shutil.rmtree(checkout / ".venv")
    for name in PYTHONS:
        program(checkout / "bin" / name, "exit 1")
    program(checkout / "bin/id", "echo 0")
    program(checkout / "bin/apt-get", "echo Reading package lists...; echo Selecting previously unselected >&2")
    return checkout


def first(checkout: Path) -> str:
    return f"{checkout / 'bin'}:{os.environ['PATH']}"


UV = """case "$*" in 'python install '*) ;; *) exit 1 ;; esac
mkdir -p .python/cpython-3.13-linux/bin
cp "$(dirname "$0")/new-python" .python/cpython-3.13-linux/bin/python3
"""
"""A uv that has a Python to install."""


def test_uv_downloads_a_python_where_the_system_has_none(bare: Path) -> None:
    program(bare / "bin/new-python", NO_PACKAGES % sys.executable)
    program(bare / "bin/uv", UV)

    done = bootstrap(bare, "--worker", PATH=first(bare))

    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[0] == (
        "bootstrap: downloading Python 3.13 with uv: this system has none from 3.11 to 3.14"
    )
    assert "install" in (bare / "asked").read_text()
    assert bootstrap(bare, "--worker", PATH=first(bare)).stderr == ""


def test_an_older_python_installs_uv_where_there_is_none(bare: Path) -> None:
    """It has to make environments; that HaloWeb doesn't run on it is no matter."""
    program(bare / "new-python", NO_PACKAGES % sys.executable)
    program(bare / "uv", UV)
    program(bare / "uv-python", f'echo "$*" >>uv-asked; cp "{bare}/uv" "{bare}/new-python" .python/uv/bin')
    program(
        bare / "bin/python3",
        'case "$*" in *"import ensurepip"*) ;; "-m venv .python/uv") mkdir -p .python/uv/bin; '
        f'cp "{bare}/uv-python" .python/uv/bin/python ;; *) exit 1 ;; esac',
    )
    tools = os.pathsep.join(path for path in first(bare).split(os.pathsep) if not Path(path, "uv").exists())

    done = bootstrap(bare, "--worker", PATH=tools)

    assert done.returncode == 0, done.stderr
    assert "downloading Python 3.13 with uv" in done.stderr
    assert (bare / "uv-asked").read_text().startswith("-m pip install --quiet uv==")
    assert "install" in (bare / "asked").read_text()


def test_a_download_that_fails_says_why_and_what_to_do(bare: Path) -> None:
    program(bare / "bin/uv", "echo error: failed to look up the address >&2; exit 2")

    done = bootstrap(bare, "--worker", PATH=first(bare))

    assert done.returncode == 1
    assert "error: failed to look up the address\nbootstrap: could not download Python 3.13;" in done.stderr
    assert "install a Python from 3.11 to 3.14 yourself and start again" in done.stderr


def test_what_apt_says_is_not_shown_unless_it_fails(bare: Path) -> None:
    """Its package brings a Python that HaloWeb runs on."""
    program(bare / "new-python", NO_PACKAGES % sys.executable)
    program(
        bare / "bin/apt-get",
        f'echo Reading package lists...; echo dpkg: unpacking >&2; echo "$*" >>"{bare}/apt-asked"; '
        f'[ "$1" = update ] || cp "{bare}/new-python" "{bare}/bin/python3"',
    )
    tools = os.pathsep.join(path for path in first(bare).split(os.pathsep) if not Path(path, "uv").exists())

    done = bootstrap(bare, "--worker", PATH=tools)

    assert done.returncode == 0, done.stderr
    assert [line.partition("(")[0].rstrip() for line in done.stderr.splitlines()] == [
        "bootstrap: installing python3-venv",
        "bootstrap: installing Python packages from requirements.txt",
    ]
    assert (bare / "apt-asked").read_text().splitlines()[-1].endswith(" python3-venv")

    program(bare / "bin/apt-get", "echo E: Unable to locate package python3-venv >&2; exit 100")
    program(bare / "bin/python3", "exit 1")
    shutil.rmtree(bare / ".venv")

    done = bootstrap(bare, "--worker", PATH=tools)

    assert done.returncode == 1
    assert done.stderr.splitlines()[-2:] == [
        "E: Unable to locate package python3-venv",
        "bootstrap: could not install python3-venv; apt says why above. "
        "Run  apt-get install python3-venv  yourself and start again",
    ]


def test_a_person_without_root_is_told_the_command(bare: Path) -> None:
    program(bare / "bin/id", "echo 1000")
    program(bare / "bin/sudo", "exit 1")
    no_venv = f'case "$2" in *ensurepip*) exit 1 ;; esac; exec "{sys.executable}" "$@"'
    program(bare / f"bin/python{VERSION}", no_venv)

    done = bootstrap(bare, "--worker", PATH=first(bare))

    assert (done.returncode, done.stderr) == (
        1,
        "bootstrap: these system packages are missing: "
        f"run  sudo apt-get install python{VERSION}-venv  and start again\n",
    )

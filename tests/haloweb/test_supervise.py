"""The processes start from any path, and one that can't be started is said on the terminal."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from haloweb.env import BASE_DIR
from haloweb.server import SERVER, WORKERS
from tests.e2e.server import running_server
from tests.faults.harness import wait_for


@contextlib.contextmanager
def supervised(run: Path, python: str, configuration: Path, **settings: str) -> Iterator[subprocess.Popen[str]]:
    """supervisord by itself, as haloweb/server.py starts it; it is ended with the block."""
    settings = {"RUN": str(run), "PYTHON": python, "RENDERS": "true", "PROXIES": "127.0.0.1"} | settings
    settings |= {"BIND_HOST": "127.0.0.1", "BIND_PORT": "1"}
    with subprocess.Popen(
        [sys.executable, "-m", "haloweb.supervise", "-c", str(configuration)],
        cwd=BASE_DIR,
        env=os.environ | {f"HALOWEB_{name}": value for name, value in settings.items()},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.terminate()
            process.wait(30)


ROLES = ("uvicorn", "worker cpu", "worker gpu", "reaper")
"""The main processes, by what stands in their command lines."""


def test_a_server_starts_from_a_path_with_a_space_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "Halo Web"
    folder.mkdir()
    (folder / ".venv").symlink_to(sys.prefix)
    monkeypatch.setattr(sys, "executable", str(folder / ".venv/bin/python"))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))

    with running_server() as server:
        assert " " in str(server.data)
        log = (server.data / "run/supervisord.log").read_text()

    for program in ("web", "worker-cpu", "worker-gpu", "reaper", "announce"):
        assert f"spawned: '{program}' with pid" in log
    assert "spawnerr" not in log


def main_processes(supervisor: int) -> dict[str, int]:
    """The numbers of the processes that supervisord started and that live, by what they are."""
    found: dict[str, int] = {}
    for process in psutil.Process(supervisor).children():
        with contextlib.suppress(psutil.NoSuchProcess):
            line = " ".join(process.cmdline())
            found |= {role: process.pid for role in ROLES if line.endswith(role) or f" {role} " in line}
    return found


def end_each(supervisor: int, before: dict[str, int]) -> None:
    """SIGTERM to each of the processes, and see that another is in its place."""
    for role, number in before.items():
        os.kill(number, signal.SIGTERM)

        def is_back(role: str = role, number: int = number) -> bool:
            return main_processes(supervisor).get(role, number) != number

        wait_for(is_back, f"{role} is not back")


@pytest.mark.parametrize("queue", ["", "gpu"], ids=["server", "workers"])
def test_a_process_that_ends_well_is_started_again_but_for_the_announcement(tmp_path: Path, queue: str) -> None:
    program, log = tmp_path / "ends-well", tmp_path / "supervisord.log"
    program.write_text(
        f"#!{sys.executable}\nimport signal, sys\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(0))\n"
        "if 'announce' not in sys.argv:\n    signal.pause()\n"
    )
    program.chmod(0o700)
    with supervised(tmp_path, str(program), WORKERS if queue else SERVER, QUEUE=queue) as process:
        roles = {"worker gpu", "reaper"} if queue else {*ROLES}
        started = len(roles) + (not queue)  # the announcement ends by itself
        wait_for(lambda: log.exists() and log.read_text().count("entered RUNNING") == started, "not all were started")
        before = main_processes(process.pid)
        assert before.keys() == roles

        end_each(process.pid, before)

    assert log.read_text().count("spawned: 'announce'") == (0 if queue else 1)


def test_each_process_of_a_server_that_gets_sigterm_is_back_by_itself() -> None:
    with running_server() as server:
        log, database = server.data / "run/supervisord.log", f"file:{server.data / 'haloweb.sqlite3'}?mode=ro"

        def are_up() -> bool:
            with contextlib.closing(sqlite3.connect(database, uri=True)) as rows:
                queues = rows.execute("SELECT DISTINCT queue FROM upscaler_worker").fetchall()
                return len(queues) == 2 and rows.execute("SELECT * FROM upscaler_installation").fetchone() is not None

        wait_for(are_up, "not all were started")
        before = main_processes(server.process.pid)
        assert before.keys() == {*ROLES}

        end_each(server.process.pid, before)

        wait_for(lambda: answers(server.url), "the server does not answer any more")
        assert log.read_text().count("spawned: 'announce'") == 1


def answers(url: str) -> bool:
    with contextlib.suppress(httpx.TransportError):
        return httpx.get(f"{url}/healthz", timeout=20).text == "ok\n"
    return False


@pytest.mark.parametrize("configuration", [SERVER, WORKERS], ids=["server", "workers"])
def test_a_process_that_can_not_be_started_is_said_once_and_tried_again(tmp_path: Path, configuration: Path) -> None:
    missing = str(tmp_path / "gone" / "python")
    log = tmp_path / "supervisord.log"
    with supervised(tmp_path, missing, configuration, QUEUE="gpu") as process:
        until = time.monotonic() + 30
        while not log.exists() or log.read_text().count("spawnerr") < 8:
            assert time.monotonic() < until
            time.sleep(0.1)
        process.terminate()
        said = process.communicate(timeout=30)[1]

    lines = [line for line in said.splitlines() if line.startswith("server:")]
    assert len(lines) == 1
    assert lines[0].startswith("server: Can't start a process, retrying: can't find command")
    assert missing in lines[0] and str(log) in lines[0]

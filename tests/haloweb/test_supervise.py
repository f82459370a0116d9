"""The processes start from any path, and one that can't be started is said on the terminal."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from haloweb.env import BASE_DIR
from haloweb.server import SERVER, WORKERS
from tests.e2e.server import running_server


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


@pytest.mark.parametrize("configuration", [SERVER, WORKERS], ids=["server", "workers"])
def test_a_process_that_can_not_be_started_is_said_once_and_tried_again(tmp_path: Path, configuration: Path) -> None:
    missing = str(tmp_path / "gone" / "python")
    settings = {"RUN": str(tmp_path), "PYTHON": missing, "QUEUE": "gpu", "RENDERS": "true"}
    settings |= {"BIND_HOST": "127.0.0.1", "BIND_PORT": "1", "PROXIES": "127.0.0.1"}
    environment = os.environ | {f"HALOWEB_{name}": value for name, value in settings.items()}
    log = tmp_path / "supervisord.log"
    with subprocess.Popen(
        [sys.executable, "-m", "haloweb.supervise", "-c", str(configuration)],
        cwd=BASE_DIR,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        until = time.monotonic() + 30
        while not log.exists() or log.read_text().count("spawnerr") < 8:
            assert time.monotonic() < until
            time.sleep(0.1)
        process.terminate()
        said = process.communicate(timeout=30)[1]

    lines = [line for line in said.splitlines() if line.startswith("server:")]
    assert len(lines) == 1
    assert lines[0].startswith("server: a process can't be started, and is tried again: can't find command")
    assert missing in lines[0] and str(log) in lines[0]

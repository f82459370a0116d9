"""``script/server`` says in one line why it does not start."""

from __future__ import annotations

import fcntl
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from haloweb.env import BASE_DIR


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which somebody listens."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


def start(data: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HALOWEB_")}
    environment |= {"HALOWEB_DATA": str(data)} | settings
    command = [sys.executable, "-m", "haloweb.server"]
    return subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=30, env=environment, cwd=BASE_DIR
    )


def test_a_port_that_is_taken_is_named(tmp_path: Path, taken: int) -> None:
    done = start(tmp_path, HALOWEB_PORT=str(taken))

    assert done.returncode == 1
    assert done.stderr.startswith(f"server: Can't listen on 127.0.0.1:{taken} (Address already in use)")
    assert done.stderr.count("\n") == 1


def test_a_typo_in_a_setting_is_named(tmp_path: Path) -> None:
    done = start(tmp_path, HALOWEB_PROT="8000")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("server: Unknown setting: HALOWEB_PROT.")


def test_a_proxy_that_is_no_address_is_named(tmp_path: Path) -> None:
    done = start(tmp_path, HALOWEB_PROXIES="127.0.0.1,caddy")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("server: HALOWEB_PROXIES must be addresses or networks, such as")
    assert "'caddy'" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_data_folder_that_can_t_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    done = start(tmp_path / "file" / "data")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"server: Can't use {tmp_path}/file/data")
    assert done.stderr.count("\n") == 1


def test_an_address_that_this_machine_does_not_have_is_named(tmp_path: Path) -> None:
    done = start(tmp_path, HALOWEB_HOST="192.0.2.7")

    assert done.returncode == 1
    assert done.stderr.startswith("server: Can't listen on 192.0.2.7:8000")
    assert "HALOWEB_HOST" in done.stderr


def test_one_server_a_data_folder(tmp_path: Path, taken: int) -> None:
    (tmp_path / "run").mkdir()
    with (tmp_path / "run" / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        done = start(tmp_path, HALOWEB_PORT=str(taken))

    assert done.returncode == 1
    assert done.stderr.startswith(f"server: Another server uses {tmp_path}")


def test_a_missing_ffmpeg_is_said_with_the_way_to_get_it(tmp_path: Path) -> None:
    done = start(tmp_path, PATH=str(tmp_path))

    assert done.returncode == 1
    assert done.stderr.startswith("server: ffmpeg is missing. Run script/bootstrap")

"""Secrets are made once, whole, and for their owner's eyes."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

from haloweb.env import BASE_DIR
from haloweb.secret import kept_secret


def test_a_secret_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "data" / "secret_key"

    first = kept_secret(path)

    assert len(first) >= 64
    assert kept_secret(path) == first
    assert path.read_text() == first
    assert kept_secret(tmp_path / "other") != first


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    kept_secret(tmp_path / "secret_key")

    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_processes_that_ask_at_once_get_the_same(tmp_path: Path) -> None:
    program = (
        "import pathlib, sys; from haloweb.secret import kept_secret; print(kept_secret(pathlib.Path(sys.argv[1])))"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "s")]
    asking = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=BASE_DIR) for _ in range(6)]
    answers = {process.communicate(timeout=30)[0].strip() for process in asking}

    assert answers == {kept_secret(tmp_path / "s")}
    assert [path.name for path in tmp_path.iterdir()] == ["s"]


def test_threads_that_ask_at_once_get_the_same(tmp_path: Path) -> None:
    path, start, answers = tmp_path / "secret", threading.Barrier(8), list[str]()

    def ask() -> None:
        start.wait()
        answers.append(kept_secret(path))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(answers) == 8
    assert set(answers) == {kept_secret(path)}

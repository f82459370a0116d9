"""A server of some version on a data folder: started, asked, frozen in part, killed."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psutil

from tests.e2e.server import free_port
from tests.upgrade import database

T = TypeVar("T")
INSIDE = Path(__file__).with_name("inside.py")


def wait_for(happens: Callable[[], T], what: str, seconds: float = 180.0, every: float = 0.05) -> T:
    """What it gives, as soon as that is true. Raises AssertionError when it isn't in time."""
    until = time.monotonic() + seconds
    while not (value := happens()):
        assert time.monotonic() < until, f"{what} didn't happen within {seconds:.0f} s"
        time.sleep(every)
    return value


@dataclass
class Installed:
    """``code`` is a checkout of any version."""

    code: Path
    data: Path
    settings: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.port = free_port()
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HALOWEB_")}
        kept |= {"HALOWEB_DATA": str(self.data), "HALOWEB_PORT": str(self.port), "PYTHONPATH": str(self.code)}
        self.environment = kept | self.settings
        self._server: subprocess.Popen[bytes] | None = None
        self._inside: subprocess.Popen[str] | None = None

    @property
    def output(self) -> str:
        return (self.data / "output").read_text()

    def manage(self, *arguments: str) -> None:
        subprocess.run([sys.executable, "manage.py", *arguments], cwd=self.code, env=self.environment, check=True)

    def begun(self, *command: str) -> subprocess.Popen[bytes]:
        """A program of this version; what it writes is added to ``output``."""
        self.data.mkdir(parents=True, exist_ok=True)
        with (self.data / "output").open("ab") as output:
            return subprocess.Popen(
                [sys.executable, *command],
                cwd=self.code,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def start(self) -> None:
        """Come back when its pages answer, and both of its queues are served."""
        self._server = self.begun("-m", "haloweb.server")
        wait_for(self._is_up, "the server's start")

    def inside(self, question: str, **values: Any) -> dict[str, Any]:
        """Ask the version's own code; see inside.py for the questions."""
        if self._inside is None:
            self._inside = subprocess.Popen(
                [sys.executable, INSIDE],
                cwd=self.code,
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        assert self._inside.stdin is not None and self._inside.stdout is not None
        self._inside.stdin.write(json.dumps({"ask": question, **values}) + "\n")
        self._inside.stdin.flush()
        answer: dict[str, Any] = json.loads(self._inside.stdout.readline())
        assert "failed" not in answer, f"{question}: {answer['failed']}"
        return answer

    def freeze(self, leased_by: str) -> None:
        """Stop the worker of this name where it is, so that it neither goes on nor ends its lease.

        Not while it writes to the database, for which all others would have to wait.
        """
        worker = psutil.Process(int(leased_by.split(":")[1]))
        worker.suspend()
        while not database.is_free(self.data):
            worker.resume()
            time.sleep(0.01)
            worker.suspend()

    def kill(self) -> None:
        """All of it at once, as a power cut does."""
        self._end_inside()
        if self._server is None:
            return
        with contextlib.suppress(psutil.Error):
            server = psutil.Process(self._server.pid)
            for process in [server, *server.children(recursive=True)]:
                with contextlib.suppress(psutil.Error):
                    process.kill()
        self._server.wait(20)
        self._server = None

    def stop(self) -> None:
        """As Ctrl-C does."""
        self._end_inside()
        if self._server is None:
            return
        self._server.send_signal(signal.SIGINT)
        try:
            self._server.wait(40)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        self._server = None

    def _is_up(self) -> bool:
        assert self._server is not None
        assert self._server.poll() is None, f"the server ended:\n{self.output}"
        with contextlib.suppress(httpx.HTTPError):
            answers = httpx.get(f"http://127.0.0.1:{self.port}/healthz", timeout=2).status_code == 200
            queues = "SELECT COUNT(DISTINCT queue) FROM upscaler_worker WHERE pid IN ({})"
            pids = [str(child.pid) for child in psutil.Process(self._server.pid).children(recursive=True)]
            return answers and database.value(self.data, queues.format(",".join(pids))) == 2
        return False

    def _end_inside(self) -> None:
        if self._inside is not None:
            assert self._inside.stdin is not None and self._inside.stdout is not None
            self._inside.stdin.close()
            self._inside.wait(20)
            self._inside.stdout.close()
            self._inside = None

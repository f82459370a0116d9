"""A whole HaloWeb on a free port of loopback: the processes that script/server starts, on data of their own."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from tests.data_folder import ROOT, prepare
from tests.driver import Driver
from tests.e2e import tuned

if TYPE_CHECKING:
    from playwright.sync_api import StorageState

START_SECONDS = 240
"""On a machine with ten times the work that it can do; alone it takes four."""
STOP_SECONDS = 30


@dataclass(frozen=True)
class Server:
    """A running server; ``token`` makes its owner's account."""

    url: str
    token: str
    data: Path
    process: subprocess.Popen[bytes]
    environment: dict[str, str]

    def log_in(self, name: str, password: str) -> StorageState:
        """Return the browser state of a new log-in, as an owner whose account is made if there is none."""
        driver = Driver(self.environment)
        try:
            cookie = driver.ask("log_in", name=name, password=password)["cookie"]
        finally:
            driver.end()
        parts = {"name": "sessionid", "value": cookie, "domain": "127.0.0.1", "path": "/", "expires": -1}
        state = {"cookies": [parts | {"httpOnly": True, "secure": False, "sameSite": "Lax"}], "origins": []}
        return cast("StorageState", state)

    def manage(self, *arguments: str) -> None:
        """Run a command of manage.py."""
        subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env=self.environment, check=True)


@contextlib.contextmanager
def running_server(**settings: str) -> Iterator[Server]:
    """Start a server with an empty library; stop it as Ctrl-C does, and see that it ends."""
    with tempfile.TemporaryDirectory(prefix="haloweb-e2e-") as folder:
        data = Path(folder)
        port = free_port()
        environment = os.environ | {"HALOWEB_DATA": folder, "HALOWEB_PORT": str(port)} | settings
        prepare(data, settings.get("HALOWEB_DATABASE", ""))
        tuned.bring(data)
        with (data / "output").open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "haloweb.server"],
                cwd=ROOT,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_until_it_answers(url, process, data / "output")
            yield Server(url, (data / "setup_token").read_text(), data, process, environment)
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(STOP_SECONDS)
                tuned.keep(data)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                raise


def free_port() -> int:
    """One that stays free while a server is started again: the system gives none of these to whoever connects."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def _wait_until_it_answers(url: str, process: subprocess.Popen[bytes], output: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended:\n{output.read_text()}")
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/log-in/", timeout=2):
            if "Set-up token" in output.read_text():
                return
        time.sleep(0.1)
    raise RuntimeError(f"the server does not answer:\n{output.read_text()}")

"""An installation under test: real processes that can be killed, frozen, cut off and started again."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import psutil

from tests.data_folder import ROOT, prepare
from tests.driver import Driver
from tests.e2e import tuned
from tests.e2e.server import START_SECONDS, free_port

Answer = TypeVar("Answer")

ROLES = (
    "network child", "ffmpeg", "busy worker", "idle worker", "monitor", "pusher", "sentinel", "cluster",
    "cpu cluster", "web", "reaper", "supervisor", "whole tree",
)  # fmt: skip


def wait_for(happens: Callable[[], Answer], otherwise: str, seconds: float = 60.0, every: float = 0.05) -> Answer:
    """What it gives, as soon as that is true."""
    until = time.monotonic() + seconds
    while not (found := happens()):
        if time.monotonic() > until:
            raise AssertionError(f"{otherwise} (after {seconds:.0f} s)")
        time.sleep(every)
    return found


@dataclass
class Installation:
    """A server with its workers on data of its own, and a driver beside it."""

    data: Path
    settings: dict[str, str] = field(default_factory=dict)
    command: tuple[str, ...] = ("-m", "haloweb.server")
    has_tables: bool = False
    prefix: tuple[str, ...] = ()
    """Before every program, such as one that enters a network namespace."""

    def __post_init__(self) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HALOWEB_")}
        self.port = free_port()
        self.environment = kept | {"HALOWEB_DATA": str(self.data), "HALOWEB_PORT": str(self.port)} | self.settings
        self._process: subprocess.Popen[bytes] | None = None
        self.driver: Driver | None = None
        self.data.mkdir(parents=True, exist_ok=True)
        if not self.has_tables:
            prepare(self.data, self.settings.get("HALOWEB_DATABASE", ""))
        tuned.bring(self.data)

    @property
    def media(self) -> Path:
        return Path(self.environment.get("HALOWEB_MEDIA", str(self.data / "media")))

    @property
    def output(self) -> str:
        return (self.data / "output").read_text()

    def start(self) -> None:
        with (self.data / "output").open("ab") as output:
            self._process = subprocess.Popen(
                [*self.prefix, sys.executable, *self.command],
                cwd=ROOT,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def start_if_down(self) -> bool:
        """As systemd would, or a person who comes back to the machine."""
        if self._process is not None and self._process.poll() is None:
            return False
        self.start()
        return True

    def stop(self, seconds: float = 30.0, number: int = signal.SIGINT) -> float:
        """As Ctrl-C does, or another signal; gives how long it took."""
        assert self._process is not None
        began = time.monotonic()
        self._process.send_signal(number)
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill_all()
            raise
        tuned.keep(self.data)
        return time.monotonic() - began

    def kill_all(self) -> None:
        for process in self.processes():
            with contextlib.suppress(psutil.Error):
                process.kill()
        if self._process is not None:
            self._process.wait(20)

    def processes(self) -> list[psutil.Process]:
        """All of the server, the supervisor first."""
        if self._process is None or self._process.poll() is not None:
            return []
        try:
            top = psutil.Process(self._process.pid)
            return [top, *top.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def of_role(self, role: str) -> list[psutil.Process]:
        """The processes that play a part now; those of the gpu queue, where there are several queues."""
        every = self.processes()
        if role == "whole tree":
            return every
        if role == "supervisor":
            return [process for process in every if "haloweb.supervise" in _words(process)]
        words = {
            "web": "uvicorn haloweb", "reaper": "manage.py reaper", "cpu cluster": "manage.py worker cpu",
            "network child": "upscaler.pipeline.render.render_child",
        }  # fmt: skip
        if role == "ffmpeg":
            children = [child for process in self.of_role("network child") for child in _children(process)]
            return [process for process in children if "ffmpeg -" in _words(process)]
        if role in words:
            found = [process for process in every if words[role] in _words(process)]
            return found[:1] if role == "cpu cluster" else found
        mains = [process for process in every if "manage.py worker gpu" in _words(process)]
        if not mains:
            return []
        main = min(mains, key=_age)
        return self._of_cluster(role, main)

    def _of_cluster(self, role: str, main: psutil.Process) -> list[psutil.Process]:
        if role == "cluster":
            return [main]
        sentinels = _children(main)
        if role == "sentinel" or not sentinels:
            return sentinels
        forked = [process for process in _children(sentinels[0]) if "manage.py worker gpu" in _words(process)]
        if len(forked) < 3:
            return []  # it has just begun
        assert self.driver is not None
        known = {row["pid"] for row in self.driver.ask("workers")["workers"] if row["queue"] == "gpu"}
        workers = [process for process in forked if process.pid in known]
        if len(forked) - len(workers) != 2:
            return []  # its worker has not said yet that it is there
        monitor, pusher = (process for process in forked if process not in workers)  # as django-q2 forks them
        return {"monitor": [monitor], "pusher": [pusher]}.get(role, workers)

    def kill(self, role: str, number: int = signal.SIGKILL) -> bool:
        """Send a signal to the processes of a role; False if there are none now."""
        victims = self.of_role(role)
        if role == "ffmpeg":
            victims = victims[:1]
        for process in victims:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(number)
        return bool(victims)

    def is_up(self) -> bool:
        """Does it answer, with all of its parts?"""
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return all(self.of_role(role) for role in ("monitor", "reaper", "cpu cluster"))
        return False


def measured(driver: Driver, clip: Path) -> str:
    """The id of a video that has just arrived, once it is ready."""
    video: str = driver.ask("bring", path=str(clip))["video"]
    wait_for(lambda: driver.ask("video", id=video)["state"] == "ready", "the clip was not measured")
    return video


def result_of(driver: Driver, job: str) -> str:
    """SHA-256 of a job's only result, once it is done."""
    try:
        wait_for(lambda: driver.ask("state", id=job)["state"] in ("done", "failed"), "the job does not end", 180)
    except AssertionError as error:
        raise AssertionError(f"{error}: {driver.ask('job', id=job)}, {driver.ask('workers')}") from error
    found = driver.ask("job", id=job)
    assert (found["state"], found["error"]) == ("done", ""), f"{found['state']}: {found['error']}"
    (result,) = found["results"]
    sha: str = result["sha256"]
    return sha


@contextlib.contextmanager
def running(data: Path, **settings: str) -> Iterator[tuple[Installation, Driver]]:
    """A server that is up, and a driver; both end with the block, and nothing of them is left."""
    installation = Installation(data, settings)
    installation.driver = driver = Driver(installation.environment)
    installation.start()
    try:
        wait_for(installation.is_up, "the server does not come up", START_SECONDS)
        yield installation, driver
    finally:
        driver.end()
        if installation.processes():
            installation.stop()


def _words(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return sorted(process.children(), key=_age)
    except psutil.Error:
        return []


def _age(process: psutil.Process) -> float:
    """When it began: process numbers start again from the lowest."""
    try:
        return float(process.create_time())
    except psutil.Error:
        return float("inf")

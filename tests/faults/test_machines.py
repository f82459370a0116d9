"""Two machines share a job: as quick as two, with the very same result, also when one is cut off in the middle."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.clips import make_clip
from tests.driver import Driver
from tests.faults.harness import Installation, measured, wait_for
from tests.faults.postgres import Postgres, postgres

SERVER = "10.211.0.1"
MACHINES = {"one": "10.211.0.2", "two": "10.211.0.3"}
BRIDGE = "haloweb0"
SMALL, LARGE = ("64x48", 300), ("320x240", 1500)
"""Size and frames in every run of the tests, and in the long version, whose figures stand in benchmarks/RESULTS.md."""
WARM = 180
"""Frames after which the network is measured and loaded."""


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


@pytest.fixture(scope="module")
def network() -> Iterator[None]:
    """A bridge with the server's address, and a namespace for each machine, with an address of its own."""
    if os.getuid() != 0:
        pytest.skip("only root may make network namespaces")
    try:
        ip("link", "add", BRIDGE, "type", "bridge")
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"this machine lets nobody make a network: {error}")
    try:
        ip("addr", "add", f"{SERVER}/24", "dev", BRIDGE)
        ip("link", "set", BRIDGE, "up")
        for name, address in MACHINES.items():
            ip("netns", "add", f"haloweb-{name}")
            ip("link", "add", f"hw-{name}", "type", "veth", "peer", "name", "eth0", "netns", f"haloweb-{name}")
            ip("link", "set", f"hw-{name}", "master", BRIDGE, "up")
            ip("-n", f"haloweb-{name}", "addr", "add", f"{address}/24", "dev", "eth0")
            ip("-n", f"haloweb-{name}", "link", "set", "eth0", "up")
            ip("-n", f"haloweb-{name}", "link", "set", "lo", "up")
        yield
    finally:
        for name in MACHINES:
            with contextlib.suppress(subprocess.CalledProcessError):
                ip("netns", "delete", f"haloweb-{name}")
        ip("link", "delete", BRIDGE)


@pytest.fixture(scope="module")
def database(network: None) -> Iterator[Postgres]:
    with postgres(SERVER) as server:
        yield server


@pytest.fixture(scope="module")
def server(database: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A server that renders nothing itself: its own GPU worker is stopped."""
    data = tmp_path_factory.mktemp("third") / "data"
    settings = {"HALOWEB_DATABASE": database.url, "HALOWEB_SEGMENT_FRAMES": "30", "HALOWEB_SECRET_KEY": "of-a-test"}
    server = Installation(data, settings | {"HALOWEB_RENDERS": "false"})
    server.driver = Driver(server.environment)
    server.start()
    wait_for(lambda: server.of_role("cpu cluster") and server.of_role("reaper"), "the server does not come up")
    yield server
    server.driver.end()
    server.stop()


@dataclass(frozen=True)
class Videos:
    """The ids of three."""

    long: str
    """In segments of some seconds' work."""
    warm: str
    """Short, and of the same size."""
    small: str


@pytest.fixture(scope="module")
def videos(request: pytest.FixtureRequest, server: Installation, tmp_path_factory: pytest.TempPathFactory) -> Videos:
    driver = server.driver
    assert driver is not None
    folder = tmp_path_factory.mktemp("shared")

    def made(name: str, size: str, frames: int) -> str:
        return measured(driver, make_clip(folder / f"{name}.avi", frames=frames, size=size))

    size, frames = LARGE if request.config.getoption("faults") else SMALL
    small = made("small", *SMALL)
    return Videos(small if size == SMALL[0] else made("long", size, frames), made("warm", size, WARM), small)


@contextlib.contextmanager
def machine(name: str, core: int, server: Installation, folder: Path) -> Iterator[Installation]:
    """A worker with an address, a scratch and a core of its own; media are the server's."""
    settings = {
        name: value
        for name, value in server.environment.items()
        if name in ("HALOWEB_DATABASE", "HALOWEB_SEGMENT_FRAMES", "HALOWEB_SECRET_KEY")
    }
    prefix = ("ip", "netns", "exec", f"haloweb-{name}", "taskset", "-c", str(core), "unshare", "--uts", "sh", "-c")
    named = (*prefix, f'hostname {name} && exec "$@"', "sh")
    worker = Installation(
        folder / name,
        settings | {"HALOWEB_MEDIA": str(server.media)},
        command=("-m", "haloweb.server", "--queue", "gpu"),
        has_tables=True,
        prefix=named,
    )
    worker.start()
    try:
        wait_for(lambda: name in _hosts(server), f"machine {name} does not begin")
        yield worker
    finally:
        if worker.processes():
            worker.stop()
        wait_for(lambda: name not in _hosts(server), f"machine {name} does not end")


def test_two_machines_share_a_job_and_make_the_same(server: Installation, videos: Videos, tmp_path: Path) -> None:
    driver = server.driver
    assert driver is not None
    is_measured = videos.long != videos.small
    with machine("one", 0, server, tmp_path):
        if is_measured:
            _render(driver, videos.warm)
        alone, expected, _ = _render(driver, videos.long)
        with machine("two", 1, server, tmp_path):
            if is_measured:
                _render(driver, videos.warm)
            together, result, shares = _render(driver, videos.long)
    print(f"\nalone {alone:.1f} s, together {together:.1f} s: {alone / together:.2f}; segments: {shares}")
    assert result == expected
    assert set(shares) == {"one", "two"}


def test_one_of_two_machines_is_cut_off_and_the_job_still_ends_the_same(
    server: Installation, videos: Videos, tmp_path: Path
) -> None:
    driver = server.driver
    assert driver is not None
    with machine("one", 0, server, tmp_path), machine("two", 1, server, tmp_path):
        _, expected, _ = _render(driver, videos.small)
        job = driver.ask("start", video=videos.small)["job"]
        wait_for(lambda: {"one", "two"} <= set(_shares(driver, job)), "they do not share it")
        ip("link", "set", "hw-two", "down")
        try:
            wait_for(lambda: driver.ask("job", id=job)["state"] == "done", "the job does not end", 180)
            found = driver.ask("job", id=job)
        finally:
            ip("link", "set", "hw-two", "up")
        assert [one["sha256"] for one in found["results"]] == [expected]
        assert {row["state"] for row in found["segments"]} == {"done"}


def _render(driver: Driver, video: str) -> tuple[float, str, dict[str, int]]:
    """Seconds from the first claim to the last segment, the result's SHA-256, and segments by machine."""
    job = driver.ask("start", video=video)["job"]
    wait_for(lambda: driver.ask("state", id=job)["state"] == "rendering", "the job does not begin")
    began = time.monotonic()
    wait_for(lambda: driver.ask("state", id=job)["state"] not in ("queued", "rendering"), "no end of it", 400, 0.5)
    seconds = time.monotonic() - began
    # the comparison too, whose clip is published last, so that nothing of it is made beside the next job
    found = wait_for(lambda: _compared(driver, job), "no comparison", 300, 0.5)
    assert found is not None
    assert (found["state"], found["error"]) == ("done", "")
    (result,) = found["results"]
    return seconds, result["sha256"], _shares(driver, job)


def _compared(driver: Driver, job: str) -> dict[str, Any] | None:
    """The job, once its comparison is whole."""
    found = driver.ask("job", id=job)
    return found if any(key.endswith("/comparison.mp4") for key, _ in found["artifacts"]) else None


def _shares(driver: Driver, job: str) -> dict[str, int]:
    shares: dict[str, int] = {}
    for row in driver.ask("job", id=job)["segments"]:
        if row["worker"]:
            host = row["worker"].partition(":")[0]
            shares[host] = shares.get(host, 0) + 1
    return shares


def _hosts(server: Installation) -> set[str]:
    assert server.driver is not None
    return {row["host"] for row in server.driver.ask("workers")["workers"] if row["queue"] == "gpu"}

"""The disk fills up at any moment: nothing that is cut short is called done, and all goes on when there is room."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.driver import Driver
from tests.faults.harness import Installation, measured, result_of, running, wait_for
from upscaler.pipeline.networks.weights import sha256_of

SIZE_MB = 64
FULL_SECONDS = 4.0
SITES = ("measuring", "rendering", "assembling", "stills")
USUAL = 2
"""Sites in every run of the tests, by chance; all of them by turns in the long version."""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A data folder whose media and scratch lie on 64 MB of memory."""
    if os.getuid() != 0:
        pytest.skip("only root may mount a small disk")
    disk, data = tmp_path / "disk", tmp_path / "data"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "tmpfs", disk], check=False).returncode:
        pytest.skip("this machine lets nobody mount anything")
    try:
        data.mkdir()
        for name in ("media", "scratch"):
            (disk / name).mkdir()
            (data / name).symlink_to(disk / name)
        yield data
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


class Ballast:
    """A file that leaves no byte."""

    def __init__(self, disk: Path) -> None:
        self._file = disk / "ballast"

    def fill(self) -> None:
        with contextlib.suppress(OSError), self._file.open("ab", buffering=0) as file:
            while True:
                file.write(b"\0" * min(1024**2, max(1, shutil.disk_usage(self._file.parent).free)))

    def empty(self) -> None:
        self._file.unlink(missing_ok=True)


def test_a_disk_that_fills_up_stops_nothing_for_good(small_disk: Path, clip: Path, faults: int) -> None:
    chance = random.Random()
    ballast = Ballast((small_disk / "media").resolve().parent)
    with running(small_disk, HALOWEB_SEGMENT_FRAMES="30", HALOWEB_DISK_FLOOR_GIB="0") as (server, driver):
        video = measured(driver, clip)
        expected = result_of(driver, driver.ask("start", video=video)["job"])
        for _ in range(max(1, faults // len(SITES))):
            for site in SITES if faults else chance.sample(SITES, USUAL):
                job = _fill_at(site, driver, clip, video, ballast, chance)
                said = _what_is_said(driver, job)
                _nothing_cut_short_is_called_done(server, driver, job)
                ballast.empty()
                assert result_of(driver, job) == expected, site
                _nothing_cut_short_is_called_done(server, driver, job)
                print(f"\n{site}: {said or 'it had gone on before the disk was full'}", flush=True)
                driver.ask("act", id=job, name="delete")


def _fill_at(site: str, driver: Driver, clip: Path, video: str, ballast: Ballast, chance: random.Random) -> str:
    """Give a job, and a disk that fills up while it is there."""
    if site == "measuring":
        arrived = driver.ask("bring", path=str(clip))["video"]
        time.sleep(chance.uniform(0, 0.5))
        ballast.fill()
        time.sleep(FULL_SECONDS)
        found = driver.ask("video", id=arrived)
        assert found["state"] in ("probing", "analysing", "ready"), found["error"]
        ballast.empty()
        wait_for(lambda: driver.ask("video", id=arrived)["state"] == "ready", "measuring did not go on")
        video = arrived
    started = driver.ask("start", video=video)
    job: str = started["job"]
    segments: int = started["segments"]
    at = {"measuring": 0, "rendering": chance.randrange(1, segments), "assembling": segments}.get(site, 0)
    if site == "stills":
        wait_for(lambda: driver.ask("job", id=job)["state"] == "done", "the job was not done", 120)
    else:
        wait_for(lambda: driver.ask("job", id=job)["done"] >= at, "the job does not begin", 120)
    ballast.fill()
    time.sleep(FULL_SECONDS)
    return job


def _what_is_said(driver: Driver, job: str) -> str:
    found = driver.ask("job", id=job)
    assert found["state"] != "failed", found["error"]
    said: str = found["waits_for"]
    return said


def _nothing_cut_short_is_called_done(server: Installation, driver: Driver, job: str) -> None:
    found = driver.ask("job", id=job)
    for one in found["results"]:
        assert sha256_of(server.media / one["key"]) == one["sha256"]
    for key, size in found["artifacts"]:
        assert (server.media / key).stat().st_size == size, key

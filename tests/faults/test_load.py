"""Hours of work, compressed: what is open, what runs, what is held and what lies about does not grow."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from tests.clips import make_clip
from tests.driver import Driver
from tests.faults.harness import Installation, measured, wait_for

USUAL, FRAMES = 4, 900
"""Jobs, and frames of each: 30 segments a job."""
GROWTH_MIB = 40.0
STAY_SECONDS = 2.0
SCRATCH_SECONDS = 60.0


@dataclass(frozen=True)
class Sample:
    """Of the whole server."""

    files: int
    processes: int
    mib: float
    scratch: int
    by_process: dict[str, float] = field(repr=False)
    """MiB, by number and words."""


@pytest.fixture(scope="module")
def long_video(driver: Driver, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = make_clip(tmp_path_factory.mktemp("load") / "long.avi", frames=FRAMES, sound=None)
    return measured(driver, path)


def test_nothing_grows_with_the_work_that_was_done(
    server: Installation, driver: Driver, long_video: str, faults: int
) -> None:
    samples, segments = [], 0
    others = frozenset(_in_scratch(server))  # what other tests killed lies there until it is an hour old
    for number in range(max(faults, USUAL)):
        started = driver.ask("start", video=long_video, model="nearest")
        segments += started["segments"]
        job = started["job"]
        wait_for(lambda: driver.ask("job", id=job)["state"] == "done", "a job was not done", 120)
        _wait_for_stills(driver, job)
        driver.ask("act", id=job, name="delete")
        _wait_for_empty_scratch(server, others)
        samples.append(wait_for(lambda: _sample(server, others), "nothing runs"))
        print(f"{number + 1}: {samples[-1]}", flush=True)
    first, last = samples[2], samples[-1]
    print(f"\n{segments} segments in {len(samples)} jobs: {first} after three, {last} at the end")
    grown = {name: round(mib - first.by_process.get(name, mib), 1) for name, mib in last.by_process.items()}
    print("\n".join(f"{mib:+6.1f} MiB {name}" for name, mib in sorted(grown.items(), key=lambda one: -one[1]) if mib))
    assert last.processes <= first.processes
    assert last.files <= first.files + 4
    assert last.mib <= first.mib + GROWTH_MIB
    assert last.scratch <= first.scratch


def _wait_for_stills(driver: Driver, job: str) -> None:
    wait_for(lambda: any("/stills/" in key for key, _ in driver.ask("job", id=job)["artifacts"]), "there are no stills")


def _wait_for_empty_scratch(server: Installation, others: frozenset[Path]) -> None:
    until = time.monotonic() + SCRATCH_SECONDS
    while left := _in_scratch(server, others):
        assert time.monotonic() < until, f"left in scratch: {left}"
        time.sleep(0.1)


def _sample(server: Installation, others: frozenset[Path]) -> Sample:
    """With the processes that stay: ffmpeg, and what begins it, comes and goes."""
    files = processes = 0
    by_process: dict[str, float] = {}
    before = {process.pid for process in server.processes()}
    time.sleep(STAY_SECONDS)
    for process in server.processes():
        with contextlib.suppress(psutil.Error):
            if process.pid not in before or process.name() in ("ffmpeg", "ffprobe"):
                continue
            files += process.num_fds()
            words = " ".join(process.cmdline()[1:4])
            by_process[f"{process.pid} {words}"] = process.memory_info().rss / 1024**2
            processes += 1
    return Sample(files, processes, round(sum(by_process.values()), 1), len(_in_scratch(server, others)), by_process)


def _in_scratch(server: Installation, others: frozenset[Path] = frozenset()) -> list[Path]:
    return [path for path in Path(server.data / "scratch").rglob("*") if path.is_file() and path not in others]

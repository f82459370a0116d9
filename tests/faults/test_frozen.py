"""A worker that stood still past its lease comes back from the dead, and commits nothing."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import psutil

from tests.data_folder import ROOT
from tests.driver import Driver
from tests.faults.harness import Installation, wait_for

LEASE_SECONDS = 30.0
TOGETHER = 4
"""Workers that are frozen at once, in the long version; another one takes over."""


@contextlib.contextmanager
def more_workers(server: Installation, count: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Clusters beside the server's own, each of one worker."""
    with (server.data / "more").open("ab") as output:
        started = [
            subprocess.Popen(
                [sys.executable, "manage.py", "worker", "gpu"],
                cwd=ROOT,
                env=server.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            for _ in range(count)
        ]
    try:
        yield started
    finally:
        for process in started:
            process.send_signal(signal.SIGTERM)
        for process in started:
            process.wait(30)


def test_a_worker_that_was_frozen_past_its_lease_commits_nothing(
    server: Installation, driver: Driver, video: str, uninterrupted: str, faults: int
) -> None:
    chance, tried, stale = random.Random(5), 0, 0
    with more_workers(server, TOGETHER if faults else 1) as clusters:
        wait_for(lambda: len(_gpu_workers(driver)) == len(clusters) + 1, "a worker does not begin")
        while tried < (faults or 1):
            jobs = [driver.ask("start", video=video)["job"] for _ in clusters]
            victims = _freeze_some(driver, jobs, len(clusters), chance)
            tried += len(victims)
            time.sleep(LEASE_SECONDS)
            wait_for(lambda: _all_taken_over(driver, jobs, victims), "nobody took it over", 120)
            for pid in victims.values():
                _signal_tree(pid, signal.SIGCONT)
            for job in jobs:
                wait_for(lambda: driver.ask("job", id=job)["state"] == "done", "a job was not done", 180)
                found = driver.ask("job", id=job)
                assert [one["sha256"] for one in found["results"]] == [uninterrupted]
                stale += sum((job, row["index"], row["fence"]) in victims for row in found["segments"])
    print(f"\n{tried} frozen workers, {stale} stale commits")
    assert stale == 0


def _gpu_workers(driver: Driver) -> list[dict[str, object]]:
    return [row for row in driver.ask("workers")["workers"] if row["queue"] == "gpu"]


def _freeze_some(driver: Driver, jobs: list[str], count: int, chance: random.Random) -> dict[tuple[str, int, int], int]:
    """Stop so many busy workers at random moments; their process numbers by (job, segment, fence)."""
    frozen: dict[tuple[str, int, int], int] = {}
    until = time.monotonic() + 60
    while len(frozen) < count and time.monotonic() < until:
        time.sleep(chance.uniform(0.05, 0.5))
        for job in jobs:
            for row in driver.ask("job", id=job)["segments"]:
                pid = int(row["worker"].split(":")[1]) if row["state"] == "claimed" else 0
                if not pid or pid in frozen.values() or len(frozen) == count:
                    continue
                _signal_tree(pid, signal.SIGSTOP)
                now = driver.ask("job", id=job)["segments"][row["index"]]
                if (now["state"], now["fence"]) == ("claimed", row["fence"]):
                    frozen[job, row["index"], row["fence"]] = pid
                else:  # it was quicker
                    _signal_tree(pid, signal.SIGCONT)
    assert frozen, "no worker was at work"
    return frozen


def _all_taken_over(driver: Driver, jobs: list[str], victims: dict[tuple[str, int, int], int]) -> bool:
    fences = {(job, row["index"]): row["fence"] for job in jobs for row in driver.ask("job", id=job)["segments"]}
    return all(fences[job, index] > fence for job, index, fence in victims)


def _signal_tree(pid: int, number: int) -> None:
    with contextlib.suppress(psutil.Error, ProcessLookupError):
        for process in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True)):
            os.kill(process.pid, number)

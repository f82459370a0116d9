"""A cancelled job is gone within three seconds, with all that it held."""

from __future__ import annotations

import random
import time

import psutil

from tests.driver import Driver
from tests.faults.harness import Installation, wait_for

SECONDS = 3.0
USUAL = 3


def test_cancelling_at_any_moment_takes_three_seconds_and_leaves_nothing(
    server: Installation, driver: Driver, video: str, faults: int
) -> None:
    chance = random.Random(20)
    took = []
    for _ in range(faults or USUAL):
        started = driver.ask("start", video=video)
        job = started["job"]
        at = chance.randrange(started["segments"])
        wait_for(lambda: driver.ask("job", id=job)["done"] >= at, "the job does not begin")
        time.sleep(chance.uniform(0, 0.5))
        began = time.monotonic()
        if not driver.ask("act", id=job, name="cancel")["done"]:
            assert driver.ask("job", id=job)["state"] == "done", "too late is the only excuse"
            continue
        try:
            wait_for(lambda: not _left(server, driver, job), "something is left", 20)
        except AssertionError as error:
            raise AssertionError(f"{error}: {_left(server, driver, job)}; {driver.ask('job', id=job)}") from error
        took.append(time.monotonic() - began)
        assert driver.ask("job", id=job)["state"] == "cancelled"
    print(f"\n{len(took)} cancels: {sorted(took)[len(took) // 2]:.2f} s in the median, {max(took):.2f} s at most")
    assert max(took) <= SECONDS


def _left(server: Installation, driver: Driver, job: str) -> list[str]:
    """Processes and files of a job that is not wanted any more.

    The process of the network is one of them, unless all was rendered or nobody had begun: it then waits, after this
    job or the one before, for whatever comes next.
    """
    segments = (server.media / "jobs" / job / "segments").glob("*")
    files = [*segments, *(server.data / "scratch").glob(f"*{job}*")]
    rows = driver.ask("job", id=job)["segments"]
    is_under_way = any(row["fence"] for row in rows) and any(row["state"] != "done" for row in rows)
    children = server.of_role("network child") if is_under_way else []
    at_it = [*children, *(process for process in server.processes() if _is_of(process, job))]
    return [*(str(process.pid) for process in at_it), *(str(path) for path in files if path.exists())]


def _is_of(process: psutil.Process, job: str) -> bool:
    try:
        return job in " ".join(process.cmdline())
    except psutil.Error:
        return False

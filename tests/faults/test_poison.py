"""A segment that ends its worker is begun three times at most; everything else is kept, and others go on."""

from __future__ import annotations

import contextlib
import time

import psutil

from tests.driver import Driver
from tests.faults.harness import Installation, wait_for

POISONED = 3
"""Index of the segment that nothing survives."""


def test_a_poison_segment_is_given_up_after_three_starts_and_nothing_else_is(
    server: Installation, driver: Driver, video: str, uninterrupted: str
) -> None:
    poisoned = driver.ask("start", video=video, priority=1)["job"]
    innocent = driver.ask("start", video=video)["job"]

    until = time.monotonic() + 180
    while (job := driver.ask("job", id=poisoned))["state"] != "failed":
        assert job["state"] != "done", "the poisoned segment was rendered before its process could be killed"
        assert time.monotonic() < until, "the poisoned job did not fail"
        for process in server.of_role("network child"):
            _kill_at_poisoned_segment(process, driver, poisoned, until)

    found = driver.ask("job", id=poisoned)
    assert found["segments"][POISONED] | {"fence": 0, "worker": "", "key": ""} == {
        "index": POISONED, "state": "failed", "attempt": 3, "fence": 0, "worker": "", "key": "",
        "error": "The render process died (out of memory?). The segment is retried.",
    }  # fmt: skip
    assert found["error"] == found["segments"][POISONED]["error"]
    assert found["done"] == POISONED
    wait_for(lambda: driver.ask("job", id=innocent)["state"] == "done", "the other job was not done", 120)
    assert driver.ask("job", id=innocent)["results"][0]["sha256"] == uninterrupted

    fences = [row["fence"] for row in found["segments"][:POISONED]]
    assert driver.ask("act", id=poisoned, name="retry")["done"]
    wait_for(lambda: driver.ask("job", id=poisoned)["state"] == "done", "trying again did not help", 120)
    again = driver.ask("job", id=poisoned)
    assert [row["fence"] for row in again["segments"][:POISONED]] == fences, "what was done is not done again"
    assert again["results"][0]["sha256"] == uninterrupted


def _kill_at_poisoned_segment(process: psutil.Process, driver: Driver, job: str, until: float) -> None:
    """Kill a render process when it renders the poisoned segment; return if it ends or the job ends before.

    The process is suspended while the job is read: otherwise a busy machine would finish the segment first.
    """
    with contextlib.suppress(psutil.NoSuchProcess):
        while process.is_running() and time.monotonic() < until:
            process.suspend()
            found = driver.ask("job", id=job)
            row = found["segments"][POISONED]
            if row["state"] == "claimed":
                process.kill()
                wait_for(lambda: _is_over(driver, job, row["attempt"]), "nobody noticed that the process is dead")
                return
            process.resume()
            if found["state"] in ("done", "failed"):
                return
            time.sleep(0.01)  # in which it renders


def _is_over(driver: Driver, job: str, attempt: int) -> bool:
    row = driver.ask("job", id=job)["segments"][POISONED]
    return bool(row["state"] != "claimed" or row["attempt"] > attempt)

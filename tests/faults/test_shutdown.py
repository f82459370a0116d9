"""Ctrl-C and SIGTERM end everything in time, hand back what is in hand, and the next start goes on with it."""

from __future__ import annotations

import contextlib
import signal

import psutil
import pytest

from tests.driver import Driver
from tests.faults.harness import Installation, result_of, wait_for

LIMIT_SECONDS = 20.0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_a_stop_in_the_middle_of_a_job_costs_nothing(
    server: Installation, driver: Driver, video: str, uninterrupted: str, number: int
) -> None:
    wait_for(server.is_up, "the server is not up")
    job = driver.ask("start", video=video)["job"]
    wait_for(lambda: driver.ask("job", id=job)["done"] >= 2, "the job does not begin")
    before = server.processes()

    took = server.stop(number=number)

    assert took <= LIMIT_SECONDS
    left = [process for process in before if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]
    assert not [_words(process) for process in left]
    found = driver.ask("job", id=job)
    assert {row["state"] for row in found["segments"]} == {"done", "waiting"}
    assert {row["attempt"] for row in found["segments"] if row["state"] == "waiting"} == {0}
    assert not driver.ask("workers")["workers"], "workers that ended take their rows away"

    server.start()
    assert result_of(driver, job) == uninterrupted
    print(f"\nended within {took:.1f} s, at {found['done']} of {len(found['segments'])} segments")


def _words(process: psutil.Process) -> str:
    with contextlib.suppress(psutil.Error):
        return " ".join(process.cmdline())
    return ""

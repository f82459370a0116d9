"""A segment that ends its worker is begun three times at most; everything else is kept, and others go on."""

from __future__ import annotations

import time

from tests.driver import Driver
from tests.faults.harness import Installation, wait_for

POISONED = 3
"""Index of the segment that nothing survives."""


def test_a_poison_segment_is_given_up_after_three_starts_and_nothing_else_is(
    server: Installation, driver: Driver, video: str, uninterrupted: str
) -> None:
    poisoned = driver.ask("start", video=video, priority=1)["job"]
    innocent = driver.ask("start", video=video)["job"]

    def victim() -> bool:
        row = driver.ask("job", id=poisoned)["segments"][POISONED]
        return row["state"] == "claimed" and server.kill("network child")

    starts, until = 0, time.monotonic() + 180
    while driver.ask("job", id=poisoned)["state"] != "failed":
        assert time.monotonic() < until, "the poisoned job did not fail"
        if victim():
            starts += 1
            attempt = driver.ask("job", id=poisoned)["segments"][POISONED]["attempt"]
            wait_for(
                lambda: _row(driver, poisoned)["state"] != "claimed" or _row(driver, poisoned)["attempt"] > attempt, ""
            )
        time.sleep(0.02)

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


def _row(driver: Driver, job: str) -> dict[str, object]:
    row: dict[str, object] = driver.ask("job", id=job)["segments"][POISONED]
    return row

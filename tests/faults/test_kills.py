"""SIGKILL for any process at any moment: the job goes on from its last segment, once, with the same result."""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.driver import Driver
from tests.faults.harness import ROLES, Installation, wait_for
from upscaler.pipeline.networks.weights import sha256_of

USUAL = ("network child", "idle worker", "whole tree")
"""In every run of the tests; all of ROLES by turns in the long version."""
PICKED_UP_SECONDS = 60.0
ENDED_SECONDS = 180.0


@dataclass(frozen=True)
class Kill:
    """What came of one."""

    role: str
    at: int
    """Segments that were done."""
    picked_up: float
    """Seconds until the job had moved on."""
    rework: int


def test_whatever_is_killed_the_job_is_done_once_with_the_same_result(
    server: Installation,
    driver: Driver,
    video: str,
    uninterrupted: str,
    faults: int,
    record_property: Any,
) -> None:
    seed = int(time.time())
    chance = random.Random(seed)
    kills = []
    roles = ROLES if faults else USUAL
    for number in range(faults or len(USUAL)):
        role = roles[number % len(roles)]
        kills.append(_kill_during_a_job(server, driver, video, uninterrupted, role, chance))
        print(f"{number + 1}: {kills[-1]}", flush=True)
    record_property("kills", len(kills))
    picked_up = sorted(kill.picked_up for kill in kills)
    print(f"\nseed {seed}; {len(kills)} kills: {dict(Counter(kill.role for kill in kills))}")
    print(f"picked up after {picked_up[len(kills) // 2]:.1f} s in the median, {picked_up[-1]:.1f} s at most")
    print(f"rework: {sum(kill.rework for kill in kills)} segments, {max(kill.rework for kill in kills)} at most")
    assert picked_up[-1] <= PICKED_UP_SECONDS
    assert max(kill.rework for kill in kills) <= 1


def _kill_during_a_job(
    server: Installation, driver: Driver, video: str, expected: str, role: str, chance: random.Random
) -> Kill:
    is_idle = role == "idle worker"
    if is_idle:
        assert server.kill("busy worker")  # nothing is there to be done: it is idle
    started = driver.ask("start", video=video)
    job, segments = started["job"], started["segments"]
    at = 0 if is_idle else chance.randrange(segments)
    if not is_idle:
        wait_for(lambda: _done(driver, job) >= at, "the job does not begin")
        time.sleep(chance.uniform(0, 0.3))
        wait_for(lambda: server.kill(role) or _is_over(driver, job), f"there is no {role}")
    killed, before = time.monotonic(), _standing(driver, job)
    wait_for(lambda: not server.start_if_down() and _standing(driver, job) != before, "nobody goes on", ENDED_SECONDS)
    picked_up = time.monotonic() - killed
    wait_for(lambda: _is_over(driver, job), "the job does not end", ENDED_SECONDS)
    _look_at(server, driver, job, expected)
    wait_for(server.is_up, "the server is not whole again")
    fences = sum(row["fence"] for row in driver.ask("job", id=job)["segments"])
    return Kill(role, at, round(picked_up, 2), fences - segments)


def _look_at(server: Installation, driver: Driver, job: str, expected: str) -> None:
    """One result, the right one, and nothing beside it."""
    found = driver.ask("job", id=job)
    assert (found["state"], found["error"]) == ("done", "")
    assert [one["sha256"] for one in found["results"]] == [expected]
    assert sha256_of(server.media / found["results"][0]["key"]) == expected
    for key, size in found["artifacts"]:
        assert (server.media / key).stat().st_size == size, key
    wait_for(lambda: not _beside(server.media, driver, job), f"files are left: {_beside(server.media, driver, job)}")


def _beside(media: Path, driver: Driver, job: str) -> list[str]:
    """Files of the job that no row says are whole."""
    known = {key for key, _ in driver.ask("job", id=job)["artifacts"]}
    files = [path for path in (media / "jobs" / job).rglob("*") if path.is_file()]
    return sorted(str(path.relative_to(media)) for path in files if str(path.relative_to(media)) not in known)


def _done(driver: Driver, job: str) -> int:
    done: int = driver.ask("job", id=job)["done"]
    return done


def _is_over(driver: Driver, job: str) -> bool:
    return driver.ask("job", id=job)["state"] in ("done", "failed")


def _standing(driver: Driver, job: str) -> tuple[object, ...]:
    """Changes as soon as anybody works on the job."""
    found = driver.ask("job", id=job)
    return found["state"], found["done"], sum(row["fence"] for row in found["segments"])

"""How many faults, and on what clip."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clips import make_clip
from tests.driver import Driver
from tests.faults.harness import Installation, measured, result_of, running

SEGMENT_FRAMES = 30


@pytest.fixture
def faults(request: pytest.FixtureRequest) -> int:
    """How many: few in every run of the tests, more by ``script/test --faults N``."""
    return int(request.config.getoption("faults") or 0)


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """300 frames of 64x48, with sound: ten segments, and some seconds of the real network."""
    return make_clip(tmp_path_factory.mktemp("faults") / "clip.avi", frames=300)


@pytest.fixture(scope="session")
def running_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Installation, Driver]]:
    """One for all of these tests, which leave it running and whole."""
    data = tmp_path_factory.mktemp("installation") / "data"
    with running(data, HALOWEB_SEGMENT_FRAMES=str(SEGMENT_FRAMES), HALOWEB_DISK_FLOOR_GIB="0.1") as both:
        yield both


@pytest.fixture(scope="session")
def server(running_server: tuple[Installation, Driver]) -> Installation:
    return running_server[0]


@pytest.fixture(scope="session")
def driver(running_server: tuple[Installation, Driver]) -> Driver:
    return running_server[1]


@pytest.fixture(scope="session")
def video(driver: Driver, clip: Path) -> str:
    """The clip in the library, measured."""
    return measured(driver, clip)


@pytest.fixture(scope="session")
def uninterrupted(driver: Driver, video: str) -> str:
    """SHA-256 of the result of a job that nothing befell."""
    return result_of(driver, driver.ask("start", video=video)["job"])

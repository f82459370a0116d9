"""Real clips, a real render child, and no other worker."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests import factories
from tests.clips import make_clip
from tests.fakes import EnqueuedTasks
from upscaler.jobs.worker import render_process as child_module
from upscaler.models import User, Video, VideoState


@pytest.fixture(autouse=True)
def no_process_left() -> Iterator[None]:
    """Whatever a test starts has ended with it."""
    before = {process.pid for process in children()}
    yield
    child_module.child.end()
    wait_until(lambda: not {process.pid for process in children()} - before, "a process is left")


@pytest.fixture(scope="session")
def small_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """60 frames of 64x48 at 30 frames/s, with sound. Not to be changed."""
    return make_clip(tmp_path_factory.mktemp("jobs") / "small.avi", frames=60)


@pytest.fixture(scope="session")
def long_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """3,000 frames of 128x96: some seconds of rendering."""
    return make_clip(tmp_path_factory.mktemp("jobs") / "long.avi", frames=3000, size="128x96", sound=None)


@pytest.fixture
def bring(person: User) -> Callable[..., Video]:
    """A file that has just been uploaded: ``bring(path)``."""

    def arrived(path: Path, **values: object) -> Video:
        video = factories.make_video(
            person, state=VideoState.PROBING, facts_json=None, sha256="", size=path.stat().st_size, **values
        )
        factories.store(video.key, path.read_bytes())
        return video

    return arrived


@pytest.fixture
def measured(bring: Callable[..., Video], enqueued: EnqueuedTasks) -> Callable[..., Video]:
    """A file that has been uploaded and measured, without a job."""
    from upscaler.jobs import tasks

    def ready(path: Path) -> Video:
        video = bring(path, starts_job=False)
        tasks.take_in_video(str(video.pk))
        enqueued.clear()
        video.refresh_from_db()
        assert video.state == VideoState.READY, video.error
        return video

    return ready


def children() -> list[psutil.Process]:
    return [
        process
        for process in psutil.Process(os.getpid()).children(recursive=True)
        if process.status() != psutil.STATUS_ZOMBIE
    ]


def wait_until(happens: Callable[[], object], otherwise: str, seconds: float = 10.0) -> None:
    """Look again and again, for a while."""
    until = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < until, otherwise
        time.sleep(0.02)

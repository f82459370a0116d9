"""Real clips, a real render child, and no other worker."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests import factories
from tests.clips import make_clip
from tests.fakes import EnqueuedTasks
from tests.jobs.renders import Renders
from upscaler.jobs.worker import render_process as child_module
from upscaler.models import User, Video, VideoState
from upscaler.pipeline.comparison.stills import write_poster
from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.networks.weights import sha256_of
from upscaler.pipeline.source.analyse import analyse
from upscaler.pipeline.source.probe import probe


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


class Measurements:
    """What was measured of each file: the second time that one of the same bytes is measured, no program starts."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Any] = {}

    def _once(self, what: str, path: Path, measure: Callable[[], Any]) -> Any:
        key = what, sha256_of(path)
        if key not in self._known:
            self._known[key] = measure()
        return self._known[key]

    def probe(self, path: Path, limits: Limits) -> Any:
        return self._once("probe", path, lambda: probe(path, limits))

    def analyse(self, path: Path, *rest: Any) -> Any:
        return self._once("analyse", path, lambda: analyse(path, *rest))

    def write_poster(self, path: Path, facts: Facts, target: Path, limits: Limits) -> Any:
        def write() -> tuple[bytes, tuple[int, int]]:
            size = write_poster(path, facts, target, limits)
            return target.read_bytes(), size

        content, size = self._once("poster", path, write)
        target.write_bytes(content)
        return size


@pytest.fixture(scope="session")
def measurements() -> Measurements:
    return Measurements()


@pytest.fixture
def measured(bring: Callable[..., Video], enqueued: EnqueuedTasks, measurements: Measurements) -> Callable[..., Video]:
    """A file that has been uploaded and measured, without a job."""
    from upscaler.jobs import tasks
    from upscaler.jobs.steps import analysis
    from upscaler.pipeline.comparison import stills

    def ready(path: Path) -> Video:
        video = bring(path, starts_job=False)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(analysis, "probe", measurements.probe)
            patched.setattr(analysis, "analyse", measurements.analyse)
            patched.setattr(stills, "write_poster", measurements.write_poster)
            tasks.take_in_video(str(video.pk))
        enqueued.clear()
        video.refresh_from_db()
        assert video.state == VideoState.READY, video.error
        return video

    return ready


@pytest.fixture(scope="session")
def renders() -> Renders:
    return Renders()


@pytest.fixture
def rendered_once(renders: Renders, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was rendered for another test is not rendered again. For tests of what comes before and after that: the
    process itself is tested by test_chain.py, test_runner.py and test_stopping.py."""
    monkeypatch.setattr(child_module.child, "render", partial(renders.render, child_module.child))


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

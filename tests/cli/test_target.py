"""TARGET appears when it is whole and verified, and not before; what is there is left alone."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.cli.commandline import command, complaint, environment, upscale
from tests.clips import make_clip


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clips") / "clip.avi", frames=12)


@pytest.fixture(scope="module")
def long_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Long enough to be caught in the middle: some 20 s of rendering, after the time that it takes to be measured."""
    source = tmp_path_factory.mktemp("clips") / "long.avi"
    return make_clip(source, frames=450, size="320x240", extra=("-bf", "0"))


def test_a_target_that_exists_is_left_alone(clip: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.mp4"
    target.write_bytes(b"an evening of someone's time")
    finished = upscale(clip, target)
    assert finished.returncode == 2
    assert "already exists. Use --force" in complaint(finished)
    assert target.read_bytes() == b"an evening of someone's time"
    assert list(tmp_path.iterdir()) == [target]


def test_force_replaces_it(clip: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.mp4"
    target.write_bytes(b"old")
    assert upscale(clip, target, "--force").returncode == 0
    assert target.read_bytes()[4:8] == b"ftyp"
    assert list(tmp_path.iterdir()) == [target]


def test_a_refused_source_does_not_cost_the_target_even_with_force(tmp_path: Path) -> None:
    source, target = tmp_path / "in.avi", tmp_path / "out.mp4"
    source.write_text("not a video")
    target.write_bytes(b"old")
    assert upscale(source, target, "--force").returncode == 2
    assert target.read_bytes() == b"old"


def test_the_source_is_never_its_own_target(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "clip.avi", frames=3)
    before = source.read_bytes()
    link = tmp_path / "link.mp4"
    link.symlink_to(source)
    for target in (source, link):
        finished = upscale(source, target, "--force")
        assert finished.returncode == 2
        assert "the source itself" in complaint(finished)
    assert source.read_bytes() == before


@pytest.mark.parametrize(("target", "says"), [("nowhere/out.mp4", "doesn't exist"), (".", "is a folder")])
def test_a_target_that_can_not_be_is_refused(target: str, says: str, clip: Path, tmp_path: Path) -> None:
    finished = upscale(clip, tmp_path / target)
    assert finished.returncode == 2
    assert says in complaint(finished)


def wait_for(condition: Callable[[], object], process: subprocess.Popen[str], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, "it ended too early"
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.02)


def is_rendering(process: subprocess.Popen[str], folder: Path) -> bool:
    """Are decoder and encoder at work, and part of a segment written?"""
    programs = []
    for child in psutil.Process(process.pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):  # ffprobe comes and goes
            programs.append(child.name())
    parts = [path for path in folder.rglob("*.mp4") if path.stat().st_size > 0]
    return programs.count("ffmpeg") >= 2 and bool(parts)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
@pytest.mark.parametrize("is_there", [False, True])
def test_an_interruption_leaves_nothing_behind(
    number: signal.Signals, is_there: bool, long_clip: Path, tmp_path: Path
) -> None:
    target = tmp_path / "out.mp4"
    if is_there:
        target.write_bytes(b"old")
    started = command(long_clip, target, "--model", "nearest", "--force")
    with subprocess.Popen(started, env=environment(), stderr=subprocess.PIPE, text=True) as process:
        wait_for(lambda: is_rendering(process, tmp_path), process)
        children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(number)
        _, words = process.communicate(timeout=20)
    assert process.returncode == 130
    assert words.splitlines()[-1] == "upscale: Interrupted. Nothing was written."
    assert "Traceback" not in words
    assert psutil.wait_procs(children, timeout=5)[1] == []
    assert [path.read_bytes() for path in tmp_path.iterdir()] == ([b"old"] if is_there else [])


def test_being_killed_leaves_no_ffmpeg_and_no_target(long_clip: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.mp4"
    started = command(long_clip, target, "--model", "nearest")
    with subprocess.Popen(started, env=environment(), stderr=subprocess.PIPE, text=True) as process:
        wait_for(lambda: is_rendering(process, tmp_path), process)
        children = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        process.communicate(timeout=20)
    assert psutil.wait_procs(children, timeout=5)[1] == []
    assert not target.exists()

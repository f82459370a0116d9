"""Only a result that is what was planned passes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from tests.clips import ffmpeg, make_clip
from tests.pipeline.conftest import LIMITS, Planned
from tests.pipeline.rendering import render_all
from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.core.recipe import Recipe
from upscaler.pipeline.core.stream_facts import Chapter
from upscaler.pipeline.networks.backends.nearest import NearestBackend
from upscaler.pipeline.output.verify import Verified, verify
from upscaler.pipeline.planning.plan import Plan, make_plan
from upscaler.pipeline.source.analyse import analyse
from upscaler.pipeline.source.probe import probe

pytestmark = pytest.mark.usefixtures("source_read_once")


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Planned:
    source = make_clip(tmp_path_factory.mktemp("verify") / "clip.avi", sound="libmp3lame", frames=90, rate="30")
    facts = analyse(source, probe(source, LIMITS), LIMITS)
    return Planned(source, facts, make_plan(facts, Recipe(), NearestBackend(4).scale, LIMITS))


@pytest.fixture(scope="module")
def good(work: Planned, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return render_all(work, tmp_path_factory.mktemp("good"), LIMITS)


def check(work: Planned, result: Path, plan: Plan | None = None) -> Verified:
    return verify(work.source, work.facts, plan or work.plan, result, LIMITS)


def remade(good: Path, target: Path, *arguments: str) -> Path:
    """The good result with something done to it, pictures and sound copied unless that says otherwise."""
    ffmpeg("-i", good, "-c", "copy", *arguments, target)
    return target


def test_a_good_result_passes_and_is_described(work: Planned, good: Path) -> None:
    verified = check(work, good)
    assert verified.frames_in == work.facts.decoded_frames
    assert verified.frames_out == work.facts.frames
    assert (verified.width, verified.height, verified.rate) == (256, 192, "30")
    assert verified.audio_streams == 1
    assert verified.audio_shift_ms is not None
    assert abs(verified.audio_shift_ms) <= 10
    assert set(verified.colour.values()) == {"bt709", "tv"}
    assert verified.size == good.stat().st_size
    assert len(verified.sha256) == 64


def test_missing_frames_are_found(work: Planned, good: Path, tmp_path: Path) -> None:
    short = remade(good, tmp_path / "short.mp4", "-frames:v", str(work.facts.frames - 3))
    with pytest.raises(PipelineError, match=f"frames: {work.facts.frames - 3} instead of {work.facts.frames}"):
        check(work, short)


def test_a_frame_too_many_is_found(work: Planned, good: Path) -> None:
    expected = work.facts.frames - 1
    with pytest.raises(PipelineError, match=f"frames: {work.facts.frames} instead of {expected}"):
        check(work, good, replace(work.plan, frame_count=expected))


@pytest.mark.parametrize("seconds", ["0.015", "-0.015", "0.2"])
def test_sound_that_moved_is_found(seconds: str, work: Planned, good: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved.mp4"
    ffmpeg("-i", good, "-itsoffset", seconds, "-i", good, "-map", "0:v", "-map", "1:a", "-c", "copy", moved)
    with pytest.raises(
        PipelineError, match=r"sound against the pictures: moved by -?\d+\.\d ms at 0:00.\d instead of within 10 ms"
    ):
        check(work, moved)


def test_sound_that_moved_by_less_than_anyone_notices_passes(work: Planned, good: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved.mp4"
    ffmpeg("-i", good, "-itsoffset", "0.005", "-i", good, "-map", "0:v", "-map", "1:a", "-c", "copy", moved)
    assert abs((check(work, moved).audio_shift_ms or 0) - 5) <= 2


def test_missing_sound_is_found(work: Planned, good: Path, tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="audio tracks: none instead of mp3; sound against the pictures: missing"):
        check(work, remade(good, tmp_path / "silent.mp4", "-an"))


def test_silence_in_place_of_sound_is_found(work: Planned, good: Path, tmp_path: Path) -> None:
    silenced = remade(good, tmp_path / "silenced.mp4", "-af", "volume=0", "-c:a", "aac")
    with pytest.raises(PipelineError, match=r"sound against the pictures: (silence|moved)"):
        check(work, silenced)


def test_wrong_colour_tags_are_found(work: Planned, good: Path, tmp_path: Path) -> None:
    tags = ("-c:v", "libx264", "-preset", "ultrafast", "-colorspace", "smpte170m", "-color_range", "tv")
    with pytest.raises(PipelineError, match=r"colour tags: smpte170m.* instead of bt709, bt709, bt709, tv"):
        check(work, remade(good, tmp_path / "tags.mp4", *tags))


def test_another_size_is_found(work: Planned, good: Path, tmp_path: Path) -> None:
    small = remade(good, tmp_path / "small.mp4", "-c:v", "libx264", "-vf", "scale=128:96")
    with pytest.raises(PipelineError, match="size: 128x96 instead of 256x192"):
        check(work, small)


def test_another_speed_is_found(work: Planned, good: Path, tmp_path: Path) -> None:
    slow = remade(good, tmp_path / "slow.mp4", "-an", "-c:v", "libx264", "-vf", "setpts=1.1*PTS", "-fps_mode", "vfr")
    silent = replace(work, facts=replace(work.facts, audio=()))
    with pytest.raises(PipelineError, match=r"duration: 3\.\d+ s instead of 3\.0"):
        check(silent, slow)


def test_a_trim_is_verified_against_its_own_part_of_the_sound(
    work: Planned, tmp_path: Path, planned: Callable[..., Planned]
) -> None:
    trimmed = planned(work.source, Recipe(trim=(20, 80)))
    verified = check(trimmed, render_all(trimmed, tmp_path, LIMITS))
    assert verified.frames_out == 60
    assert verified.audio_shift_ms is not None


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("-c:v", "libx264", "-aspect", "16:9"), r"pixel aspect ratio: 4:3 instead of 1:1"),
        (("-c:v", "mpeg4"), r"codec: mpeg4 instead of h264"),
        (("-map", "0", "-map", "0:a"), r"audio tracks: mp3, mp3 instead of mp3"),
        (("-map_chapters", "-1", "-f", "matroska"), r"container: Matroska instead of MP4"),
    ],
)
def test_whatever_differs_is_named_with_both_values(
    arguments: tuple[str, ...], says: str, work: Planned, good: Path, tmp_path: Path
) -> None:
    with pytest.raises(PipelineError, match=says):
        check(work, remade(good, tmp_path / "other.mp4", *arguments))


def test_chapters_and_subtitles_that_are_missing_are_found(work: Planned, good: Path) -> None:
    planned = replace(work, facts=replace(work.facts, chapters=(Chapter(Fraction(0), Fraction(1), "Intro"),)))
    with pytest.raises(PipelineError, match="chapters: 0 instead of 1"):
        check(planned, good)


def test_frames_that_were_not_rendered_are_found(work: Planned, good: Path) -> None:
    rendered = work.plan.frame_count - 2
    with pytest.raises(PipelineError, match=f"frames rendered: {rendered} instead of {work.plan.frame_count}"):
        verify(work.source, work.facts, work.plan, good, LIMITS, rendered=rendered)


def test_a_frame_that_is_shown_late_is_found(work: Planned, good: Path, tmp_path: Path) -> None:
    late = ("-c:v", "libx264", "-vf", "setpts='if(eq(N,40),PTS+0.5/(30*TB),PTS)'", "-fps_mode", "passthrough")
    with pytest.raises(PipelineError, match="frames at the wrong time: 1 instead of 0"):
        check(work, remade(good, tmp_path / "late.mp4", *late, "-enc_time_base", "1/3000", "-bf", "0"))


def test_every_line_of_a_good_result_has_passed(work: Planned, good: Path) -> None:
    lines = check(work, good).checks
    assert len(lines) >= 12
    assert all(line.passed and line.expected and line.got for line in lines)

"""Every preset from frames to a verified file, over several segments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from tests.pipeline.conftest import Planned
from tests.pipeline.outputs_of import (
    FRAMES,
    LIMITS,
    clip_of,
    enlarged,
    pixels_of,
    probed,
    result_of,
    segments_of,
    sound,
    work_of,
)
from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.core.presets import PRESETS, Preset, preset
from upscaler.pipeline.core.recipe import Filters, Recipe
from upscaler.pipeline.output.assemble import assemble_playable
from upscaler.pipeline.output.output_timing import shown
from upscaler.pipeline.output.verify import verify, verify_playable
from upscaler.pipeline.planning.plan import Size
from upscaler.pipeline.render import encoders
from upscaler.pipeline.render.encode import playable_path, playable_size

ON_PROCESSORS = [one for one in PRESETS.values() if not one.device]
QUICK = [one for one in ON_PROCESSORS if one.height is None]
TAGS = ("color_space", "color_primaries", "color_transfer", "color_range")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clip_of(tmp_path_factory.mktemp("outputs"), sound="libmp3lame")


@pytest.fixture(scope="module")
def silent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clip_of(tmp_path_factory.mktemp("silent"))


@pytest.fixture(scope="module")
def made(clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Preset], Path]:
    """The result of a preset, which is looked at by several tests and changed by none."""

    @cache
    def result(chosen: Preset) -> Path:
        return result_of(work_for(clip, chosen), tmp_path_factory.mktemp(chosen.name), chosen.container)

    return result


def work_for(clip: Path, chosen: Preset) -> Planned:
    return work_of(clip, Recipe(preset=chosen.name), audio=(sound("mp3"),))


@pytest.mark.parametrize("chosen", QUICK, ids=lambda one: one.name)
def test_a_preset_gives_every_frame_in_its_container_with_its_tags(
    chosen: Preset, clip: Path, made: Callable[[Preset], Path]
) -> None:
    work, result = work_for(clip, chosen), made(chosen)
    verified = verify(work.source, work.facts, work.plan, result, LIMITS, rendered=FRAMES)
    assert verified.frames_out == FRAMES
    assert all(check.passed for check in verified.checks)
    found = probed(result)
    video = found["streams"][0]
    assert (video["width"], video["height"], video["sample_aspect_ratio"]) == (256, 192, "1:1")
    expected = ["gbr", "bt709", "bt709", "pc"] if chosen.is_lossless else ["bt709", "bt709", "bt709", "tv"]
    assert [video.get(tag) for tag in TAGS] == expected
    assert ("matroska" in found["format"]["format_name"]) == (chosen.container == "mkv")


@pytest.mark.parametrize("chosen", QUICK, ids=lambda one: one.name)
def test_the_pixels_are_those_of_the_network(chosen: Preset, clip: Path, made: Callable[[Preset], Path]) -> None:
    got = pixels_of(made(chosen), 256, 192)
    wanted = enlarged(work_for(clip, chosen))
    assert len(got) == len(wanted) == FRAMES
    if chosen.is_lossless:
        assert all(np.array_equal(one, other) for one, other in zip(got, wanted, strict=True))
    else:
        shares = [np.abs(one.astype(int) - other).mean() for one, other in zip(got, wanted, strict=True)]
        assert max(shares) < 6, "another frame, or other colours"


@pytest.mark.parametrize("chosen", QUICK, ids=lambda one: one.name)
def test_the_same_frames_give_the_same_file(
    chosen: Preset, clip: Path, tmp_path: Path, made: Callable[[Preset], Path]
) -> None:
    again = result_of(work_for(clip, chosen), tmp_path, chosen.container)
    assert made(chosen).read_bytes() == again.read_bytes()


@pytest.mark.parametrize("rate", [Fraction(30000, 1001), Fraction(15, 2), Fraction(60000, 1001)], ids=str)
@pytest.mark.parametrize("name", ["hevc", "prores", "utvideo"])
def test_every_frame_is_at_its_time_at_any_rate(name: str, rate: Fraction, tmp_path: Path) -> None:
    clip = clip_of(tmp_path, rate=str(rate))
    work = work_of(clip, Recipe(preset=name), rate=rate)
    verified = verify(clip, work.facts, work.plan, result_of(work, tmp_path, preset(name).container), LIMITS)
    assert verified.duration_s == pytest.approx(float(FRAMES / rate), abs=0.002)


@pytest.mark.parametrize("name", ["ffv1", "utvideo"])
def test_a_lossless_result_of_an_odd_picture_has_an_even_frame_and_the_same_pixels(name: str, tmp_path: Path) -> None:
    source = clip_of(tmp_path)
    recipe = Recipe(preset=name, filters=Filters(crop="1:0:0:3"))
    work = work_of(source, recipe, scale=1, width=64, height=48)
    assert (work.plan.output, work.plan.network) == (Size(64, 46), Size(63, 45))
    for one, other in zip(pixels_of(result_of(work, tmp_path, "mkv"), 64, 46), enlarged(work), strict=True):
        assert np.array_equal(one[:45, :63], other)


@pytest.mark.parametrize("name", ["hevc", "prores", "ffv1", "utvideo"])
def test_what_browsers_do_not_play_has_a_copy_that_they_do(name: str, clip: Path, tmp_path: Path) -> None:
    work = work_for(clip, preset(name))
    segments = segments_of(work, tmp_path, with_playable=True)
    copy = tmp_path / "playable.mp4"
    copies = [playable_path(path) for path in segments]
    extras = assemble_playable(work.source, work.facts, work.plan, copies, copy, LIMITS)
    verify_playable(work.plan, copy, extras, LIMITS)
    with pytest.raises(PipelineError, match="audio tracks: mp3 instead of none"):
        verify_playable(work.plan, copy, extras.bare, LIMITS)
    streams = probed(copy)["streams"]
    assert [stream["codec_name"] for stream in streams] == ["h264", "mp3"]
    assert streams[0]["pix_fmt"] == "yuv420p"
    assert [streams[0].get(tag) for tag in TAGS] == ["bt709", "bt709", "bt709", "tv"]
    for one, other in zip(pixels_of(copy, 256, 192), enlarged(work), strict=True):
        assert np.abs(one.astype(int) - other).mean() < 8


def test_what_plays_by_itself_has_no_copy(clip: Path, tmp_path: Path) -> None:
    for path in segments_of(work_for(clip, preset("h264")), tmp_path, with_playable=True):
        assert not playable_path(path).exists()


@pytest.mark.parametrize(
    ("output", "copy"),
    [
        (Size(1280, 960), Size(1280, 960)),
        (Size(2560, 1920), Size(1920, 1440)),
        (Size(3840, 1632), Size(1920, 816)),
        (Size(600, 2160), Size(400, 1440)),
    ],
)
def test_the_copy_is_bounded_and_keeps_its_shape(output: Size, copy: Size, clip: Path) -> None:
    plan = replace(work_for(clip, preset("ffv1")).plan, output=output)
    assert playable_size(plan) == copy


@pytest.mark.parametrize("chosen", ON_PROCESSORS, ids=lambda one: one.name)
def test_this_machine_has_every_encoder_that_runs_on_a_processor(chosen: Preset) -> None:
    assert encoders.check(chosen) is None


def test_an_encoder_that_is_not_there_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = replace(preset("hevc"), name="missing", encoder="libmissing")
    monkeypatch.setitem(PRESETS, "missing", missing)
    assert encoders.check(missing) == "The ffmpeg on this machine was built without libmissing."


def test_arguments_that_an_encoder_refuses_are_found_by_trying(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = replace(preset("h264"), name="broken", options=(("preset", "no such preset"),))
    monkeypatch.setitem(PRESETS, "broken", broken)
    assert encoders.check(broken) == "The encoder libx264 failed in a test."


def test_every_encoder_of_the_table_is_tried() -> None:
    assert set(encoders.check_all()) == {one.encoder for one in PRESETS.values()}


@pytest.mark.parametrize("chosen", [one for one in ON_PROCESSORS if one.height], ids=lambda one: one.name)
def test_a_preset_with_a_height_gives_it_and_keeps_the_shape(chosen: Preset, clip: Path, tmp_path: Path) -> None:
    work = work_of(clip, Recipe(preset=chosen.name, trim=(0, 2)), segment_frames=1)
    verified = verify(clip, work.facts, work.plan, result_of(work, tmp_path, chosen.container), LIMITS, rendered=2)
    assert chosen.height is not None
    assert (verified.width, verified.height) == (chosen.height * 4 // 3, chosen.height)


@pytest.mark.parametrize("name", ["h264", "hevc", "av1", "prores", "ffv1"])
@pytest.mark.parametrize("segment_frames", [16, 17, 18, 19])
def test_a_short_rest_is_shown_at_its_time(name: str, segment_frames: int, silent: Path, tmp_path: Path) -> None:
    """Fewer frames at the end than an encoder reorders."""
    work = work_of(silent, Recipe(preset=name), segment_frames=segment_frames)
    times = shown(result_of(work, tmp_path, preset(name).container), LIMITS)
    assert (times.misplaced(work.plan.rate), times.frames) == (0, FRAMES)


@pytest.mark.parametrize("frames", [1, 2, 3, 4])
@pytest.mark.parametrize("name", ["h264", "hevc"])
def test_a_clip_of_hardly_a_frame_is_shown_at_its_time(name: str, frames: int, silent: Path, tmp_path: Path) -> None:
    work = work_of(silent, Recipe(preset=name, trim=(3, 3 + frames)))
    times = shown(result_of(work, tmp_path, preset(name).container), LIMITS)
    assert (times.misplaced(work.plan.rate), times.frames) == (0, frames)

"""Segments and the original's sound -> one file, the sound where it was. Measured with other code than ours."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.clips import ffmpeg, make_clip
from tests.listening import sound_shift_ms
from tests.pipeline.rendering import Plans, render_all
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.recipe import Recipe

MOST_SHIFT_MS = 10


def streams(path: Path) -> list[dict[str, Any]]:
    command = ["ffprobe", "-v", "error", "-count_frames", "-show_streams", "-of", "json", str(path)]
    found: list[dict[str, Any]] = json.loads(subprocess.check_output(command, timeout=60))["streams"]
    return found


@pytest.mark.parametrize(
    ("ending", "codec", "carried"),
    [
        ("avi", "libmp3lame", "mp3"),
        ("flv", "libmp3lame", "mp3"),
        ("mp4", "aac", "aac"),
        ("mkv", "aac", "aac"),
        ("wmv", "wmav2", "aac"),
        ("avi", "pcm_s16le", "aac"),
        ("mkv", "libvorbis", "aac"),
        ("mpg", "mp2", "aac"),
    ],
)
def test_the_sound_stays_where_it_was(
    ending: str, codec: str, carried: str, tmp_path: Path, planned: Plans, limits: Limits
) -> None:
    pictures = {"flv": "flv", "wmv": "wmv2", "mpg": "mpeg2video"}.get(ending, "mpeg4")
    source = make_clip(tmp_path / f"clip.{ending}", codec=pictures, sound=codec, frames=75, rate="25")
    result = render_all(planned(source, segment_frames=20), tmp_path, limits)
    assert [stream["codec_name"] for stream in streams(result)] == ["h264", carried]
    assert abs(sound_shift_ms(source, result, window=(0.5, 2.5))) <= MOST_SHIFT_MS


@pytest.mark.parametrize("late", [0.4, -0.3])
@pytest.mark.parametrize(("ending", "codec"), [("mkv", "libmp3lame"), ("mp4", "aac"), ("mkv", "libvorbis")])
def test_sound_that_begins_late_or_early_stays_late_or_early(
    late: float, ending: str, codec: str, tmp_path: Path, planned: Plans, limits: Limits
) -> None:
    source = make_clip(tmp_path / f"clip.{ending}", sound=codec, sound_late=late, frames=90)
    result = render_all(planned(source), tmp_path, limits)
    assert abs(sound_shift_ms(source, result, window=(0.6, 2.4))) <= MOST_SHIFT_MS


@pytest.mark.parametrize("codec", ["libmp3lame", "pcm_s16le"])
@pytest.mark.parametrize("trim", [(0, 60), (25, 85)])
def test_a_trim_keeps_the_sound_with_its_pictures(
    trim: tuple[int, int], codec: str, tmp_path: Path, planned: Plans, limits: Limits
) -> None:
    source = make_clip(tmp_path / "clip.mkv", sound=codec, frames=100, rate="25")
    result = render_all(planned(source, Recipe(trim=trim)), tmp_path, limits)
    shift = sound_shift_ms(source, result, source_zero=trim[0] / 25, window=(0.2, 2.0))
    assert abs(shift) <= MOST_SHIFT_MS
    assert [int(stream["nb_read_frames"]) for stream in streams(result) if stream["codec_type"] == "video"] == [60]
    assert all(float(stream["duration"]) <= 60 / 25 + 0.05 for stream in streams(result))


def test_every_sound_track_is_carried_over_with_its_language(tmp_path: Path, planned: Plans, limits: Limits) -> None:
    base = make_clip(tmp_path / "base.mkv", sound="libmp3lame")
    source = tmp_path / "two.mkv"
    ffmpeg(
        "-i", base, "-map", "0:v", "-map", "0:a", "-map", "0:a", "-c:v", "copy", "-c:a:0", "copy", "-c:a:1", "flac",
        "-metadata:s:a:0", "language=fre", "-metadata:s:a:1", "language=ger", source,
    )  # fmt: skip
    tracks = [
        stream for stream in streams(render_all(planned(source), tmp_path, limits)) if stream["codec_type"] == "audio"
    ]
    assert [(track["codec_name"], track["tags"]["language"]) for track in tracks] == [("mp3", "fre"), ("aac", "ger")]


def test_a_silent_film_stays_one(tmp_path: Path, planned: Plans, limits: Limits) -> None:
    source = make_clip(tmp_path / "clip.avi", sound=None)
    assert [stream["codec_type"] for stream in streams(render_all(planned(source), tmp_path, limits))] == ["video"]


def test_the_title_goes_along_and_nothing_else_that_the_source_says_of_itself(
    tmp_path: Path, planned: Plans, limits: Limits
) -> None:
    source = make_clip(tmp_path / "clip.mkv", extra=("-metadata", "title=Gulch", "-metadata", "comment=53.55,9.99"))
    work = planned(source)
    result = render_all(replace(work, facts=replace(work.facts, title="Gulch")), tmp_path, limits).read_bytes()
    assert b"Gulch" in result
    assert b"53.55" not in result

"""Everything in the file but its pictures: what is copied, what is encoded, what is left out, and when it is heard."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.clips import ffmpeg
from tests.listening import sound_shift_ms
from tests.pipeline.conftest import Planned
from tests.pipeline.outputs_of import LIMITS, clip_of, probed, result_of, sound, work_of
from upscaler.pipeline.core.presets import PRESETS
from upscaler.pipeline.core.recipe import Recipe
from upscaler.pipeline.core.stream_facts import AudioStream, Chapter, SubtitleStream
from upscaler.pipeline.output.verify import verify
from upscaler.pipeline.source.analyse import analyse
from upscaler.pipeline.source.probe import probe
from upscaler.pipeline.tracks import track_plan

FRAMES = 75
QUICK = {"mp4": "h264", "mov": "prores", "mkv": "utvideo"}
SUBTITLES = """1
00:00:00,500 --> 00:00:00,900
one

2
00:00:01,200 --> 00:00:01,800
two
"""
CHAPTERS = (
    Chapter(Fraction(0), Fraction(1), "Intro"),
    Chapter(Fraction(1), Fraction(2), "Fight = #2; a \\ b"),
    Chapter(Fraction(2), Fraction(3), "End"),
)


def of_type(path: Path, kind: str) -> list[dict[str, Any]]:
    return [stream for stream in probed(path)["streams"] if stream["codec_type"] == kind]


def work_with(source: Path, container: str, *, trim: tuple[int, int] | None = None, **facts: Any) -> Planned:
    recipe = Recipe(preset=QUICK[container], trim=trim)
    usual: dict[str, Any] = {"frames": FRAMES, "decoded_frames": FRAMES}
    return work_of(source, recipe, segment_frames=FRAMES, **usual | facts)


@pytest.fixture(scope="module")
def with_words(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """3 s with two subtitles and their language."""
    folder = tmp_path_factory.mktemp("words")
    (folder / "words.srt").write_text(SUBTITLES)
    clip = clip_of(folder, frames=FRAMES, sound="pcm_s16le")
    source = folder / "with words.mkv"
    ffmpeg(
        "-i", clip, "-i", folder / "words.srt", "-map", "0", "-map", "1", "-c", "copy",
        "-metadata:s:s:0", "language=ger", "-metadata:s:s:0", "title=Deutsch", source,
    )  # fmt: skip
    return source


@pytest.mark.parametrize(
    ("container", "codec", "expected"),
    [
        ("mp4", "aac", "copied"),
        ("mp4", "mp3", "copied"),
        ("mp4", "wmav2", "encoded as AAC"),
        ("mp4", "flac", "encoded as AAC"),
        ("mov", "aac", "copied"),
        ("mov", "pcm_s16le", "copied"),
        ("mov", "mp3", "encoded as 16-bit PCM"),
        ("mov", "flac", "encoded as 24-bit PCM"),
        ("mkv", "vorbis", "copied"),
        ("mkv", "pcm_u8", "copied"),
        ("mkv", "wmav2", "encoded as FLAC"),
        ("mkv", "adpcm_ms", "encoded as FLAC"),
        ("mkv", "unknown", "left out"),
    ],
)
def test_what_becomes_of_a_track(container: str, codec: str, expected: str, tmp_path: Path) -> None:
    silent = "HaloWeb has no decoder for it" if codec == "unknown" else ""
    work = work_with(tmp_path, container, audio=(replace(sound(codec), silent=silent),))
    (track,) = track_plan.audio_tracks(work.facts, work.plan, track_plan.container_of(work.plan))
    assert track.outcome == expected
    assert bool(track.why) != track.is_copied


@pytest.mark.parametrize(
    ("container", "ending", "encoder", "codec"),
    [
        ("mkv", "wmv", "wmav2", "wmav2"),
        ("mp4", "wmv", "wmav2", "wmav2"),
        ("mov", "wmv", "wmav2", "wmav2"),
        ("mkv", "avi", "libmp3lame", "mp3"),
        ("mov", "avi", "libmp3lame", "mp3"),
        ("mov", "avi", "pcm_s16le", "pcm_s16le"),
        ("mkv", "mkv", "libvorbis", "vorbis"),
        ("mkv", "mp4", "aac", "aac"),
        ("mov", "mp4", "aac", "aac"),
    ],
)
def test_sound_is_heard_when_it_was(container: str, ending: str, encoder: str, codec: str, tmp_path: Path) -> None:
    pictures = "wmv2" if ending == "wmv" else "mpeg4"
    source = clip_of(tmp_path, ending, codec=pictures, sound=encoder, frames=FRAMES)
    work = work_with(source, container, audio=(sound(codec),), first_frame_time=first_frame_of(source))
    result = result_of(work, tmp_path / "out", container)
    assert abs(sound_shift_ms(source, result, window=(0.5, 2.5))) <= 10
    verified = verify(source, work.facts, work.plan, result, LIMITS)
    assert abs(verified.audio_shift_ms or 99) <= 10 or verified.audio_shift_ms == 0


def first_frame_of(path: Path) -> Fraction:
    """Seconds after the container's start."""
    found = probed(path)
    video = next(stream for stream in found["streams"] if stream["codec_type"] == "video")
    return Fraction(video["start_time"]) - Fraction(found["format"]["start_time"])


def test_mp3_of_flash_that_mp4_does_not_know_is_encoded(tmp_path: Path) -> None:
    source = clip_of(tmp_path, "flv", codec="flv", sound="libmp3lame", frames=FRAMES, extra=("-ar", "11025"))
    audio = (AudioStream(0, "mp3", 11025, 1, "", ""),)
    work = work_with(source, "mp4", audio=audio, first_frame_time=first_frame_of(source))
    result = result_of(work, tmp_path / "out", "mp4")
    assert [stream["codec_name"] for stream in of_type(result, "audio")] == ["aac"]
    verify(source, work.facts, work.plan, result, LIMITS)


@pytest.mark.parametrize("container", ["mp4", "mov", "mkv"])
def test_every_track_keeps_its_place_language_and_title(container: str, tmp_path: Path) -> None:
    base = clip_of(tmp_path, frames=FRAMES, sound="libmp3lame")
    source = tmp_path / "three.mkv"
    ffmpeg("-i", base, "-map", "0:v", *("-map", "0:a") * 3, "-c", "copy", "-c:a:1", "flac", "-c:a:2", "aac", source)
    said = (sound("mp3", language="ger", title="Game"), sound("flac", 1, language="eng", title="Voices"))
    work = work_with(source, container, audio=(*said, sound("aac", 2)), first_frame_time=first_frame_of(source))
    result = result_of(work, tmp_path / "out", container)
    found = of_type(result, "audio")
    expected = {
        "mp4": ["mp3", "aac", "aac"],
        "mov": ["pcm_s16le", "pcm_s24le", "aac"],
        "mkv": ["mp3", "flac", "aac"],
    }
    assert [stream["codec_name"] for stream in found] == expected[container]
    name = "title" if container == "mkv" else "handler_name"
    described = [(stream["tags"]["language"], stream["tags"][name]) for stream in found[:2]]
    assert described == [("ger", "Game"), ("eng", "Voices")]
    assert verify(source, work.facts, work.plan, result, LIMITS).audio_streams == 3


def words_of(path: Path) -> list[tuple[float, str]]:
    """When each subtitle is shown, after the first frame, and what it says."""
    text = subprocess.check_output(
        ["ffprobe", "-v", "error", "-select_streams", "s:0", "-show_entries", "packet=pts_time", "-of", "csv=p=0",
         str(path)], text=True, timeout=60,
    )  # fmt: skip
    srt = subprocess.check_output(
        ["ffmpeg", "-v", "error", "-i", str(path), "-map", "0:s:0", "-f", "srt", "-"], text=True, timeout=60
    )
    times = [float(line.strip(",\n")) - float(first_frame_of(path)) for line in text.split()]
    return list(zip(times, [line for line in srt.splitlines() if line in ("one", "two")], strict=True))


def test_subtitles_go_into_matroska_with_their_times_and_names(with_words: Path, tmp_path: Path) -> None:
    words = (SubtitleStream(0, "subrip", "ger", "Deutsch"),)
    work = work_with(with_words, "mkv", subtitles=words, audio=(sound("pcm_s16le"),))
    result = result_of(work, tmp_path, "mkv")
    assert words_of(result) == [(pytest.approx(0.5, abs=0.005), "one"), (pytest.approx(1.2, abs=0.005), "two")]
    (stream,) = of_type(result, "subtitle")
    assert (stream["tags"]["language"], stream["tags"]["title"]) == ("ger", "Deutsch")
    verify(with_words, work.facts, work.plan, result, LIMITS)


def test_subtitles_of_mp4_become_subrip(with_words: Path, tmp_path: Path) -> None:
    source = tmp_path / "words.mp4"
    ffmpeg("-i", with_words, "-map", "0", "-c:v", "copy", "-c:a", "aac", "-c:s", "mov_text", source)
    words = (SubtitleStream(0, "mov_text", "ger", ""),)
    work = work_with(source, "mkv", subtitles=words, audio=(sound("aac"),), first_frame_time=first_frame_of(source))
    result = result_of(work, tmp_path, "mkv")
    assert [text for _, text in words_of(result)] == ["one", "two"]
    assert [time for time, _ in words_of(result)] == [pytest.approx(0.5, abs=0.05), pytest.approx(1.2, abs=0.05)]


@pytest.mark.parametrize(
    ("trim", "expected"),
    [((25, 60), [(0.2, "two")]), ((10, 75), [(0.1, "one"), (0.8, "two")]), ((0, 25), [(0.5, "one")]), ((60, 75), [])],
)
def test_a_trim_moves_subtitles_with_its_pictures(
    trim: tuple[int, int], expected: list[tuple[float, str]], with_words: Path, tmp_path: Path
) -> None:
    words = (SubtitleStream(0, "subrip", "ger", ""),)
    work = work_with(with_words, "mkv", trim=trim, subtitles=words, audio=(sound("pcm_s16le"),))
    result = result_of(work, tmp_path, "mkv")
    assert words_of(result) == [(pytest.approx(time, abs=0.005), text) for time, text in expected]
    verify(with_words, work.facts, work.plan, result, LIMITS)


@pytest.mark.parametrize("container", ["mp4", "mov"])
def test_subtitles_that_a_container_does_not_take_are_said_to_be_left_out(container: str, tmp_path: Path) -> None:
    work = work_with(tmp_path, container, subtitles=(SubtitleStream(0, "subrip", "ger", ""),))
    (track,) = track_plan.subtitle_tracks(work.facts, track_plan.container_of(work.plan))
    assert track.outcome == "left out"
    assert "subtitles only to Matroska" in track.why


@pytest.mark.parametrize("container", ["mp4", "mov", "mkv"])
@pytest.mark.parametrize("trim", [None, (30, 60)])
def test_chapters_and_the_title_are_in_every_container(
    trim: tuple[int, int] | None, container: str, tmp_path: Path
) -> None:
    source = clip_of(tmp_path, frames=FRAMES)
    work = work_with(source, container, trim=trim, chapters=CHAPTERS, title="Gulch = 1")
    result = result_of(work, tmp_path / "out", container)
    found = probed(result)
    told = [(float(one["start_time"]), float(one["end_time"]), one["tags"]["title"]) for one in found["chapters"]]
    whole = [(0, 1, CHAPTERS[0].title), (1, 2, CHAPTERS[1].title), (2, 3, CHAPTERS[2].title)]
    cut = [(0, 0.8, CHAPTERS[1].title), (0.8, 1.2, CHAPTERS[2].title)]
    expected = whole if trim is None else cut
    assert told == [(pytest.approx(a, abs=0.002), pytest.approx(b, abs=0.05), title) for a, b, title in expected]
    assert found["format"]["tags"]["title"] == "Gulch = 1"
    verify(source, work.facts, work.plan, result, LIMITS)


def test_a_broken_timestamp_makes_no_day_of_silence(tmp_path: Path) -> None:
    """One packet of sound that says that it belongs to tomorrow."""
    source = tmp_path / "broken.mkv"
    clip = clip_of(tmp_path, frames=FRAMES, sound="libvorbis")
    ffmpeg("-i", clip, "-c", "copy", "-bsf:a", "setts=ts='if(eq(N,40),86400*1000,TS)'", source)
    facts = analyse(source, probe(source, LIMITS), LIMITS)
    work = work_with(source, "mp4", audio=facts.audio, first_frame_time=facts.first_frame_time)
    (stream,) = of_type(result_of(work, tmp_path / "out", "mp4"), "audio")
    assert float(stream["duration"]) < 64


@pytest.mark.parametrize("container", ["mp4", "mov", "mkv"])
def test_sound_that_begins_late_begins_late_in_every_container(container: str, tmp_path: Path) -> None:
    source = clip_of(tmp_path, frames=FRAMES, sound="libmp3lame", sound_late=0.8)
    stream = AudioStream(0, "mp3", 44100, 1, "", "", Fraction(4, 5))
    work = work_with(source, container, audio=(stream,))
    result = result_of(work, tmp_path / "out", container)
    assert abs(sound_shift_ms(source, result, window=(1.0, 2.6))) <= 10


def test_a_track_that_nothing_decodes_is_left_out_and_the_others_stay(tmp_path: Path) -> None:
    source = clip_of(tmp_path, frames=FRAMES, sound="libmp3lame")
    work = work_with(source, "mp4", audio=(sound("mp3"), replace(sound("unknown", 1), channels=0)))
    result = result_of(work, tmp_path / "out", "mp4")
    assert len(of_type(result, "audio")) == 1
    assert PRESETS[work.plan.preset].container == "mp4"


@pytest.mark.parametrize("container", QUICK)
def test_a_part_in_which_the_sound_is_over_keeps_its_track(container: str, tmp_path: Path) -> None:
    """ffmpeg leaves a track without a packet out, and the check would miss it after hours of work."""
    clip, short = clip_of(tmp_path, frames=FRAMES), tmp_path / "short.mkv"
    noise = "anoisesrc=seed=7:duration=1"
    ffmpeg("-i", clip, "-f", "lavfi", "-i", noise, "-map", "0", "-map", "1", "-c:v", "copy", "-c:a", "wmav2", short)
    work = work_with(short, container, trim=(50, 70), audio=(sound("wmav2"),))
    result = result_of(work, tmp_path, container)
    verified = verify(work.source, work.facts, work.plan, result, LIMITS)
    assert verified.audio_streams == 1

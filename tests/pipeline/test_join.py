"""Parts of a film become one file: every frame, in order, each part's sound beside its own pictures."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.clips import corpus, ffmpeg, make_clip
from tests.listening import sound_shift_ms
from tests.pipeline.conftest import LIMITS, analysed
from tests.pipeline.facts_of import facts_of
from upscaler.pipeline.core.errors import Refused, Stopped
from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.stream_facts import AudioStream
from upscaler.pipeline.join.join_files import Part, bytes_needed, frames_in_all, frames_of, join
from upscaler.pipeline.join.shape import shape_of


def measured(path: Path) -> Part:
    return Part(path, analysed(path))


def joined(paths: Sequence[Path], target: Path) -> tuple[list[Part], Facts]:
    """The parts, and what is measured in the film that was made of them."""
    parts = [measured(path) for path in paths]
    count = join(parts, target, LIMITS)
    film = measured(target).facts
    assert film.frames == film.decoded_frames == count == frames_in_all([part.facts for part in parts])
    assert film.timing == "constant"
    return parts, film


def pictures(path: Path, size: tuple[int, int]) -> NDArray[np.uint8]:
    """All frames in gray, decoded without a line of the code under test."""
    bare = subprocess.check_output(
        ["ffmpeg", "-v", "error", "-i", f"file:{path}", "-fps_mode", "passthrough", "-vf", "extractplanes=y",
         "-f", "rawvideo", "-"],
        timeout=60,
    )  # fmt: skip
    return np.frombuffer(bare, np.uint8).reshape(-1, size[1], size[0])


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("parts")
    return {
        "plain": make_clip(folder / "plain.avi", frames=45, rate="30"),
        "late": make_clip(folder / "late.mkv", frames=60, rate="30", sound_late=0.4, extra=("-bf", "0")),
        "slow": make_clip(folder / "slow.avi", frames=25, rate="12", extra=("-ar", "22050", "-ac", "2")),
        "silent": make_clip(folder / "silent.avi", frames=20, rate="30", sound=None),
        "tall": make_clip(folder / "tall.avi", frames=20, rate="30", size="48x96"),
        "wide": make_clip(folder / "wide.avi", frames=20, rate="30", size="72x48", sar="8/9"),
    }


def test_parts_that_agree_keep_every_bit(clips: dict[str, Path], tmp_path: Path) -> None:
    film = tmp_path / "film.mkv"

    parts, facts = joined([clips["plain"], clips["late"], clips["silent"]], film)

    assert (facts.frames, facts.rate, facts.width, facts.height, facts.sar) == (125, 30, 64, 48, 1)
    assert (facts.codec, facts.pix_fmt) == ("ffv1", parts[0].facts.pix_fmt)
    assert (facts.matrix, facts.full_range, facts.colour_tagged) == ("smpte170m", False, False)
    expected = np.concatenate([pictures(part.path, (64, 48)) for part in parts])
    assert np.array_equal(pictures(film, (64, 48)), expected)


def test_each_part_s_sound_stays_beside_its_own_pictures(clips: dict[str, Path], tmp_path: Path) -> None:
    """Within 10 ms, at every boundary, at mixed rates of frames and of samples."""
    film = tmp_path / "film.mkv"

    parts, facts = joined([clips[name] for name in ("slow", "late", "silent", "plain")], film)

    stream = facts.audio[0]
    assert (stream.codec, stream.sample_rate, stream.channels) == ("flac", 44100, 2)
    begins = Fraction(0)
    for part in parts:
        if part.facts.audio:
            first, last = float(begins) + 0.5, float(begins + part.facts.duration)
            shift = sound_shift_ms(part.path, film, source_zero=-float(begins), window=(first, last))
            assert abs(shift) <= 10, part.path.name
        begins += Fraction(frames_of(part.facts, facts.rate), 30)


@pytest.mark.parametrize(
    "names",
    [
        ("wmv2_320x240_30_wma.wmv", "xvid_320x240_audio_late_0.75s.mkv"),
        ("h264_320x240_audio_early_0.4s.mp4", "mpeg4_320x240_vfr_aac.mp4"),
    ],
)
def test_real_parts_stay_in_sync(names: tuple[str, str], tmp_path: Path) -> None:
    film = tmp_path / "film.mkv"

    parts, _ = joined([corpus(name) for name in names], film)

    begins = float(parts[0].facts.duration)
    window = (begins + 1, begins + 4)
    assert abs(sound_shift_ms(parts[0].path, film, window=(1, 4))) <= 10
    assert abs(sound_shift_ms(parts[1].path, film, source_zero=-begins, window=window)) <= 10


def test_a_slower_part_is_brought_to_the_highest_rate_and_loses_no_frame(
    clips: dict[str, Path], tmp_path: Path
) -> None:
    film = tmp_path / "film.mkv"

    parts, facts = joined([clips["slow"], clips["plain"]], film)

    assert facts.rate == 30
    assert facts.frames == 63 + 45
    slow = pictures(parts[0].path, (64, 48))
    shown = pictures(film, (64, 48))[:63]
    changes = [0, *(k for k in range(1, len(shown)) if not np.array_equal(shown[k], shown[k - 1]))]
    assert np.array_equal(shown[changes], slow), "every frame once, in order"
    assert all(abs(Fraction(at, 30) - Fraction(k, 12)) <= Fraction(1, 60) for k, at in enumerate(changes))


def test_mixed_sizes_become_the_largest_in_square_pixels(clips: dict[str, Path], tmp_path: Path) -> None:
    film = tmp_path / "film.mkv"

    _, facts = joined([clips["plain"], clips["tall"], clips["wide"]], film)

    assert (facts.width, facts.height, facts.sar, facts.frames) == (48, 96, 1, 85)
    shown = pictures(film, (48, 96))
    assert shown[10, :28].mean() < 20, "64x48 in 48x96 has 30 black rows above and below"
    assert shown[10, 34:62].mean() > 60
    assert shown[50, :, :4].mean() > 40, "the tall part fills the picture"


def test_rows_of_fields_are_kept_where_all_parts_agree(clips: dict[str, Path], tmp_path: Path) -> None:
    interlaced = facts_of(field_order="bff", fields_are="apart")

    assert shape_of([interlaced, interlaced]).field_order == "bff"
    assert shape_of([interlaced, facts_of()]).field_order == "progressive"
    assert shape_of([interlaced, replace(interlaced, field_order="tff")]).field_order == "progressive"

    plain = measured(clips["plain"])
    part = Part(plain.path, replace(plain.facts, field_order="bff", fields_are="apart"))
    join([part, part], tmp_path / "film.mkv", LIMITS)
    said = subprocess.check_output(
        ["ffprobe", "-v", "error", "-show_entries", "stream=field_order", "-of", "csv=p=0", tmp_path / "film.mkv"],
        text=True, timeout=30,
    )  # fmt: skip
    assert said.split() == ["bb"]


@pytest.mark.parametrize("pix_fmt", ["yuvj420p", "yuv422p", "yuv410p"])
def test_other_formats_of_pixels_are_kept_as_they_are(pix_fmt: str, tmp_path: Path) -> None:
    clip = tmp_path / "clip.mkv"
    codec = ("-c:v", "mjpeg", "-q:v", "3") if pix_fmt == "yuvj420p" else ("-c:v", "ffv1")
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=66x50:rate=15", "-frames:v", "8", *codec, "-pix_fmt", pix_fmt, clip)

    _, facts = joined([clip, clip], tmp_path / "film.mkv")

    assert facts.full_range is (pix_fmt == "yuvj420p")
    once = pictures(clip, (66, 50))
    assert np.array_equal(pictures(tmp_path / "film.mkv", (66, 50)), np.concatenate([once, once]))


def test_every_track_is_joined_and_keeps_its_language(clips: dict[str, Path], tmp_path: Path) -> None:
    two = tmp_path / "two.mkv"
    languages = ("-metadata:s:a:0", "language=deu", "-metadata:s:a:1", "language=fra")
    ffmpeg("-i", clips["plain"], "-map", "0:v", "-map", "0:a", "-map", "0:a", "-c", "copy", *languages, two)

    _, facts = joined([two, two, clips["silent"]], tmp_path / "film.mkv")

    assert [(stream.codec, stream.language) for stream in facts.audio] == [("flac", "deu"), ("flac", "fra")]


def test_a_part_that_gives_too_little_does_not_move_the_others(clips: dict[str, Path], tmp_path: Path) -> None:
    plain, silent = measured(clips["plain"]), measured(clips["silent"])
    short = Part(silent.path, replace(silent.facts, frames=26))

    assert join([short, plain], tmp_path / "film.mkv", LIMITS) == 71

    shown = pictures(tmp_path / "film.mkv", (64, 48))
    assert np.array_equal(shown[25], shown[19]), "the last frame goes on being shown"
    assert np.array_equal(shown[26], pictures(plain.path, (64, 48))[0])


def test_a_part_that_is_gone_is_said(clips: dict[str, Path], tmp_path: Path) -> None:
    plain = measured(clips["plain"])
    silent = measured(clips["silent"])
    gone = Part(tmp_path / "gone.avi", silent.facts)

    with pytest.raises(Refused, match=r"Part 2 can no longer be read"):
        join([plain, gone], tmp_path / "film.mkv", LIMITS)


def test_whoever_watches_can_stop_it(clips: dict[str, Path], tmp_path: Path) -> None:
    plain = measured(clips["plain"])
    seen: list[int] = []

    def stop_at_100(frames: int) -> None:
        seen.append(frames)
        if frames >= 100:
            raise Stopped

    with pytest.raises(Stopped):
        join([plain] * 4, tmp_path / "film.mkv", LIMITS, stop_at_100)
    assert seen == [50, 100]
    assert list(tmp_path.iterdir()) == [tmp_path / "film.mkv"], "the bare samples are gone"


def test_the_room_that_it_takes_is_told_before(clips: dict[str, Path], tmp_path: Path) -> None:
    hour = facts_of(width=640, height=480, frames=108_000, decoded_frames=108_000)

    assert 35 * 1024**3 < bytes_needed([hour]) < 40 * 1024**3
    stereo = AudioStream(0, "mp3", 44100, 2, "", "")
    assert bytes_needed([hour]) - bytes_needed([replace(hour, audio=())]) == 2 * 3600 * 44100 * 4
    assert bytes_needed([replace(hour, audio=(stereo, stereo))]) > bytes_needed([hour])

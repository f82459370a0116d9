"""A result plays as long as its source does, and picture and sound stay together, whatever the source's clock is like.

Flashes and bursts of noise are at the same moments in each clip, and have to be so in the result, by its own clock.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.clips import ffmpeg
from tests.flashing import (
    LIMITS,
    STAMPED,
    TV_STREAM,
    flashing,
    flv_tag_at,
    flv_tags,
    joined,
    noise,
    pictures,
    upscaled,
)
from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.recipe import Recipe
from upscaler.pipeline.output.damage_report import warnings
from upscaler.pipeline.planning.plan import make_plan
from upscaler.pipeline.source.analyse import analyse
from upscaler.pipeline.source.probe import probe
from upscaler.pipeline.tracks.sound_timeline import write_sound_timeline

H264, MPEG2, SPARK = ("-c:v", "libx264", "-preset", "veryfast"), ("-c:v", "mpeg2video"), ("-c:v", "flv", "-q:v", "8")
MP3, AAC, PCM, VORBIS, AC3 = (("-c:a", codec) for codec in ("libmp3lame", "aac", "pcm_s16le", "libvorbis", "ac3"))
IN_A_FLASH = (0.4, 1.0, 2.2, 2.8)


def facts_of(path: Path) -> Facts:
    return analyse(path, probe(path, LIMITS), LIMITS)


# --- rates


@pytest.mark.parametrize(
    ("name", "rate", "video", "audio"),
    [
        ("phone.mp4", "240", H264, AAC),
        ("screen.mkv", "144", H264, VORBIS),
        ("dos.flv", "70", SPARK, MP3),
        ("dos.wmv", "72", ("-c:v", "wmv2"), ("-c:a", "wmav2")),
        ("nes.flv", "60.0988", SPARK, MP3),
    ],
)
def test_a_high_or_odd_rate_keeps_its_length_and_its_sound(
    name: str, rate: str, video: tuple[str, ...], audio: tuple[str, ...], tmp_path: Path
) -> None:
    result = upscaled(flashing(tmp_path / name, video, audio, rate=rate, seconds=2.5))
    gap = 1 / float(rate)
    assert result.seconds == pytest.approx(2.5, abs=1.5 * gap + 0.002)
    assert result.frames == pytest.approx(2.5 * float(rate), abs=2)
    assert result.warnings == ""
    result.is_together(3, frames=1)


@pytest.mark.parametrize(
    ("name", "rate", "video"),
    [
        ("a.mkv", "240", H264),
        ("a.flv", "75", SPARK),
        ("a.flv", "72", SPARK),
        ("a.flv", "144", SPARK),
        ("a.wmv", "70", ("-c:v", "wmv2")),
        ("a.avi", "240", ("-c:v", "mpeg4")),
        ("a.mkv", "165", H264),
        ("a.ts", "100", MPEG2),
        ("a.mp4", "85", H264),
        ("a.mkv", "59.7275", H264),
    ],
)
def test_the_rate_is_the_one_that_was_recorded(name: str, rate: str, video: tuple[str, ...], tmp_path: Path) -> None:
    path = tmp_path / name
    ffmpeg("-f", "lavfi", "-i", pictures(rate, 3), *video, path)
    facts = facts_of(path)
    recorded = float(Fraction(rate))
    assert float(facts.rate) == pytest.approx(recorded, rel=0.001)
    assert facts.frames == pytest.approx(3 * recorded, abs=3)
    assert facts.frames - facts.decoded_frames <= 1
    assert float(facts.duration) == pytest.approx(3, abs=2 / recorded)


@pytest.mark.parametrize("rate", ["300", "500"])
def test_more_than_240_frames_a_second_are_thinned_out_and_that_is_said(rate: str, tmp_path: Path) -> None:
    result = upscaled(flashing(tmp_path / "fast.mp4", H264, AAC, rate=rate, seconds=1.5))
    kept = {"300": Fraction(150), "500": Fraction(500, 3)}[rate]
    assert Fraction(result.receipt["plan"]["rate"]) == kept
    assert (result.frames, result.seconds) == (1.5 * kept, pytest.approx(1.5, abs=0.01))
    assert f"less than the video's own {rate}, some frames are left out" in result.warnings
    result.is_together(2, frames=1)


JITTER = "settb=1/{base},setpts='round(N*{base}/{rate}+mod(N*7919,{most}))'"


@pytest.mark.parametrize(
    ("name", "base", "rate", "most"),
    [("phone.mp4", 90000, 27.4, 900), ("clip.mkv", 1000, 36, 17), ("clip.ts", 90000, 22, 1500)],
)
def test_a_jittered_rate_keeps_its_length_and_its_sound(
    name: str, base: int, rate: float, most: int, tmp_path: Path
) -> None:
    shown = JITTER.format(base=base, rate=rate, most=most)
    video = ("-c:v", "libx264", "-bf", "0", *(("-video_track_timescale", str(base)) if name.endswith("mp4") else ()))
    source = flashing(tmp_path / name, video, ("-c:a", "mp2" if name.endswith("ts") else "aac"), rate=str(rate),
                      seconds=4, shown=shown, extra=TV_STREAM if name.endswith("ts") else ())  # fmt: skip
    result = upscaled(source)
    gap = 1 / rate
    assert result.seconds == pytest.approx(4, abs=1.7 * gap)
    assert result.frames >= int(4 * rate)
    result.is_together(4, frames=1.7)


@pytest.mark.parametrize("rates", [(30, 24), (24, 30), (15, 60)])
def test_a_rate_that_changes_midway_is_never_below_the_clock(rates: tuple[int, int], tmp_path: Path) -> None:
    first, second = rates
    path = tmp_path / "dark.mp4"
    part = first * 2
    stamps = f"settb=1/90000,setpts='if(lt(N,{part}),N*90000/{first},180000+(N-{part})*90000/{second})+mod(N*7919,200)'"
    ffmpeg("-f", "lavfi", "-i", f"testsrc2=size=64x48:rate=30,trim=end_frame={part + 2 * second},{stamps}", *STAMPED,
           "-c:v", "libx264", "-bf", "0", "-video_track_timescale", "90000", path)  # fmt: skip
    facts = facts_of(path)
    assert facts.decoded_frames == part + 2 * second
    assert float(facts.duration) == pytest.approx(4, abs=2 / min(rates))


# --- soft telecine


def in_fields(path: Path, of_frame: str, source: Path) -> Path:
    """The same packets, each at a number of fields (60000/1001 a second): an expression of its number N."""
    stamp = f"round(({of_frame})*1501.5)".replace(",", "\\,")
    ticks = f"setts=ts={stamp}:duration=3003" if path.suffix == ".ts" else f"setts=ts={stamp}/90"
    ffmpeg("-i", source, "-c", "copy", "-bsf:v", ticks, *TV_STREAM, path)
    return path


NOISY = "testsrc2=size=64x48:rate=24,noise=alls=24:allf=t,trim=end_frame={frames}"


def film(path: Path, frames: int, video: tuple[str, ...]) -> Path:
    """Frames without a word of their rate yet."""
    ffmpeg("-f", "lavfi", "-i", NOISY.format(frames=frames), *video, "-bf", "0", *TV_STREAM, path)
    return path


@pytest.mark.parametrize("phase", ["0", "0.5"])
@pytest.mark.parametrize(("ending", "video"), [("ts", MPEG2), ("mkv", H264), ("mkv", ("-c:v", "mpeg4"))])
def test_film_that_flags_make_video_comes_out_as_film(
    ending: str, video: tuple[str, ...], phase: str, tmp_path: Path
) -> None:
    once = film(tmp_path / f"film.{ending}", 72, video)
    facts = facts_of(in_fields(tmp_path / f"flags.{ending}", f"floor(N*5/2+{phase})", once))
    assert (facts.rate, facts.frames, facts.decoded_frames) == (Fraction(24000, 1001), 72, 72)
    assert facts.repeats.numbers() == frozenset()


def test_the_sound_of_film_that_flags_make_video_stays_with_it(tmp_path: Path) -> None:
    once = flashing(tmp_path / "film.ts", (*MPEG2, "-bf", "0"), AC3, rate="24000/1001", sample_rate=48000,
                    extra=TV_STREAM)  # fmt: skip
    result = upscaled(in_fields(tmp_path / "flags.ts", "floor(N*5/2)", once))
    assert (result.receipt["plan"]["rate"], result.frames) == ("24000/1001", 72)
    result.is_together(4, frames=1)


def test_film_between_video_is_at_the_rate_of_the_video(tmp_path: Path) -> None:
    """Frames of three fields would be jerky at 24 a second beside those of two; half the fields' rate has all of it."""
    fields = "if(lt(N,60),floor(N*5/2),150+2*(N-60))"
    facts = facts_of(in_fields(tmp_path / "mixed.ts", fields, film(tmp_path / "film.ts", 120, MPEG2)))
    assert facts.rate == Fraction(30000, 1001)
    assert float(facts.duration) == pytest.approx(270 * 1001 / 60000, abs=0.04)


# --- clocks that begin anew, or jump


def flv(folder: Path, *, seconds: float = 3, audio: tuple[str, ...] = MP3) -> bytes:
    return flashing(folder / "once.flv", SPARK, audio, seconds=seconds).read_bytes()


def of_tags(path: Path, data: bytes, time_of: Callable[[int, int], int], *more: bytes) -> Path:
    """The file with another time for each of its tags: ``time_of`` takes a tag's type and its own time."""
    moved = b"".join(flv_tag_at(tag, time_of(kind, time)) for kind, time, tag in flv_tags(data))
    path.write_bytes(data[:13] + moved + b"".join(more))
    return path


@pytest.mark.parametrize("audio", [MP3, AAC])
def test_three_recordings_of_one_flv_are_whole_and_together(audio: tuple[str, ...], tmp_path: Path) -> None:
    once = flv(tmp_path, seconds=2.4, audio=audio)
    source = tmp_path / "reconnects.flv"
    source.write_bytes(once + once[13:] + once[13:])
    result = upscaled(source)
    assert result.frames == pytest.approx(180, abs=6)
    assert result.seconds == pytest.approx(7.2, abs=0.25)
    assert result.warnings.count("starts over") == 2
    result.is_together(9, frames=0.5)


@pytest.mark.parametrize("jump", [3600_000, -3600_000])
def test_a_clock_that_jumps_by_an_hour_takes_pictures_and_sound_along(jump: int, tmp_path: Path) -> None:
    base = 3700_000
    source = of_tags(tmp_path / "jump.flv", flv(tmp_path), lambda _, time: base + time + (jump if time >= 1500 else 0))
    result = upscaled(source)
    assert (result.frames, result.seconds) == (75, pytest.approx(3, abs=0.1))
    # ffmpeg takes the way back for one around the 32 bits of FLV's times
    assert ("jumps ahead by 1:00:0" if jump > 0 else "the file's clock jumps") in result.warnings
    result.is_together(4)
    assert result.sound().end == pytest.approx(3, abs=0.15)


def test_a_jump_of_twenty_seconds_is_a_pause_for_both(tmp_path: Path) -> None:
    source = of_tags(tmp_path / "pause.flv", flv(tmp_path), lambda _, time: time + 20_000 * (time >= 1500))
    result = upscaled(source)
    assert result.seconds == pytest.approx(23, abs=0.1)
    result.is_together(4)


def test_sound_whose_clock_begins_anew_while_pictures_go_on_stays_with_them(tmp_path: Path) -> None:
    source = of_tags(
        tmp_path / "sound.flv", flv(tmp_path), lambda kind, time: time - (1500 if kind == 8 and time >= 1500 else 0)
    )
    result = upscaled(source)
    assert (result.frames, result.seconds) == (75, pytest.approx(3, abs=0.05))
    result.is_together(4)


def test_pictures_whose_clock_begins_anew_while_the_sound_goes_on_stay_with_it(tmp_path: Path) -> None:
    source = of_tags(
        tmp_path / "pictures.flv", flv(tmp_path), lambda kind, time: time - (1500 if kind == 9 and time >= 1500 else 0)
    )
    result = upscaled(source)
    assert (result.frames, result.seconds) == (75, pytest.approx(3, abs=0.05))
    result.is_together(4)


@pytest.mark.parametrize(("kind", "at"), [(9, 700), (9, 2000), (8, 2000)])
@pytest.mark.parametrize("wild", [9_000_000, 4500])
def test_one_wild_time_moves_nothing_else(kind: int, at: int, wild: int, tmp_path: Path) -> None:
    """``kind`` is 8 for sound and 9 for pictures."""
    data = flv(tmp_path)
    odd = min(time for of, time, _ in flv_tags(data) if of == kind and time >= at)
    source = of_tags(tmp_path / "wild.flv", data, lambda of, time: wild if (of, time) == (kind, odd) else time)
    result = upscaled(source)
    assert (result.frames, result.seconds) == (pytest.approx(75, abs=1), pytest.approx(3, abs=0.05))
    result.is_together(4, frames=1)


def test_frames_that_share_a_time_do_not_make_the_film_longer(tmp_path: Path) -> None:
    """One more every second, as where parts overlap by a frame: at 25 a second, each would put off all that follows."""

    def shared(kind: int, time: int) -> int:
        return time - 40 * (time // 1000) if kind == 9 else time

    source = of_tags(tmp_path / "shared.flv", flv(tmp_path, seconds=6), shared)
    facts = facts_of(source)
    assert facts.decoded_frames == 150
    assert float(facts.duration) == pytest.approx(5.8, abs=0.09)


@pytest.mark.parametrize(
    ("name", "video", "audio"),
    [
        ("w.webm", ("-c:v", "libvpx", "-b:v", "200k", "-deadline", "realtime", "-cpu-used", "8"), VORBIS),
        ("w.mkv", H264, PCM),
    ],
)
def test_matroska_behind_itself_has_both_halves_whole(
    name: str, video: tuple[str, ...], audio: tuple[str, ...], tmp_path: Path
) -> None:
    once = flashing(tmp_path / name, video, audio, seconds=2)
    result = upscaled(joined(tmp_path / f"twice_{name}", once, once))
    assert (result.frames, result.seconds) == (pytest.approx(100, abs=2), pytest.approx(4, abs=0.1))
    assert result.warnings.count("starts over") == 1
    result.is_together(4, frames=0.5)


@pytest.mark.parametrize("name", ["t.ts", "p.mpg"])
def test_broadcast_behind_itself_has_both_halves_whole(name: str, tmp_path: Path) -> None:
    once = flashing(tmp_path / name, MPEG2, ("-c:a", "mp2"), seconds=2)
    result = upscaled(joined(tmp_path / f"twice_{name}", once, once))
    assert (result.frames, result.seconds) == (pytest.approx(100, abs=2), pytest.approx(4, abs=0.15))
    result.is_together(4, frames=0.5)


def test_a_jump_within_matroska_is_taken_out_of_both(tmp_path: Path) -> None:
    source = flashing(tmp_path / "jump.mkv", H264, PCM, shown="settb=1/1000,setpts='N*40+gte(N,40)*7200000'",
                      heard="asetpts='PTS+gte(T,1.6)*7200/TB'")  # fmt: skip
    result = upscaled(source)
    assert (result.frames, result.seconds) == (75, pytest.approx(3, abs=0.05))
    result.is_together(4)


# --- long pauses, and sound that outlasts its pictures


def test_slides_with_a_long_pause_stay_as_long_as_their_sound(tmp_path: Path) -> None:
    source = tmp_path / "slides.mkv"
    slides = "testsrc2=size=64x48:rate=1:duration=6,settb=1/1000,setpts='N*1000+gte(N,3)*700000'"
    burst = "aevalsrc='if(between(t,703,703.4),0.5*(2*random(0)-1),0)':s=8000:d=706"
    ffmpeg("-f", "lavfi", "-i", slides, "-f", "lavfi", "-i", burst, *STAMPED, "-c:v", "mpeg4", *VORBIS, source)
    facts = facts_of(source)
    assert (facts.rate, facts.frames, facts.seams, facts.is_damaged) == (1, 706, (), False)
    assert facts.repeats.numbers() == frozenset(range(3, 703))
    sound = write_sound_timeline(source, facts, facts.audio[0], tmp_path / "bare", LIMITS)
    samples = np.frombuffer(sound.path.read_bytes(), np.int16)
    assert len(samples) / 8000 == pytest.approx(706, abs=0.1)
    slide = 703 + float(facts.first_frame_time)
    assert np.flatnonzero(np.abs(samples) > 3000)[0] / 8000 == pytest.approx(slide, abs=0.02)


@pytest.mark.parametrize("audio", [VORBIS, AAC])
def test_sound_that_goes_on_behind_the_last_picture_is_kept_to_its_end(audio: tuple[str, ...], tmp_path: Path) -> None:
    still, source = tmp_path / "one.avi", tmp_path / "still.mkv"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25", "-frames:v", "1", "-c:v", "mpeg4", still)
    ffmpeg("-i", still, "-f", "lavfi", "-i", "aevalsrc='0.3*sin(2*PI*(300+t)*t)':s=8000:d=100", "-map", "0:v", "-map",
           "1:a", "-c:v", "copy", *audio, source)  # fmt: skip
    result = upscaled(source)
    assert result.sound().end == pytest.approx(100, abs=0.3)


# --- empty pictures in an AVI


def avi_without(path: Path, is_empty: Callable[[int], bool]) -> Path:
    """An AVI in which the pictures of some numbers are empty chunks: the one before them stays. Its index says so."""
    data = path.read_bytes()
    start = data.index(b"movi") - 8
    at, movi, index, number = start + 12, b"movi", b"", 0
    while data[at : at + 4] in (b"00dc", b"01wb"):
        kind, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        body = data[at + 8 : at + 8 + size]
        if kind == b"00dc":
            body = b"" if is_empty(number) else body
            number += 1
        index += kind + b"".join(one.to_bytes(4, "little") for one in (16, len(movi), len(body)))
        movi += kind + len(body).to_bytes(4, "little") + body + b"\0" * (len(body) % 2)
        at += 8 + size + size % 2
    lists = b"LIST" + len(movi).to_bytes(4, "little") + movi + b"idx1" + len(index).to_bytes(4, "little") + index
    whole = data[8:start] + lists
    path.write_bytes(b"RIFF" + len(whole).to_bytes(4, "little") + whole)
    return path


@pytest.mark.parametrize("codec", ["mpeg4", "mjpeg"])
def test_empty_pictures_at_the_end_of_an_avi_hold_the_last_one(codec: str, tmp_path: Path) -> None:
    source = flashing(tmp_path / "held.avi", ("-c:v", codec, "-bf", "0"))
    result = upscaled(avi_without(source, lambda number: number >= 60))
    assert (result.frames, result.seconds, result.warnings) == (75, 3, "")
    held = result.pictures.gray[59:].astype(int)
    assert abs(held - held[0]).max() <= 3
    assert result.sound().end == pytest.approx(3, abs=0.1)


def test_empty_pictures_in_the_middle_of_an_avi_hold_the_one_before_them(tmp_path: Path) -> None:
    source = flashing(tmp_path / "thin.avi", ("-c:v", "mjpeg"), rate="30")
    facts = facts_of(avi_without(source, lambda number: number % 3 == 2))
    assert (facts.rate, facts.frames, facts.decoded_frames, facts.is_damaged) == (30, 90, 60, False)
    assert facts.repeats.numbers() >= set(range(2, 90, 3))


def test_an_avi_that_is_cut_off_is_still_said_to_end_early(tmp_path: Path) -> None:
    source = flashing(tmp_path / "cut.avi", ("-c:v", "mjpeg"), seconds=4)
    data = source.read_bytes()
    source.write_bytes(data[: len(data) // 2])
    facts = facts_of(source)
    said = warnings(facts, make_plan(facts, Recipe(), 4, LIMITS))
    assert any("before its declared end" in one or "file lists are missing" in one for one in said)


def test_jittered_pictures_that_are_thinned_out_do_not_drift(tmp_path: Path) -> None:
    path = tmp_path / "burst.mkv"
    times = "settb=1/1000,setpts='floor(N/4)*66+mod(N,4)*2'"
    ffmpeg("-f", "lavfi", "-i", f"testsrc2=size=64x48:rate=60:duration=4,{times}", "-f", "lavfi", "-i", noise(4),
           *STAMPED, *H264, "-bf", "0", *AAC, path)  # fmt: skip
    facts = facts_of(path)
    assert facts.decoded_frames == 240
    assert float(facts.duration) == pytest.approx(60 * 0.066, abs=0.08)

"""Sound that changes midway, that is for odd loudspeakers, that is damaged or is not there: it never costs the film."""

from __future__ import annotations

import json
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.clips import ffmpeg
from tests.flashing import LIMITS, TV_STREAM, Outcome, flashing, joined, noise, pictures, upscaled
from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.stream_facts import AudioStream, SoundForm
from upscaler.pipeline.output import assemble
from upscaler.pipeline.source.analyse import analyse
from upscaler.pipeline.source.probe import probe
from upscaler.pipeline.tracks.sound_format import encodable_form
from upscaler.pipeline.tracks.sound_timeline import PcmFile, write_sound_timeline

H264, MPEG2 = ("-c:v", "libx264", "-preset", "veryfast"), ("-c:v", "mpeg2video")
SIX = "pan=5.1|FL=c0|FR=c0|FC=c0|BL=c0|BR=c0|LFE=c0"
WORDS = "1\n00:00:00,100 --> 00:00:00,900\nHeadshot\n\n2\n00:00:01,000 --> 00:00:01,500\nok\n"


def facts_of(path: Path) -> Facts:
    return analyse(path, probe(path, LIMITS), LIMITS)


def streams_of(path: Path, kind: str) -> list[dict[str, Any]]:
    command = ["ffprobe", "-v", "error", "-show_streams", "-of", "json", f"file:{path}"]
    found: list[dict[str, Any]] = json.loads(subprocess.check_output(command, timeout=60))["streams"]
    return [stream for stream in found if stream["codec_type"] == kind]


def parts(folder: Path, ending: str, codec: str, forms: tuple[tuple[int, int], ...], *, tone: bool = False) -> Path:
    """Two seconds for each (sample rate, channels), in broadcasts one every 2.2 s of one clock."""
    made = []
    for number, (rate, channels) in enumerate(forms):
        sound = f"sine=1000:sample_rate={rate}:duration=2" if tone else noise(2, rate, seed=number)
        video = H264 if codec == "aac" else ("-c:v", "mpeg1video") if ending == "mpg" else MPEG2
        made.append(folder / f"part{number}.{ending}")
        ffmpeg("-f", "lavfi", "-i", pictures("25", 2), "-f", "lavfi", "-i", sound, *video, "-c:a", codec,
               *(("-af", SIX) if channels == 6 else ("-ac", str(channels))), *TV_STREAM,
               *(("-output_ts_offset", str(2.2 * number)) if ending == "ts" else ()), made[-1])  # fmt: skip
    return joined(folder / f"changing.{ending}", *made)


# --- forms that change midway


@pytest.mark.parametrize(
    ("ending", "codec", "forms"),
    [
        ("ts", "ac3", ((48000, 2), (48000, 6))),
        ("ts", "ac3", ((48000, 6), (48000, 2), (48000, 1))),
        ("mpg", "mp2", ((44100, 1), (44100, 2))),
        ("ts", "mp2", ((48000, 2), (32000, 2), (48000, 1))),
        ("ts", "aac", ((44100, 2), (48000, 2))),
    ],
)
def test_sound_that_changes_its_form_is_one_track_that_stays_with_the_pictures(
    ending: str, codec: str, forms: tuple[tuple[int, int], ...], tmp_path: Path
) -> None:
    result = upscaled(parts(tmp_path, ending, codec, forms))
    assert len(streams_of(result.path, "audio")) == 1
    gaps = 0.2 * (len(forms) - 1) if ending == "ts" else 0
    assert result.seconds == pytest.approx(2 * len(forms) + gaps, abs=0.1)
    result.is_together(2 * len(forms))


@pytest.mark.parametrize(
    ("codec", "rates"), [("aac", (44100, 48000)), ("mp2", (48000, 32000, 48000)), ("ac3", (32000, 48000))]
)
def test_sound_that_changes_its_rate_keeps_its_pitch(codec: str, rates: tuple[int, ...], tmp_path: Path) -> None:
    result = upscaled(parts(tmp_path, "ts", codec, tuple((rate, 2) for rate in rates), tone=True))
    for number in range(len(rates)):
        assert result.tone(2.2 * number + 0.4, 2.2 * number + 1.6) == pytest.approx(1000, abs=4)
    assert result.sound().end == pytest.approx(2.2 * len(rates) - 0.2, abs=0.15)


def test_sound_that_changes_is_not_copied_and_why_is_said(tmp_path: Path) -> None:
    result = upscaled(parts(tmp_path, "ts", "aac", ((44100, 2), (48000, 2))))
    (track,) = result.receipt["streams"]
    assert (track["said"], track["why"]) == (
        "encoded as AAC",
        "its sample rate or channels change partway",
    )


@pytest.mark.parametrize("preset", ["ffv1", "prores"])
def test_sound_that_changes_is_decoded_by_players_of_any_container(preset: str, tmp_path: Path) -> None:
    result = upscaled(parts(tmp_path, "ts", "ac3", ((48000, 2), (48000, 6))), preset=preset)
    result.is_together(4)


def avi_sound_chunks(data: bytearray) -> list[tuple[int, int]]:
    """Where the payload of each chunk of sound begins, and its size."""
    at, found = data.index(b"movi") + 4, []
    while bytes(data[at : at + 4]) in (b"00dc", b"01wb"):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        if data[at : at + 4] == b"01wb":
            found.append((at + 8, size))
        at += 8 + size + size % 2
    return found


def test_one_damaged_header_of_sound_costs_a_moment_of_it(tmp_path: Path) -> None:
    source = flashing(tmp_path / "header.avi", ("-c:v", "mpeg4", "-bf", "0"), ("-c:a", "mp2", "-ac", "2"))
    data = bytearray(source.read_bytes())
    chunks = avi_sound_chunks(data)
    data[chunks[len(chunks) // 2][0] + 3] |= 0xC0
    source.write_bytes(data)
    result = upscaled(source)
    result.is_together(4)
    assert streams_of(result.path, "audio")[0]["channels"] == 2


# --- loudspeakers


@pytest.mark.parametrize(
    ("ending", "layout", "preset", "channels"),
    [
        ("mov", "downmix", "h264", 2),
        ("mov", "FC+LFE", "h264", 2),
        ("mov", "FR", "ffv1", 1),
        ("wav.mkv", "22.2", "h264", 8),
        ("mov", "hexadecagonal", "h264", 16),
        ("mov", "7.1(wide)", "ffv1", 8),
    ],
)
def test_any_layout_of_loudspeakers_is_carried(
    ending: str, layout: str, preset: str, channels: int, tmp_path: Path
) -> None:
    source = flashing(tmp_path / f"clip.{ending}", audio=("-c:a", "pcm_s16le"), seconds=1, sample_rate=22050,
                      heard=f"aformat=channel_layouts={layout}")  # fmt: skip
    result = upscaled(source, preset=preset)
    assert [stream["channels"] for stream in streams_of(result.path, "audio")] == [channels]
    assert " is left out" not in result.warnings
    assert len(result.sound().bursts) >= 1


def test_a_left_and_a_right_track_are_two_mono_tracks_of_the_same_loudness(tmp_path: Path) -> None:
    source = tmp_path / "cut.mov"
    ffmpeg("-f", "lavfi", "-i", pictures("25", 2), "-f", "lavfi", "-i", noise(2, 22050), "-filter_complex",
           "[1:a]asplit[a][b];[a]aformat=channel_layouts=FL[l];[b]aformat=channel_layouts=FR[r]", "-map", "0:v",
           "-map", "[l]", "-map", "[r]", "-c:v", "mpeg4", "-c:a", "pcm_s16le", source)  # fmt: skip
    result = upscaled(source)
    tracks = streams_of(result.path, "audio")
    assert [(one["channels"], one["channel_layout"]) for one in tracks] == [(1, "mono"), (1, "mono")]
    result.is_together(2, track=0)
    result.is_together(2, track=1)


def test_sixteen_channels_in_a_trim_go_where_no_encoder_takes_them(tmp_path: Path) -> None:
    source = flashing(tmp_path / "clip.mov", audio=("-c:a", "pcm_s24le"), seconds=2, sample_rate=22050,
                      heard="aformat=channel_layouts=hexadecagonal")  # fmt: skip
    result = upscaled(source, preset="ffv1", trim=(5, 45))
    assert streams_of(result.path, "audio")[0]["channels"] == 16
    result.is_together(2)


@pytest.mark.parametrize(
    ("channels", "layout", "named"),
    [
        (1, "FR", "mono"),
        (1, "", "mono"),
        (2, "downmix", "stereo"),
        (2, "FC+LFE", "stereo"),
        (3, "2.1", "2.1"),
        (3, "", "3.0"),
        (6, "5.1(side)", "5.1(side)"),
        (6, "cube", "5.1"),
        (11, "", ""),
    ],
)
def test_layouts_have_a_name_that_encoders_know(channels: int, layout: str, named: str) -> None:
    stream = AudioStream(0, "pcm_s16le", 48000, channels, "", "", layout=layout)
    assert encodable_form(stream) == SoundForm(48000, channels, named)


def test_more_channels_than_are_taken_are_mixed_down() -> None:
    stream = AudioStream(0, "pcm_s16le", 48000, 24, "", "", layout="22.2")
    assert encodable_form(stream, 16) == SoundForm(48000, 8, "7.1")


# --- tracks of which nothing, or not all, can be heard


@pytest.mark.parametrize(
    ("name", "video", "audio"),
    [
        ("empty.wmv", ("-c:v", "wmv2"), ("-c:a", "wmav2")),
        ("empty.mkv", H264, ("-c:a", "aac")),
    ],
)
def test_an_empty_track_is_left_out_and_that_is_said(
    name: str, video: tuple[str, ...], audio: tuple[str, ...], tmp_path: Path
) -> None:
    result = upscaled(flashing(tmp_path / name, video, audio, seconds=2, extra=("-bsf:a", "noise=drop=1")))
    assert (result.frames, streams_of(result.path, "audio")) == (50, [])
    assert "Sound track 1" in result.warnings
    assert "is left out: none of it can be decoded." in result.warnings


def test_an_empty_track_takes_no_other_with_it(tmp_path: Path) -> None:
    source = tmp_path / "two.mkv"
    ffmpeg("-f", "lavfi", "-i", pictures("25", 2), "-f", "lavfi", "-i", noise(2), "-map", "0:v", "-map", "1:a", "-map",
           "1:a", "-c:v", "mpeg4", "-c:a", "ac3", "-bsf:a:0", "noise=drop=1", source)  # fmt: skip
    result = upscaled(source)
    assert len(streams_of(result.path, "audio")) == 1
    assert "Sound track 1 (ac3) is left out: none of it can be decoded." in result.warnings
    result.is_together(2)


@pytest.mark.parametrize("good", [5])
def test_a_damaged_track_is_carried_as_far_as_it_decodes(good: int, tmp_path: Path) -> None:
    """One in so many packets is whole; the others are zeros."""
    source = flashing(tmp_path / "bad.avi", ("-c:v", "mpeg4", "-bf", "0"), ("-c:a", "aac"))
    data = bytearray(source.read_bytes())
    chunks = avi_sound_chunks(data)
    for number, (at, size) in enumerate(chunks):
        if number % good:
            data[at : at + size] = bytes(size)
    source.write_bytes(data)
    result = upscaled(source)
    assert (result.frames, result.seconds) == (pytest.approx(75, abs=1), pytest.approx(3, abs=0.05))
    assert "of sound track 1 can't be decoded. The result may be silent there" in result.warnings
    whole = -(-len(chunks) // good)
    facts = facts_of(source)
    assert facts.audio[0].complaints == pytest.approx(len(chunks) - whole, abs=2)
    assert result.sound().end == pytest.approx(3, abs=0.5)


def test_words_in_letters_that_nobody_can_read_are_left_out_and_that_is_said(tmp_path: Path) -> None:
    written, source = tmp_path / "words.srt", tmp_path / "latin.mp4"
    written.write_text(WORDS)
    ffmpeg("-f", "lavfi", "-i", pictures("25", 2), "-i", written, "-map", "0", "-map", "1", "-c:v", "mpeg4",
           "-c:s", "mov_text", source)  # fmt: skip
    data = source.read_bytes().replace(b"Headshot", b"He\xe9dsh\xf6t").replace(b"\0\x02ok", b"\0\x02\xf6k")
    source.write_bytes(data)
    result = upscaled(source, preset="ffv1")
    assert (result.frames, streams_of(result.path, "subtitle")) == (50, [])
    assert "Subtitle track 1 (mov_text) is left out: its text isn't UTF-8." in result.warnings


def test_words_of_which_some_can_be_read_are_kept(tmp_path: Path) -> None:
    written, source = tmp_path / "words.srt", tmp_path / "half.mp4"
    written.write_text(WORDS)
    ffmpeg("-f", "lavfi", "-i", pictures("25", 2), "-i", written, "-map", "0", "-map", "1", "-c:v", "mpeg4",
           "-c:s", "mov_text", source)  # fmt: skip
    source.write_bytes(source.read_bytes().replace(b"Headshot", b"He\xe9dsh\xf6t"))
    result = upscaled(source, preset="ffv1")
    assert result.frames == 50
    assert len(streams_of(result.path, "subtitle")) == 1 or "Subtitle track 1 (mov_text)" in result.warnings


# --- what fails while the result is put together


def with_words(folder: Path) -> Path:
    """Two tracks of sound that have to be encoded, subtitles, a font and a chapter."""
    written, described, source = folder / "words.srt", folder / "chapters.txt", folder / "all.mkv"
    written.write_text(WORDS)
    font = folder / "plain.ttf"
    font.write_bytes(b"\0\1\0\0" + bytes(60))
    described.write_text(";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=1500\ntitle=Intro\n")
    ffmpeg("-f", "lavfi", "-i", pictures("25", 2), "-f", "lavfi", "-i", noise(2), "-i", written, "-i", described,
           "-map", "0:v", "-map", "1:a", "-map", "1:a", "-map", "2", "-map_chapters", "3", "-c:v", "mpeg4",
           "-c:a", "pcm_s16be", "-c:s", "ass", "-attach", font, "-metadata:s:t", "mimetype=font/ttf",
           source)  # fmt: skip
    return source


def counts(result: Outcome) -> tuple[int, int, int]:
    """Tracks of sound, of subtitles, and chapters."""
    command = ["ffprobe", "-v", "error", "-show_chapters", "-of", "json", f"file:{result.path}"]
    chapters = json.loads(subprocess.check_output(command, timeout=60))["chapters"]
    return len(streams_of(result.path, "audio")), len(streams_of(result.path, "subtitle")), len(chapters)


def test_a_track_that_can_not_be_laid_costs_only_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(source: Path, facts: Facts, stream: AudioStream, *rest: Any, **more: Any) -> PcmFile:
        if stream.index == 1:
            raise PipelineError(
                "The audio decoder failed (exit code 69).", permanent=True, detail="line\ntoo many errors"
            )
        return write_sound_timeline(source, facts, stream, *rest, **more)

    monkeypatch.setattr(assemble, "write_sound_timeline", failing)
    result = upscaled(with_words(tmp_path))
    assert counts(result)[0] == 1
    assert "Sound track 2 (pcm_s16be) is left out: too many errors" in result.receipt["warnings"]
    assert [one["said"] for one in result.receipt["streams"] if one["kind"] == "audio"] == [
        "encoded as AAC",
        "left out",
    ]
    result.is_together(2)


@pytest.mark.parametrize(
    ("fails_with", "left", "says"),
    [
        (
            "words",
            (2, 0, 0),
            ("Subtitle track 1 (ass)", "The chapters", "The fonts"),
        ),
        ("sound", (0, 0, 0), ("Sound track 1 (pcm_s16be)", "Sound track 2 (pcm_s16be)")),
    ],
)
def test_a_file_that_can_not_be_put_together_is_tried_with_less(
    fails_with: str, left: tuple[int, int, int], says: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = assemble._Assembly._write

    def failing(self: assemble._Assembly, extras: assemble.ExtraStreams, laid: dict[Any, Any]) -> None:
        if extras.sound if fails_with == "sound" else (extras.subtitles or extras.chapters):
            raise PipelineError("The assembly failed (exit code 1).", permanent=True, detail="no room for it")
        write(self, extras, laid)

    monkeypatch.setattr(assemble._Assembly, "_write", failing)
    result = upscaled(with_words(tmp_path), preset="ffv1")
    assert (result.frames, counts(result)) == (50, left)
    for sentence in says:
        verb = "are" if sentence.startswith("The ") else "is"
        assert f"{sentence} {verb} left out: no room for it" in result.warnings
    assert sum(one["said"] == "left out" for one in result.receipt["streams"]) == 3 - left[0]


@pytest.mark.expects_errors
def test_a_full_disk_is_no_fault_of_a_track(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: Any) -> None:
        raise PipelineError("The assembly failed (exit code 1).", permanent=True, detail="No space left on device")

    monkeypatch.setattr(assemble._Assembly, "_write", failing)
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1024))
    with pytest.raises(PipelineError, match="The assembly failed"):
        upscaled(with_words(tmp_path))


def test_words_that_can_not_be_laid_cost_only_themselves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: Any) -> None:
        raise PipelineError("The copy of the subtitles failed (exit code 1).", permanent=True)

    monkeypatch.setattr(assemble, "write_subtitle_timeline", failing)
    result = upscaled(with_words(tmp_path), preset="ffv1", trim=(0, 40))
    assert counts(result) == (2, 0, 1)
    assert "Subtitle track 1 (ass) is left out" in result.warnings


# --- laid sound itself


def laid(source: Path, folder: Path, **options: Any) -> tuple[NDArray[np.int16], PcmFile]:
    facts = facts_of(source)
    sound = write_sound_timeline(source, facts, facts.audio[0], folder / "bare", LIMITS, **options)
    samples = np.frombuffer(sound.path.read_bytes(), np.int16).reshape(-1, sound.form.channels)
    return samples, sound


def begins(samples: NDArray[np.int16], rate: int) -> float:
    """Seconds at which there is something to be heard."""
    return float(np.flatnonzero(np.abs(samples[:, 0]) > 500)[0] / rate)


def test_sound_that_begins_late_has_silence_before_it(tmp_path: Path) -> None:
    source = tmp_path / "late.mkv"
    ffmpeg("-f", "lavfi", "-i", pictures("25", 2), "-itsoffset", "0.7", "-f", "lavfi", "-i",
           "sine=500:sample_rate=8000:duration=1", "-c:v", "mpeg4", "-c:a", "pcm_s16le", source)  # fmt: skip
    samples, sound = laid(source, tmp_path)
    assert sound.form == SoundForm(8000, 1, "mono")
    assert len(samples) == pytest.approx(1.7 * 8000, abs=16)
    assert not samples[: int(0.69 * 8000)].any()
    assert begins(samples, 8000) == pytest.approx(0.7, abs=0.003)


def test_a_gap_in_the_sound_is_silence_of_its_length(tmp_path: Path) -> None:
    source = flashing(tmp_path / "gap.mkv", audio=("-c:a", "pcm_s16le"), seconds=3, sample_rate=8000,
                      heard="aselect='not(between(t,1.2,2))',asetnsamples=160")  # fmt: skip
    samples, _ = laid(source, tmp_path)
    facts = facts_of(source)
    assert len(samples) == pytest.approx(float(facts.duration) * 8000, abs=400)
    assert np.abs(samples[int(2.2 * 8000) : int(2.29 * 8000)]).mean() > 1000
    assert not samples[int(1.3 * 8000) : int(1.9 * 8000)].any()


@pytest.mark.parametrize(("start", "seconds"), [(0.0, 1.0), (0.5, 1.0), (1.9, 3.0), (5.0, 1.0)])
def test_a_part_of_the_sound_has_the_length_that_is_asked_for(start: float, seconds: float, tmp_path: Path) -> None:
    source = flashing(tmp_path / "clip.mkv", audio=("-c:a", "pcm_s16le"), sample_rate=8000)
    samples, _ = laid(source, tmp_path, start=Fraction(str(start)), seconds=Fraction(str(seconds)))
    assert len(samples) == seconds * 8000
    heard = [at for at in (0.4, 1.0, 2.2, 2.8) if start <= at < start + seconds]
    if heard:
        assert begins(samples, 8000) == pytest.approx(heard[0] - start, abs=0.003)
    else:
        assert not samples.any()


def test_sound_is_laid_in_the_form_that_is_asked_for(tmp_path: Path) -> None:
    source = flashing(tmp_path / "clip.mkv", audio=("-c:a", "pcm_s16le"), seconds=2, sample_rate=8000)
    samples, sound = laid(source, tmp_path, form=SoundForm(16000, 2, "stereo"))
    assert samples.shape == (32000, 2)
    assert (samples[:, 0] == samples[:, 1]).all()
    assert begins(samples, 16000) == pytest.approx(0.4, abs=0.003)
    assert sound.node() is not None


def test_one_channel_for_the_right_is_as_loud_as_it_was(tmp_path: Path) -> None:
    source = flashing(tmp_path / "clip.mov", audio=("-c:a", "pcm_s16le"), seconds=1, sample_rate=8000,
                      heard="aformat=channel_layouts=FR")  # fmt: skip
    samples, sound = laid(source, tmp_path)
    plain, _ = laid(flashing(tmp_path / "plain.mov", seconds=1, sample_rate=8000), tmp_path)
    assert sound.form == SoundForm(8000, 1, "mono")
    assert np.abs(samples).max() == np.abs(plain).max()


def test_deep_samples_keep_what_is_below_sixteen_bits(tmp_path: Path) -> None:
    source = tmp_path / "deep.mkv"
    ffmpeg("-f", "lavfi", "-i", pictures("25", 1), "-f", "lavfi", "-i", "aevalsrc='0.00001*sin(500*t)':s=8000:d=1",
           "-c:v", "mpeg4", "-c:a", "pcm_s32le", source)  # fmt: skip
    facts = facts_of(source)
    deep = write_sound_timeline(source, facts, facts.audio[0], tmp_path / "bare", LIMITS, samples="s32")
    assert np.abs(np.frombuffer(deep.path.read_bytes(), np.int32)).max() > 10_000


def test_nothing_to_lay_is_an_error_that_names_the_track(tmp_path: Path) -> None:
    source = flashing(tmp_path / "none.mkv", audio=("-c:a", "ac3"), seconds=1, extra=("-bsf:a", "noise=drop=1"))
    facts = facts_of(source)
    assert facts.audio[0].silent
    with pytest.raises(PipelineError, match="No part of sound track 1 can be decoded"):
        write_sound_timeline(source, facts, facts.audio[0], tmp_path / "bare", LIMITS, form=SoundForm(48000, 1, "mono"))

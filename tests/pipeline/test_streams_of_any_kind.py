"""What else is in a file: streams that begin late, stills, codecs that stay shut, broken headers, fonts. None of it
shuts the film out, and what is left out is named."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.clips import ffmpeg
from tests.flashing import LIMITS, TV_STREAM, flashing, noise, pictures, upscaled
from tests.pipeline.outputs_of import pixels_of, probed
from upscaler.pipeline.core.errors import Refused
from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.recipe import Recipe
from upscaler.pipeline.output.damage_report import warnings
from upscaler.pipeline.planning.plan import make_plan
from upscaler.pipeline.source.analyse import analyse
from upscaler.pipeline.source.probe import Probe, probe

H264, MPEG2 = ("-c:v", "libx264", "-preset", "veryfast"), ("-c:v", "mpeg2video", "-q:v", "12")
LATE = 12
"""Seconds: ffmpeg by itself looks at seven of a broadcast."""
MOMENTS = (LATE + 0.4, LATE + 1.0)


def known(path: Path) -> Probe:
    return probe(path, LIMITS)


def facts_of(path: Path) -> Facts:
    return analyse(path, known(path), LIMITS)


def said_of(path: Path) -> str:
    facts = facts_of(path)
    return " ".join(warnings(facts, make_plan(facts, Recipe(), 4, LIMITS)))


# --- what begins late


@pytest.mark.parametrize(("name", "sound"), [("late.ts", ("-c:a", "mp2")), ("late.vob", ("-c:a", "ac3"))])
def test_sound_that_begins_late_is_there_and_in_time(name: str, sound: tuple[str, ...], tmp_path: Path) -> None:
    source = tmp_path / name
    ffmpeg("-f", "lavfi", "-i", pictures("25", LATE + 2, moments=MOMENTS), "-itsoffset", str(LATE), "-f", "lavfi",
           "-i", noise(2, 48000, (0.4, 1.0)), *MPEG2, *sound, *(("-f", "vob") if name.endswith("vob") else ()),
           source)  # fmt: skip
    result = upscaled(source)
    assert (result.frames, result.warnings) == ((LATE + 2) * 25, "")
    result.is_together(2)


def test_a_second_track_that_begins_late_is_kept_beside_the_first(tmp_path: Path) -> None:
    source = tmp_path / "two.ts"
    ffmpeg("-f", "lavfi", "-i", f"testsrc2=size=64x48:rate=25:duration={LATE + 2}", "-f", "lavfi", "-i",
           noise(LATE + 2, 48000), "-itsoffset", str(LATE), "-f", "lavfi", "-i", noise(2, 48000), "-map", "0",
           "-map", "1", "-map", "2", *MPEG2, "-c:a", "ac3", source)  # fmt: skip
    facts = facts_of(source)
    assert [(one.codec, one.silent) for one in facts.audio] == [("ac3", ""), ("ac3", "")]


@pytest.mark.parametrize(("name", "video"), [("late.ts", H264), ("late.mpg", MPEG2)])
def test_pictures_that_begin_late_are_the_film(name: str, video: tuple[str, ...], tmp_path: Path) -> None:
    source = tmp_path / name
    ffmpeg("-itsoffset", str(LATE), "-f", "lavfi", "-i", pictures("25", 2, moments=(0.4, 1.0)), "-f", "lavfi", "-i",
           noise(LATE + 2, 44100, MOMENTS), *video, "-c:a", "mp2", "-fps_mode", "passthrough", source)  # fmt: skip
    result = upscaled(source)
    assert (result.frames, result.seconds) == (50, pytest.approx(2, abs=0.05))
    result.is_together(2)


def test_a_recording_that_begins_behind_a_key_frame_has_what_follows_the_next(tmp_path: Path) -> None:
    whole, source = tmp_path / "whole.ts", tmp_path / "behind.ts"
    ffmpeg("-f", "lavfi", "-i", pictures("10", LATE + 2, moments=MOMENTS), "-f", "lavfi", "-i",
           noise(LATE + 2, 32000, MOMENTS), *H264, "-g", "100", "-keyint_min", "100", "-sc_threshold", "0",
           "-c:a", "mp2", "-mpegts_flags", "+resend_headers", *TV_STREAM, whole)  # fmt: skip
    kept, seen = b"", 0
    data = whole.read_bytes()
    for at in range(0, len(data), 188):
        packet = data[at : at + 188]
        if (packet[1] & 31) << 8 | packet[2] == 256:
            seen += bool(packet[1] & 0x40)
            if seen <= 3:
                continue
        kept += packet
    source.write_bytes(kept)
    result = upscaled(source)
    assert result.frames == pytest.approx(40, abs=2)
    result.is_together(2)


# --- several streams of pictures


@pytest.mark.parametrize(
    ("name", "still", "film", "stills"),
    [
        ("thumb.mkv", "mjpeg", H264, 1),
        ("thumb.mp4", "mjpeg", H264, 1),
        ("thumb.avi", "mjpeg", ("-c:v:1", "mpeg4"), 1),
        ("thumbs.mkv", "png", H264, 3),
    ],
)
def test_a_still_before_the_film_is_not_the_film(
    name: str, still: str, film: tuple[str, ...], stills: int, tmp_path: Path
) -> None:
    source = tmp_path / name
    codec = ("-c:v:1", *film[1:])
    ffmpeg("-f", "lavfi", "-i", f"testsrc=size=32x32:rate=1:duration={stills}", "-f", "lavfi", "-i", pictures("25", 2),
           "-f", "lavfi", "-i", noise(2), "-map", "0", "-map", "1", "-map", "2", "-c:v:0", still, *codec, "-c:a", "aac",
           source)  # fmt: skip
    result = upscaled(source)
    size = result.receipt["result"]
    assert (result.frames, size["width"], size["height"]) == (pytest.approx(50, abs=1), 64, 48)
    assert result.warnings == f"Another video in the file ({still}, 32x32) is left out."
    result.is_together(2, frames=1)


def test_of_two_films_the_first_is_taken_and_the_other_named(tmp_path: Path) -> None:
    source = tmp_path / "angles.mp4"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25:duration=2", "-f", "lavfi", "-i",
           "testsrc=size=96x64:rate=25:duration=2", "-map", "0", "-map", "1", *H264, source)  # fmt: skip
    facts = facts_of(source)
    assert (facts.width, facts.frames, facts.opening.pictures) == (64, 50, "V:0")
    assert "Another video in the file (h264, 96x64) is left out." in said_of(source)


def test_a_short_film_before_a_long_one_is_the_film(tmp_path: Path) -> None:
    source = tmp_path / "short.mkv"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25:duration=1", "-f", "lavfi", "-i",
           "testsrc=size=96x64:rate=25:duration=4", "-map", "0", "-map", "1", *H264, source)  # fmt: skip
    assert (facts_of(source).width, facts_of(source).frames) == (64, 25)


def test_a_still_by_itself_is_a_film_of_one_picture(tmp_path: Path) -> None:
    source = tmp_path / "still.mkv"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25", "-frames:v", "1", "-c:v", "mjpeg", source)
    assert facts_of(source).frames == 1


# --- codecs that stay shut, and headers that make no sense


def test_a_closed_codec_beside_the_film_is_left_out_by_its_name(tmp_path: Path) -> None:
    source = flashing(tmp_path / "disc.mkv", ("-c:v", "mpeg4"), ("-c:a", "truehd", "-strict", "-2"), seconds=1,
                      sample_rate=48000)  # fmt: skip
    result = upscaled(source)
    assert (result.frames, probed(result.path)["format"]["nb_streams"]) == (25, 1)
    assert "Sound track 1 (truehd) is left out: HaloWeb doesn't open truehd." in result.warnings
    assert "damaged" not in result.warnings


def test_an_open_track_beside_a_closed_one_is_kept(tmp_path: Path) -> None:
    source = tmp_path / "both.mkv"
    ffmpeg("-f", "lavfi", "-i", pictures("25", 2), "-f", "lavfi", "-i", noise(2, 48000), "-map", "0", "-map", "1",
           "-map", "1", "-c:v", "mpeg4", "-c:a:0", "truehd", "-c:a:1", "ac3", "-strict", "-2", source)  # fmt: skip
    result = upscaled(source)
    assert result.receipt["result"]["audio_streams"] == 1
    assert [one["said"] for one in result.receipt["streams"]] == ["left out", "encoded as AAC"]
    assert (result.frames, result.receipt["source"]["decode_errors"]) == (50, 0)
    result.is_together(2)


def test_a_phone_s_closed_sound_is_left_out(tmp_path: Path) -> None:
    speech, source = tmp_path / "speech.amr", tmp_path / "phone.3gp"
    frame = b"\x3c" + bytes([8, 0x55, 0, 0x90, 0x91, 0x99]) + bytes(25)
    speech.write_bytes(b"#!AMR\n" + frame * 50)
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=176x144:rate=10:duration=1", "-i", speech, "-c:v", "h263", "-c:a",
           "copy", source)  # fmt: skip
    source.write_bytes(source.read_bytes().replace(b"samr", b"sqcp"))
    facts = facts_of(source)
    assert (facts.frames, facts.width) == (10, 176)
    assert "is left out: HaloWeb doesn't open qcelp." in said_of(source)


@pytest.mark.parametrize(
    ("name", "codec", "says"),
    [
        ("go.avi", ("cfhd", "-pix_fmt", "yuv422p10"), r"coded as CineForm \(cfhd\)"),
        ("dirac.mkv", ("vc2", "-pix_fmt", "yuv420p"), r"coded as Dirac \(dirac\)"),
        ("snow.avi", ("snow", "-strict", "-2"), r"coded as Snow \(snow\)"),
        ("digital.mov", ("jpeg2000",), r"coded as JPEG 2000 \(jpeg2000\)"),
        ("ten.mov", ("r210", "-pix_fmt", "gbrp10"), r"encoded as 10-bit RGB \(r210\)"),
        ("y41p.avi", ("y41p",), r"coded as y41p"),
    ],
)
def test_a_film_in_a_closed_codec_is_refused_by_its_name(
    name: str, codec: tuple[str, ...], says: str, tmp_path: Path
) -> None:
    source = tmp_path / name
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=96x64:rate=25:duration=0.4", "-f", "lavfi", "-i", noise(0.4, 8000),
           "-c:v", *codec, "-c:a", "pcm_s16le", source)  # fmt: skip
    with pytest.raises(Refused, match=f"{says}, which HaloWeb doesn't open") as refused:
        known(source)
    assert "not a video" not in str(refused.value)


def test_a_closed_stream_of_pictures_beside_the_film_is_left_out(tmp_path: Path) -> None:
    source = tmp_path / "proxy.mkv"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25:duration=1", "-map", "0", "-map", "0", "-c:v:0", "mpeg4",
           "-c:v:1", "snow", "-strict", "-2", source)  # fmt: skip
    facts = facts_of(source)
    assert (facts.codec, facts.frames) == ("mpeg4", 25)
    assert "Another video in the file (snow" in said_of(source)


@pytest.mark.parametrize("codec", ["adpcm_ima_wav", "pcm_u8"])
def test_a_header_of_sound_that_makes_no_sense_costs_the_sound_only(codec: str, tmp_path: Path) -> None:
    source = flashing(tmp_path / "broken.avi", ("-c:v", "mpeg4", "-bf", "0"), ("-c:a", codec), seconds=2,
                      sample_rate=22050)  # fmt: skip
    data = bytearray(source.read_bytes())
    header = data.index(b"strf", data.index(b"auds")) + 8
    data[header + 2 : header + 4] = bytes(2)  # of no channels; of 0 Hz, ffmpeg's own demuxer refuses the file
    source.write_bytes(data)
    result = upscaled(source)
    assert result.frames == 50
    if not result.receipt["result"]["audio_streams"]:
        assert "Sound track 1" in result.warnings
        assert "left out" in result.warnings


def checksum(data: bytes) -> bytes:
    """That of a broadcast's tables."""
    found = 0xFFFFFFFF
    for byte in data:
        found ^= byte << 24
        for _ in range(8):
            found = (found << 1 ^ 0x04C11DB7) & 0xFFFFFFFF if found & 0x80000000 else found << 1
    return found.to_bytes(4, "big")


def with_teletext(data: bytes) -> bytes:
    """A stream of teletext more in the program's table, with a packet of it beside each picture."""
    out, pid, table, count = bytearray(), 0x150, -1, 0
    entry = bytes([6, 0xE0 | pid >> 8, pid & 255, 0xF0, 7, 0x56, 5]) + b"eng" + bytes([9, 0])
    page = b"\0\0\1\xbd\0\x24\x84\x80\x24\x21\0\1\0\1" + b"\xff" * 31 + b"\x10\x02\x2c"
    for at in range(0, len(data), 188):
        packet = data[at : at + 188]
        number = (packet[1] & 31) << 8 | packet[2]
        if not number and packet[1] & 0x40:
            table = (packet[15] & 31) << 8 | packet[16]
        elif number == table and packet[1] & 0x40:
            length = (packet[6] & 15) << 8 | packet[7]
            section = packet[5 : 4 + length] + entry
            section = section[:1] + bytes([0xB0 | (len(section) + 1) >> 8, len(section) + 1 & 255]) + section[3:]
            packet = packet[:5] + section + checksum(section)
            packet += b"\xff" * (188 - len(packet))
        out += packet
        if number == 256 and packet[1] & 0x40:
            text = bytes([0x47, 0x40 | pid >> 8, pid & 255, 0x10 | count]) + page
            out += text + b"\xff" * (188 - len(text))
            count = count + 1 & 15
    return bytes(out)


def test_teletext_in_a_recording_is_left_out(tmp_path: Path) -> None:
    source = flashing(tmp_path / "tv.ts", MPEG2, ("-c:a", "mp2"), seconds=2, sample_rate=48000)
    source.write_bytes(with_teletext(source.read_bytes()))
    listing = subprocess.run(["ffprobe", f"file:{source}"], capture_output=True, timeout=60, check=False).stderr
    assert b"dvb_teletext" in listing
    result = upscaled(source)
    assert (result.frames, result.receipt["source"]["decode_errors"]) == (50, 0)
    assert [one["said"] for one in result.receipt["streams"] if one["kind"] == "subtitles"] == ["left out"]
    result.is_together(2)


# --- attached files


def with_attached(folder: Path, fonts: int, words: str = "ass", other: int = 0) -> Path:
    written, source = folder / "words.srt", folder / "attached.mkv"
    written.write_text("1\n00:00:00,100 --> 00:00:00,900\nHeadshot\n")
    attached: list[str | Path] = []
    for number in range(fonts + other):
        kind, ending = ("application/x-truetype-font", "ttf") if number < fonts else ("text/plain", "txt")
        file = folder / f"file{number}.{ending}"
        file.write_bytes(bytes([number]) * 300)
        attached += ["-attach", file, f"-metadata:s:t:{number}", f"mimetype={kind}"]
    ffmpeg("-f", "lavfi", "-i", pictures("25", 1), "-f", "lavfi", "-i", noise(1), "-i", written, "-c:v", "mpeg4",
           "-c:a", "libvorbis", "-c:s", words, *attached, source)  # fmt: skip
    return source


def attached_in(path: Path) -> list[tuple[str, str]]:
    streams: list[dict[str, Any]] = json.loads(json.dumps(probed(path)["streams"]))
    return [
        (stream["tags"]["filename"], stream["tags"]["mimetype"])
        for stream in streams
        if stream["codec_type"] == "attachment"
    ]


def test_more_fonts_than_streams_are_taken_are_carried_with_the_words_that_need_them(tmp_path: Path) -> None:
    result = upscaled(with_attached(tmp_path, 33), preset="ffv1")
    fonts = [(f"file{number}.ttf", "application/x-truetype-font") for number in range(33)]
    assert (result.frames, attached_in(result.path)) == (25, fonts)
    assert {"kind": "fonts", "codec": "", "said": "33 of 33 kept", "why": ""} in result.receipt["streams"]
    dumped = tmp_path / "dumped"
    subprocess.run(["ffmpeg", "-v", "quiet", "-y", "-dump_attachment:t:7", str(dumped), "-i", f"file:{result.path}"],
                   check=False, timeout=60)  # fmt: skip
    assert dumped.read_bytes() == bytes([7]) * 300


def test_fonts_without_words_that_need_them_are_left_out_and_counted(tmp_path: Path) -> None:
    result = upscaled(with_attached(tmp_path, 1, words="srt"), preset="ffv1")
    assert attached_in(result.path) == []
    assert {"kind": "fonts", "codec": "", "said": "0 of 1 kept", "why": ""} in result.receipt["streams"]


def test_other_attached_files_are_left_out_by_their_names(tmp_path: Path) -> None:
    probed_file = known(with_attached(tmp_path, 1, other=1))
    assert [(one.kind, one.name) for one in probed_file.left_out] == [("attachment", "file1.txt")]
    assert [one.name for one in probed_file.fonts] == ["file0.ttf"]


def test_too_many_attached_files_are_refused_as_what_they_are(tmp_path: Path) -> None:
    source = with_attached(tmp_path, 3)
    with pytest.raises(Refused, match="has 3 attached files; this server accepts up to 2"):
        probe(source, replace(LIMITS, max_attachments=2))
    with pytest.raises(Refused, match="has 3 streams; this server accepts up to 2"):
        probe(source, replace(LIMITS, max_streams=2))


# --- movies that only point, words within an AVI, gray


def test_a_movie_that_only_points_to_another_file_is_called_that(tmp_path: Path) -> None:
    whole, source = tmp_path / "self.mov", tmp_path / "pointer.mov"
    ffmpeg("-f", "lavfi", "-i", pictures("25", 1), "-c:v", "mpeg4", "-movflags", "+faststart", whole)
    data = whole.read_bytes()
    source.write_bytes(data[: data.index(b"mdat") - 4])
    with pytest.raises(Refused, match="only points to another file"):
        known(source)


def test_a_movie_without_a_whole_picture_is_not_said_to_be_small(tmp_path: Path) -> None:
    whole, source = tmp_path / "whole.ts", tmp_path / "no_key.ts"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25:duration=2", "-f", "lavfi", "-i", noise(2), *H264, "-g",
           "500", "-c:a", "mp2", *TV_STREAM, whole)  # fmt: skip
    packets = [whole.read_bytes()[at : at + 188] for at in range(0, whole.stat().st_size, 188)]
    starts = [n for n, one in enumerate(packets) if (one[1] & 31) << 8 | one[2] == 256 and one[1] & 0x40]
    cut = {n for n in range(starts[0], starts[3]) if (packets[n][1] & 31) << 8 | packets[n][2] == 256}
    source.write_bytes(b"".join(one for n, one in enumerate(packets) if n not in cut))
    with pytest.raises(Refused) as refused:
        facts_of(source)
    assert "0x0" not in str(refused.value)
    assert "too small" not in str(refused.value)


def with_words_inside(data: bytes, words: bytes) -> bytes:
    """An AVI with a third stream, of subtitles by DivX's GAB2, and without an index."""
    text = b"GAB2\0" + (2).to_bytes(2, "little") + bytes(4) + (4).to_bytes(2, "little")
    text += len(words).to_bytes(4, "little") + words
    head = b"txts" + bytes(16) + (1).to_bytes(4, "little") + (1000).to_bytes(4, "little") + bytes(28)
    stream = _chunk(b"LIST", b"strl" + _chunk(b"strh", head) + _chunk(b"strf", b""))
    hdrl, movi = data.index(b"hdrl") - 8, data.index(b"movi") - 8
    headers = bytearray(data[hdrl + 8 : hdrl + 8 + int.from_bytes(data[hdrl + 4 : hdrl + 8], "little")])
    headers[12 + 24 : 12 + 28] = (3).to_bytes(4, "little")
    packets = data[movi + 12 : movi + 8 + int.from_bytes(data[movi + 4 : movi + 8], "little")]
    lists = _chunk(b"LIST", bytes(headers) + stream) + _chunk(b"LIST", b"movi" + _chunk(b"02tx", text) + packets)
    return _chunk(b"RIFF", b"AVI " + lists)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return kind + len(body).to_bytes(4, "little") + body + b"\0" * (len(body) % 2)


def test_words_within_an_avi_are_no_damage(tmp_path: Path) -> None:
    source = flashing(tmp_path / "divx.avi", ("-c:v", "mpeg4", "-bf", "0"), seconds=2)
    words = b"1\r\n00:00:00,100 --> 00:00:00,900\r\nHeadshot\r\n\r\n"
    source.write_bytes(with_words_inside(source.read_bytes(), words))
    assert [one["codec_type"] for one in probed(source)["streams"]] == ["video", "audio", "subtitle"]
    result = upscaled(source, preset="ffv1")
    assert (result.frames, result.receipt["source"]["decode_errors"]) == (50, 0)
    assert "damaged" not in result.warnings
    result.is_together(2)


@pytest.mark.parametrize("pix_fmt", ["gray", "gray16le", "gray10le", "ya8"])
def test_gray_without_a_word_has_its_own_contrast(pix_fmt: str, tmp_path: Path) -> None:
    source = tmp_path / "gray.nut"
    steps = [f"color=0x{value:02x}{value:02x}{value:02x}:s=32x64:r=10:d=0.3,format=gbrp" for value in (20, 128, 235)]
    graph = f"{steps[0]}[a];{steps[1]}[b];{steps[2]}[c];[a][b][c]hstack=3,format=rgb24,format={pix_fmt}"
    ffmpeg("-f", "lavfi", "-i", graph, "-c:v", "rawvideo", "-pix_fmt", pix_fmt, source)
    result = upscaled(source, preset="ffv1")
    frame = pixels_of(result.path, 96, 64)[0]
    levels = [frame[32, at].mean() for at in (16, 48, 80)]
    assert np.abs(np.array(levels) - (20, 128, 235)).max() <= 3

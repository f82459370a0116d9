"""The gate: what is a video that we take, told from its headers."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.clips import ffmpeg, make_clip, make_sound_only
from tests.matroska import pictures_at
from tests.programs import stopped_at_first
from upscaler.pipeline.containers.asf import AsfHeader, read_asf_header
from upscaler.pipeline.core.errors import Refused, Stalled
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.stream_facts import Chapter, SubtitleStream
from upscaler.pipeline.programs import ffmpeg as ffmpeg_module
from upscaler.pipeline.programs import ffprobe as ffprobe_module
from upscaler.pipeline.source.probe import probe
from upscaler.pipeline.source.streams import fraction

UPRIGHT = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
TURNED = struct.pack(">9i", 0, 1 << 16, 0, -1 << 16, 0, 0, 48 << 16, 0, 1 << 30)
"""Matrices of an MP4. Options of ffmpeg that turn a clip are others in each of its versions."""


def test_a_clip_is_read(clip: Path, limits: Limits) -> None:
    found = probe(clip, limits)
    assert (found.container, found.codec, found.width, found.height) == ("avi", "mpeg4", 64, 48)
    assert found.r_frame_rate == 30
    assert [(stream.index, stream.codec, stream.channels) for stream in found.audio] == [(0, "pcm_s16le", 1)]


def test_pixels_that_are_not_square_are_told(tmp_path: Path, limits: Limits) -> None:
    source = make_clip(tmp_path / "dvd.mkv", size="720x480", sar="8/9", frames=2, sound=None)
    assert probe(source, limits).sar == Fraction(8, 9)


def test_a_turned_clip_has_the_size_that_is_decoded(tmp_path: Path, limits: Limits) -> None:
    upright = make_clip(tmp_path / "upright.mp4", frames=5, sound=None)
    turned = tmp_path / "turned.mp4"
    whole = upright.read_bytes()
    assert whole.count(UPRIGHT) == 2, "the matrices of the film and of its track"
    turned.write_bytes(TURNED.join(whole.rsplit(UPRIGHT, 1)))
    found = probe(turned, limits)
    assert (found.width, found.height) == (48, 64)
    assert abs(found.rotation) == 90


@pytest.mark.parametrize(("ending", "codec"), [("mkv", "srt"), ("mkv", "ass"), ("mp4", "mov_text")])
def test_subtitles_do_not_shut_a_video_out(ending: str, codec: str, clip: Path, tmp_path: Path, limits: Limits) -> None:
    words = tmp_path / "words.srt"
    words.write_text("1\n00:00:00,000 --> 00:00:01,000\nHeadshot\n")
    source = tmp_path / f"with.{ending}"
    ffmpeg("-i", clip, "-i", words, "-map", "0:v", "-map", "1", "-c:v", "copy", "-c:s", codec, source)
    assert probe(source, limits).codec == "mpeg4"


@pytest.mark.parametrize("kind", ["png", "jpg"])
def test_a_cover_does_not_shut_a_video_out(kind: str, clip: Path, tmp_path: Path, limits: Limits) -> None:
    cover = tmp_path / f"cover.{kind}"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=32x32", "-frames:v", "1", cover)
    source = tmp_path / "with.mp4"
    ffmpeg(
        "-i", cover, "-i", clip, "-map", "0", "-map", "1:v", "-c", "copy", "-disposition:v:0", "attached_pic", source
    )
    found = probe(source, limits)
    assert (found.codec, found.width) == ("mpeg4", 64)


def test_what_is_beside_the_pictures_is_told(tmp_path: Path, limits: Limits) -> None:
    words, chapters = tmp_path / "words.srt", tmp_path / "chapters.txt"
    words.write_text("1\n00:00:00,000 --> 00:00:01,000\nHeadshot\n")
    chapters.write_text(";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=250\nEND=750\ntitle=Spawn\n")
    clip = make_clip(tmp_path / "late.mkv", sound_late=0.5)
    source = tmp_path / "all.mkv"
    ffmpeg(
        "-i", clip, "-i", words, "-i", chapters, "-map", "0", "-map", "1", "-map_chapters", "2", "-c", "copy",
        "-metadata", "title=Red vs Blue", "-metadata:s:a:0", "language=deu", "-metadata:s:a:0", "title=Ton",
        "-metadata:s:s:0", "language=eng", source,
    )  # fmt: skip
    found = probe(source, limits)
    assert found.title == "Red vs Blue"
    (sound,) = found.audio
    assert (sound.language, sound.title, float(sound.start)) == ("deu", "Ton", pytest.approx(0.5, abs=0.01))
    assert found.subtitles == (SubtitleStream(0, "subrip", "eng", ""),)
    assert found.chapters == (Chapter(Fraction(1, 4), Fraction(3, 4), "Spawn"),)


def test_colours_are_told_as_tagged(tmp_path: Path, limits: Limits) -> None:
    # ffmpeg 5 takes the tags of the options, ffmpeg 7 those of the frames
    tags = ("-colorspace", "bt709", "-color_trc", "bt709", "-color_range", "pc", "-vf", "setparams=color_trc=bt709")
    source = make_clip(tmp_path / "tagged.mp4", codec="libx264", frames=2, sound=None, extra=tags)
    found = probe(source, limits)
    assert (found.color_space, found.color_transfer, found.color_range) == ("bt709", "bt709", "pc")


def test_a_duration_that_the_bytes_cannot_hold_is_not_believed(clip: Path, tmp_path: Path, limits: Limits) -> None:
    source = tmp_path / "weeks.mkv"
    times = "testsrc2=size=64x48:rate=30:duration=1,settb=1/1000,setpts='N*33+gte(N,20)*90000000'"
    ffmpeg("-f", "lavfi", "-i", times, "-fps_mode", "passthrough", "-enc_time_base", "-1", "-c:v", "ffv1", source)
    assert probe(source, limits).seconds == 0


def test_a_size_that_the_header_does_not_say_is_the_decoders(tmp_path: Path, limits: Limits) -> None:
    whole = bytearray(make_clip(tmp_path / "whole.avi", codec="mjpeg", frames=5, sound=None).read_bytes())
    header = whole.index(b"strf") + 8
    whole[header + 4 : header + 12] = bytes(8)
    source = tmp_path / "nothing.avi"
    source.write_bytes(whole)
    found = probe(source, limits)
    assert (found.width, found.height) == (64, 48)


LOCKS = {
    "content": "2211B3FB-BD23-11D2-B4B7-00A0C955FC6E",
    "extended": "298AE614-2622-4C17-B935-DAE07EE9289C",
    "advanced": "43058533-6981-49E6-9B74-AD12CB86D58C",
}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_locked_windows_media_file_is_refused_as_one(lock: str, tmp_path: Path, limits: Limits) -> None:
    whole = make_clip(tmp_path / "open.wmv", codec="wmv2", frames=5, sound=None).read_bytes()
    size = int.from_bytes(whole[16:24], "little")
    added = UUID(LOCKS[lock]).bytes_le + (32).to_bytes(8, "little") + bytes(8)
    count = (int.from_bytes(whole[24:28], "little") + 1).to_bytes(4, "little")
    head = whole[:16] + (size + len(added)).to_bytes(8, "little") + count + whole[28:size]
    locked = tmp_path / "locked.wmv"
    locked.write_bytes(head + added + whole[size:])
    assert read_asf_header(tmp_path / "open.wmv") == AsfHeader(is_locked=False, seconds=Fraction(166, 1000))
    with pytest.raises(Refused, match="protected by DRM"):
        probe(locked, limits)


@pytest.mark.parametrize("length", [0, 10, 31, 40, 100, 200])
def test_a_windows_media_header_that_is_cut_off_says_what_it_can(length: int, tmp_path: Path) -> None:
    whole = make_clip(tmp_path / "whole.wmv", codec="wmv2", frames=5, sound=None).read_bytes()
    part = tmp_path / "part.wmv"
    part.write_bytes(whole[:length])
    assert not read_asf_header(part).is_locked


def text(folder: Path) -> Path:
    path = folder / "notes.avi"
    path.write_text("This is a list of the best Halo videos.\n" * 100)
    return path


def empty(folder: Path) -> Path:
    path = folder / "empty.avi"
    path.touch()
    return path


def absent(folder: Path) -> Path:
    return folder / "absent.avi"


def sound_only(folder: Path) -> Path:
    return make_sound_only(folder / "sound.avi")


def tiny(folder: Path) -> Path:
    return make_clip(folder / "tiny.avi", size="8x8", frames=2, sound=None)


def song_with_cover(folder: Path) -> Path:
    path = folder / "song.mp4"
    cover = folder / "cover.png"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x64", "-frames:v", "1", cover)
    ffmpeg(
        "-i", cover, "-f", "lavfi", "-i", "anoisesrc=duration=1", "-map", "0", "-map", "1",
        "-c:v", "copy", "-c:a", "aac", "-disposition:v:0", "attached_pic", path,
    )  # fmt: skip
    return path


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (text, "isn't a video that HaloWeb can read"),
        (empty, "file is empty"),
        (absent, "file doesn't exist"),
        (sound_only, "file has no video"),
        (song_with_cover, "file has no video"),
        (tiny, "which is too small"),
    ],
)
def test_what_is_no_video_is_refused_with_the_reason(
    make: Callable[[Path], Path], reason: str, tmp_path: Path, limits: Limits
) -> None:
    with pytest.raises(Refused, match=reason):
        probe(make(tmp_path), limits)


@pytest.mark.parametrize(
    ("narrow", "reason"),
    [
        ({"max_bytes": 1000}, "larger than this server's limit"),
        ({"max_side": 60}, "64x48, larger than this server's limit"),
        ({"max_streams": 1}, "has 2 streams"),
        ({"max_seconds": Fraction(1, 2)}, "hours long"),
    ],
)
def test_what_is_beyond_a_limit_is_refused(narrow: dict[str, Any], reason: str, clip: Path, limits: Limits) -> None:
    with pytest.raises(Refused, match=reason):
        probe(clip, replace(limits, **narrow))


def playlists(secret: Path) -> dict[str, str]:
    return {
        "m3u8": f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{secret}\n#EXT-X-ENDLIST\n",
        "concat": f"ffconcat version 1.0\nfile '{secret}'\n",
        "mpd": f'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>{secret}</BaseURL></MPD>',
        "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
    }


@pytest.mark.parametrize("kind", ["m3u8", "concat", "mpd", "sdp"])
def test_a_playlist_in_disguise_opens_no_other_file(kind: str, clip: Path, tmp_path: Path, limits: Limits) -> None:
    disguised = tmp_path / "innocent.mp4"
    disguised.write_text(playlists(clip)[kind])
    with pytest.raises(Refused, match="isn't a video that HaloWeb can read"):
        probe(disguised, limits)


@pytest.mark.parametrize("said", ["1e999999999", "1E9", "nan", "inf", "1/0", "", "9" * 40, "1/3/5"])
def test_numbers_that_no_header_means_are_none(said: str) -> None:
    """Above all an exponent: a number of a billion digits would keep the processor busy for ever."""
    assert fraction(said) == 0


@pytest.mark.parametrize("said", ["30000/1001", "-0.046000", "10", "5.", "+3/2"])
def test_numbers_of_headers_are_read(said: str) -> None:
    assert fraction(said) == Fraction(said)


def test_a_disk_that_does_not_answer_is_not_taken_for_a_bad_file(
    clip: Path, tmp_path: Path, limits: Limits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", stopped_at_first("ffprobe", tmp_path))
    with pytest.raises(Stalled, match="ffprobe made no progress"):
        probe(clip, replace(limits, stall_seconds=0.5))
    assert probe(clip, limits).width == 64


def test_a_file_with_more_tags_than_anyone_reads_is_refused_soon(
    tmp_path: Path, limits: Limits, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ffprobe takes a minute of processor time for 5,000 of them, each time it opens them."""
    source = pictures_at(range(0, 400, 40), tmp_path / "tags.mkv", tags=5000)
    monkeypatch.setattr(ffprobe_module, "HEADER_CPU_SECONDS", 1)
    with pytest.raises(Refused, match="it has too many tags"):
        probe(source, limits)


def test_a_program_that_says_more_of_a_file_than_is_kept_is_ended(
    clip: Path, limits: Limits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ffmpeg_module, "PIPE_BYTES", 200)
    monkeypatch.setattr(ffmpeg_module, "MAX_OUTPUT_BYTES", 1000)
    with pytest.raises(Refused, match="take too long to read"):
        probe(clip, limits)

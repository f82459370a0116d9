"""Whatever comes in: one clear sentence and nothing left behind, or an upscaled clip."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.commandline import complaint, environment, upscale
from tests.clips import ffmpeg, make_clip, make_headers_only, make_sound_only

REFUSED, FAILED = 2, 1


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clips") / "clip.avi", frames=12)


def text(path: Path, _clip: Path) -> None:
    path.write_text("not a video\n" * 200)


def noise(path: Path, _clip: Path) -> None:
    path.write_bytes(bytes((7 * n * n + n // 3) % 256 for n in range(50_000)))


def empty(path: Path, _clip: Path) -> None:
    path.touch()


def sound_only(path: Path, _clip: Path) -> None:
    make_sound_only(path)


def headers_only(path: Path, _clip: Path) -> None:
    make_headers_only(path)


def truncated_to_nothing(path: Path, clip: Path) -> None:
    path.write_bytes(clip.read_bytes()[:3000])


def mp4_without_its_index(path: Path, clip: Path) -> None:
    ffmpeg("-i", clip, "-c:v", "copy", "-c:a", "aac", "-f", "mp4", f"file:{path}")
    path.write_bytes(path.read_bytes()[:-1500])


def twenty_thousand_wide(path: Path, _clip: Path) -> None:
    make_clip(path, size="20000x16", codec="ffv1", frames=1, sound=None, extra=("-f", "matroska"))


def playlist(path: Path, clip: Path) -> None:
    path.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{clip}\n#EXT-X-ENDLIST\n")


def concat_list(path: Path, clip: Path) -> None:
    path.write_text(f"ffconcat version 1.0\nfile '{clip}'\n")


def folder(path: Path, _clip: Path) -> None:
    path.mkdir()


def absent(_path: Path, _clip: Path) -> None: ...


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (text, "isn't a video that HaloWeb can read"),
        (noise, "isn't a video that HaloWeb can read"),
        (empty, "empty"),
        (sound_only, "file has no video"),
        (headers_only, "No frame of this video can be decoded"),
        (truncated_to_nothing, ""),
        (mp4_without_its_index, ""),
        (twenty_thousand_wide, "20000x16"),
        (playlist, "isn't a video that HaloWeb can read"),
        (concat_list, "isn't a video that HaloWeb can read"),
        (folder, "file doesn't exist"),
        (absent, "file doesn't exist"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(
    make: Callable[[Path, Path], None], says: str, clip: Path, tmp_path: Path
) -> None:
    source, out = tmp_path / "in.mp4", tmp_path / "out"
    out.mkdir()
    make(source, clip)
    finished = upscale(source, out / "result.mp4")
    assert finished.returncode == REFUSED
    assert says in complaint(finished)
    assert list(out.iterdir()) == []


def test_a_truncated_clip_is_upscaled_as_far_as_it_goes(clip: Path, tmp_path: Path) -> None:
    source, target = tmp_path / "cut.avi", tmp_path / "out.mp4"
    whole = make_clip(tmp_path / "whole.avi", frames=60).read_bytes()
    source.write_bytes(whole[: len(whole) // 2])
    finished = upscale(source, target, "--json")
    assert finished.returncode == 0, finished.stderr
    receipt = json.loads(finished.stdout)
    assert 10 < receipt["result"]["frames_out"] < 60
    assert receipt["result"]["frames_out"] == receipt["planned_frames"]


NAMES = [
    "a b.avi", "it's \"x\".avi", "new\nline.avi", "-y.avi", "img%05d.avi", "http:evil.avi", "concat:a|b.avi", "pipe:0",
    "$(touch evil).avi", "ünïcödé ✨.avi", "[0:v];a\\b.avi", os.fsdecode(b"lat\xf6n.avi"),
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_name_is_only_a_name(name: str, clip: Path, tmp_path: Path) -> None:
    """Asked for in its own folder, as people do; the target has a difficult name and folder as well."""
    shutil.copy(clip, tmp_path / name)
    (tmp_path / f"to {name}").mkdir()
    finished = upscale("--json", "--", name, f"to {name}/{name}.mp4", cwd=tmp_path)
    assert finished.returncode == 0, finished.stderr
    assert json.loads(finished.stdout)["result"]["frames_out"] == 12
    assert {path.name for path in tmp_path.iterdir()} == {name, f"to {name}"}
    assert [path.name for path in (tmp_path / f"to {name}").iterdir()] == [f"{name}.mp4"]


def test_a_name_that_is_not_utf_8_is_printed_all_the_same(clip: Path, tmp_path: Path) -> None:
    finished = upscale(clip, os.fsdecode(b"lat\xf6n.mp4"), cwd=tmp_path)
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.startswith("lat\\xf6n.mp4: 12 frames")


@pytest.mark.parametrize("name", ["http:evil.avi", "new\nline.avi", "%d.avi", "-i.avi"])
def test_a_bad_file_of_a_bad_name_is_refused_in_one_sentence(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("not a video\n")
    finished = upscale("--", name, "out.mp4", cwd=tmp_path)
    assert finished.returncode == REFUSED
    assert "isn't a video that HaloWeb can read" in complaint(finished)
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--frames", "5:500"), "isn't within the video's 12 frames"),
        (("--frames", "6:6"), "isn't within the video's 12 frames"),
        (("--frames", "9:3"), "isn't within the video's 12 frames"),
        (("--model", "waifu2x"), "no model or file called 'waifu2x'"),
        (("--preset", "vhs"), "no preset called 'vhs'. The presets are: h264"),
        (("--height", "481"), "A height of 481 isn't possible"),
        (("--set", "rate=1"), "A frame rate of 1 leaves no frame of a video of 0.4 seconds. Choose 2 or more."),
    ],
)
def test_a_bad_choice_is_refused_in_one_sentence(
    options: tuple[str, ...], says: str, clip: Path, tmp_path: Path
) -> None:
    finished = upscale(clip, tmp_path / "out.mp4", *options)
    assert finished.returncode == REFUSED
    assert says in complaint(finished)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "options",
    [("--frames", "five:9"), ("--frames", "-3:9"), ("--frames", "5"), ("--frames", "1:2:3"), ("--precision", "fp8")],
)
def test_an_argument_that_can_not_be_read_is_refused_with_the_usage(
    options: tuple[str, ...], clip: Path, tmp_path: Path
) -> None:
    finished = upscale(clip, tmp_path / "out.mp4", *options)
    assert finished.returncode == REFUSED
    assert finished.stderr.startswith("usage: upscale")
    assert "Traceback" not in finished.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_missing_ffmpeg_is_a_failure_that_says_how_to_get_it(clip: Path, tmp_path: Path) -> None:
    nothing = tmp_path / "bin"
    nothing.mkdir()
    finished = upscale(clip, tmp_path / "out.mp4", PATH=str(nothing))
    assert finished.returncode == FAILED
    assert "apt-get install ffmpeg" in complaint(finished)
    assert {path.name for path in tmp_path.iterdir()} == {"bin"}


def test_what_nobody_foresaw_is_a_failure_in_one_sentence(clip: Path, tmp_path: Path) -> None:
    script = "import sys, upscaler.cli as cli; cli.upscale_file = lambda *_, **__: 1 // 0; sys.exit(cli.main())"
    words = [sys.executable, "-c", script, str(clip), str(tmp_path / "out.mp4")]
    finished = subprocess.run(words, env=environment(), capture_output=True, text=True, timeout=60, check=False)
    assert finished.returncode == FAILED
    assert "ZeroDivisionError" in complaint(finished)


def test_a_setting_with_a_typo_is_told(clip: Path, tmp_path: Path) -> None:
    finished = upscale(clip, tmp_path / "out.mp4", HALOWEB_MAX_SIED="99")
    assert finished.returncode != 0
    assert "HALOWEB_MAX_SIED" in complaint(finished)


def test_a_limit_from_the_environment_holds(clip: Path, tmp_path: Path) -> None:
    finished = upscale(clip, tmp_path / "out.mp4", HALOWEB_MAX_SIDE="50")
    assert finished.returncode == REFUSED
    assert "64x48" in complaint(finished)


@pytest.mark.parametrize("said", ["false", "0"])
def test_what_ffmpeg_said_is_left_out_where_debug_is_switched_off(tmp_path: Path, said: str) -> None:
    mp4 = tmp_path / "clip.mp4"
    mp4.write_bytes(b"\0\0\0\x18ftypmp42" + bytes(4000))

    more = upscale(mp4, tmp_path / "out.mp4", HALOWEB_DEBUG="true")
    usual = upscale(mp4, tmp_path / "out.mp4", HALOWEB_DEBUG=said)

    assert usual.returncode == more.returncode == REFUSED
    assert complaint(usual) in more.stderr
    assert len(more.stderr.splitlines()) > len(usual.stderr.splitlines())

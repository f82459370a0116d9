"""A clip to post is below its limit, really, or says that it can't be."""

from __future__ import annotations

import subprocess
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.pipeline.conftest import LIMITS
from tests.pipeline.outputs_of import probed
from tests.pipeline.posting.comparisons import comparison, made, pictures, plan_of, recipe_of
from upscaler.pipeline.core.errors import Refused, Stopped
from upscaler.pipeline.output.output_timing import shown
from upscaler.pipeline.planning.plan import Plan
from upscaler.pipeline.posting import animation, video
from upscaler.pipeline.posting.make import make_post
from upscaler.pipeline.programs import ffmpeg


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plan_of(90)


@pytest.fixture(scope="module")
def noisy(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds that are hard to code, with sound from the first second on."""
    return comparison(tmp_path_factory.mktemp("noisy") / "c.mp4", plan, noise=60, with_sound=True)


@pytest.fixture(scope="module")
def calm(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, easy to code."""
    return comparison(tmp_path_factory.mktemp("calm") / "c.mp4", plan, with_sound=True)


def test_a_small_clip_is_made_once_and_no_larger_than_it_has_to_be(
    tmp_path: Path, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(video, "feed", None)
    clip, _ = made(comparison(tmp_path / "c.mp4", plan), plan, recipe_of(), tmp_path)
    assert clip.stat().st_size < 100_000


@pytest.mark.parametrize("most", [400_000, 90_000])
def test_an_mp4_that_was_too_large_is_tried_lower(tmp_path: Path, plan: Plan, noisy: Path, most: int) -> None:
    clip, size = made(noisy, plan, recipe_of(frames=90, most_bytes=most, with_sound=True), tmp_path)

    assert 0.6 * most < clip.stat().st_size <= most
    assert (size.width < 320) is (most == 90_000)
    assert shown(clip, LIMITS).frames == len(pictures(clip, size)) == 90


def test_an_mp4_is_what_every_player_takes(tmp_path: Path, plan: Plan, calm: Path) -> None:
    clip, size = made(calm, plan, recipe_of(first=15, most_bytes=500_000, with_sound=True), tmp_path)

    found = probed(clip)
    seen, heard = found["streams"]
    assert (seen["codec_name"], seen["profile"], seen["pix_fmt"]) == ("h264", "High", "yuv420p")
    assert (seen["width"], seen["height"]) == (size.width, size.height)
    assert {seen[name] for name in ("color_space", "color_primaries", "color_transfer")} == {"bt709"}
    assert seen["r_frame_rate"] == "30/1"
    assert float(seen["duration"]) == 2
    assert heard["codec_name"] == "aac"
    assert float(heard["duration"]) == pytest.approx(2, abs=0.03)
    content = clip.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat"), "it plays before all of it is there"
    assert "encoder" not in found["format"]["tags"]
    made_at = shown(clip, LIMITS)
    assert made_at.duration(Fraction(30)) == 2 and made_at.misplaced(Fraction(30)) == 0


def test_its_sound_stays_beside_its_pictures(tmp_path: Path, plan: Plan, calm: Path) -> None:
    """The tone begins at one second of the comparison, which is the 15th frame of this clip."""
    clip, _ = made(calm, plan, recipe_of(first=15, with_sound=True), tmp_path)
    raw = subprocess.check_output(
        ["ffmpeg", "-v", "error", "-i", clip, "-ac", "1", "-ar", "8000", "-f", "s16le", "-"], timeout=60
    )
    samples = np.abs(np.frombuffer(raw, np.int16).astype(int))
    first = int(np.argmax(samples > 1000)) / 8000
    assert first == pytest.approx(0.5, abs=0.03)


def test_without_sound_there_is_none(tmp_path: Path, plan: Plan, calm: Path) -> None:
    silent, _ = made(calm, plan, recipe_of(frames=30), tmp_path)
    assert [one["codec_type"] for one in probed(silent)["streams"]] == ["video"]

    mute = comparison(tmp_path / "c.mp4", plan)
    clip, _ = made(mute, plan, recipe_of(frames=30, with_sound=True), tmp_path)
    assert [one["codec_type"] for one in probed(clip)["streams"]] == ["video"]


@pytest.mark.parametrize("format", ["gif", "webp"])
@pytest.mark.parametrize("share", [1, 3])
def test_an_animated_picture_is_made_smaller_until_it_fits(
    tmp_path: Path, plan: Plan, noisy: Path, format: str, share: int
) -> None:
    most = {"gif": 1_800_000, "webp": 900_000}[format] // share
    clip, size = made(noisy, plan, recipe_of(format, frames=60, most_bytes=most), tmp_path)

    assert 0.25 * most < clip.stat().st_size <= most
    _, animated = cv2.imreadanimation(str(clip))
    assert animated.frames[0].shape[:2] == (size.height, size.width)
    assert sum(animated.durations) == pytest.approx(2000, abs=100)
    assert animated.loop_count == 0, "for ever"


def test_an_animated_picture_shows_about_fifteen_frames_a_second(tmp_path: Path) -> None:
    for rate, frames in ((30, 30), (60, 60), (25, 25), (10, 10)):
        plan = plan_of(2 * rate, rate=rate)
        clip, _ = made(comparison(tmp_path / "c.mp4", plan), plan, recipe_of("gif", frames=frames), tmp_path)
        count = len(cv2.imreadanimation(str(clip))[1].frames)
        assert count == {30: 15, 60: 15, 25: 13, 10: 10}[rate]


@pytest.mark.parametrize(("format", "most"), [("mp4", 6_000), ("gif", 5_000), ("webp", 2_000)])
def test_what_can_not_fit_says_so(tmp_path: Path, plan: Plan, noisy: Path, format: str, most: int) -> None:
    with pytest.raises(
        Refused, match=r"The clip doesn't fit into 0\.00\d MB, even at \d+x\d+\. Choose a shorter clip\."
    ):
        made(noisy, plan, recipe_of(format, frames=60, most_bytes=most), tmp_path)


def test_no_more_than_four_lower_tries_are_made(
    tmp_path: Path, plan: Plan, noisy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[object] = []

    def write_webp(*given: object) -> int:
        tries.append(given)
        return 10**9

    monkeypatch.setattr(animation, "_write_webp", write_webp)
    monkeypatch.setattr(animation, "_lower", lambda last, size: last)
    with pytest.raises(Refused):
        made(noisy, plan, recipe_of("webp"), tmp_path)
    assert len(tries) == 5


def test_an_ffmpeg_without_the_encoder_is_named(
    tmp_path: Path, plan: Plan, noisy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = ffmpeg.write
    monkeypatch.setattr(ffmpeg, "write", lambda *s, **o: write(*s, **o | {"c:v": "libnothing"}))
    with pytest.raises(Refused, match="no encoder for this format"):
        made(noisy, plan, recipe_of("webp"), tmp_path)


def test_a_worker_that_is_to_end_stops_between_frames(tmp_path: Path, plan: Plan, noisy: Path) -> None:
    seen = []

    def raise_if_cancelled(number: int) -> None:
        seen.append(number)
        if number == 7:
            raise Stopped

    with pytest.raises(Stopped):
        make_post(noisy, plan, recipe_of(), tmp_path / "p.mp4", tmp_path, LIMITS, raise_if_cancelled, at=0)
    assert seen == list(range(8))

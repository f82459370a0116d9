"""Every decoded frame comes out at its slot, and stays until the next: rate.slots and the filters say the same."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.clips import FOOTAGE, corpus_parameters, ffmpeg
from tests.pipeline.conftest import LIMITS
from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.filter_step import Step
from upscaler.pipeline.core.input_options import DEFAULT_INPUT
from upscaler.pipeline.core.recipe import Recipe
from upscaler.pipeline.measure.decode_pass import measure_frames
from upscaler.pipeline.prefilters import constant_rate, uniform_format
from upscaler.pipeline.programs import ffmpeg as own_ffmpeg
from upscaler.pipeline.source.analyse import analyse
from upscaler.pipeline.source.probe import probe
from upscaler.pipeline.timing.frame_slots import frame_slots

MOVING = "testsrc2=size=96x64:rate=30:duration=2"
STAMPED = ("-fps_mode", "passthrough", "-enc_time_base", "-1")


def facts_of(path: Path) -> Facts:
    return analyse(path, probe(path, LIMITS), LIMITS)


def frames_through(path: Path, facts: Facts, steps: tuple[Step, ...]) -> list[str]:
    """A digest of every frame that comes out."""
    graph = own_ffmpeg.apply_steps(own_ffmpeg.source(path, LIMITS, DEFAULT_INPUT)["v:0"], steps).filter(
        "format", "gray"
    )
    output = own_ffmpeg.write(graph, to="pipe:", format="rawvideo", fps_mode="passthrough")
    found = []
    frame = bytearray(facts.width * facts.height)
    with own_ffmpeg.reading(output, limits=LIMITS, label="The decoder") as process:
        while process.read_into(memoryview(frame)) == len(frame):
            found.append(hashlib.md5(frame).hexdigest())
    return found


def check(path: Path) -> Facts:
    """Compares every frame at the base rate with the decoded frame whose slot it is in."""
    facts = facts_of(path)
    stamps = measure_frames(path, facts.opening, (facts.width, facts.height), False, LIMITS).stamps
    places = [*map(int, frame_slots(stamps, facts.pieces, facts.time_base, facts.rate)), facts.frames]
    size = uniform_format.steps(facts, Recipe())
    decoded = frames_through(path, facts, size)
    assert len(decoded) == facts.decoded_frames
    stays = [after - before for before, after in pairwise(places)]
    expected = [frame for frame, slots_of_it in zip(decoded, stays, strict=True) for _ in range(slots_of_it)]
    assert frames_through(path, facts, (*size, *constant_rate.steps(facts, Recipe()))) == expected
    assert len(expected) == facts.frames
    return facts


def drawn(folder: Path, name: str, *arguments: str, picture: str = MOVING) -> Path:
    path = folder / name
    ffmpeg("-f", "lavfi", "-i", picture, *arguments, path)
    return path


def stamped(folder: Path, name: str, milliseconds: str, codec: str = "ffv1") -> Path:
    """60 frames whose timestamps are an expression of their number N."""
    times = f"{MOVING},settb=1/1000,setpts='{milliseconds}'"
    return drawn(folder, name, *STAMPED, "-c:v", codec, picture=times)


def joined(folder: Path, name: str, *parts: Path) -> Path:
    """Files put one behind the other, byte for byte."""
    path = folder / name
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


@pytest.mark.parametrize("truth", corpus_parameters())
def test_every_frame_of_a_corpus_clip_is_at_its_slot(truth: dict[str, Any]) -> None:
    if truth["vfr"] or "null" in truth["file"]:
        check(FOOTAGE / truth["file"])
    else:
        facts = facts_of(FOOTAGE / truth["file"])
        assert (facts.timing, constant_rate.steps(facts, Recipe())) == ("constant", ())


def test_dropped_frames_leave_the_one_before_them_in_place(tmp_path: Path) -> None:
    drop = ("-vf", "select='not(eq(mod(n,7),3))'", "-fps_mode", "vfr", "-c:v", "libx264", "-bf", "2")
    facts = check(drawn(tmp_path, "dropped.mp4", *drop))
    assert (facts.timing, facts.rate, facts.frames) == ("variable", 30, 59)


def test_jitter_loses_no_frame_and_has_the_rate_of_its_average(tmp_path: Path) -> None:
    facts = check(stamped(tmp_path, "jitter.mkv", "N*33.3+mod(N*7919,23)+1"))
    assert facts.decoded_frames == 60
    assert float(facts.rate) == pytest.approx(30, abs=0.04)
    assert facts.frames <= 62


def test_a_clock_that_jumps_by_weeks_counts_on(tmp_path: Path) -> None:
    facts = check(stamped(tmp_path, "weeks.mkv", "if(lt(N,30),round(N*100/3),2000000000+round(N*100/3))"))
    assert (facts.rate, facts.frames) == (30, 60)


def test_gaps_behind_a_jump_of_hours_are_kept(tmp_path: Path) -> None:
    facts = check(stamped(tmp_path, "holes.mkv", "round((N+2*floor(N/5))*100/3)+gte(N,30)*70000000"))
    assert (facts.timing, facts.rate) == ("variable", 30)
    assert facts.frames == 60 + 2 * 10  # two slots are empty after every five frames, but for the jump and the end


def test_a_pause_is_kept(tmp_path: Path) -> None:
    facts = check(stamped(tmp_path, "pause.mkv", "round(N*100/3)+gte(N,30)*10000"))
    assert (facts.timing, facts.frames) == ("variable", 360)


@pytest.mark.parametrize(("name", "codec"), [("clip.ts", "mpeg2video"), ("clip.mpg", "mpeg2video")])
def test_a_file_behind_itself_is_twice_as_long(name: str, codec: str, tmp_path: Path) -> None:
    once = drawn(tmp_path, name, "-c:v", codec)
    facts = check(joined(tmp_path, f"twice_{name}", once, once))
    assert (facts.decoded_frames, facts.frames) == (120, 120)


def test_gaps_in_the_second_of_two_files_are_kept(tmp_path: Path) -> None:
    drop = ("-vf", "select='not(eq(mod(n,7),3))'", "-fps_mode", "vfr", "-c:v", "libx264")
    once = drawn(tmp_path, "once.mkv", *drop)
    facts = check(joined(tmp_path, "twice.mkv", once, once))
    assert (facts.decoded_frames, facts.frames) == (102, 118)
    assert facts.decode_errors == 0


@pytest.mark.parametrize(
    ("ending", "first", "second"),
    [
        ("ts", ("-c:v", "libx264", "-pix_fmt", "yuv444p"), ("-c:v", "libx264", "-pix_fmt", "yuv420p")),
        ("mpg", ("-c:v", "mpeg2video"), ("-c:v", "mpeg2video")),
    ],
)
def test_a_size_and_a_format_that_change_half_way_give_one_size_and_every_frame(
    ending: str, first: tuple[str, ...], second: tuple[str, ...], tmp_path: Path
) -> None:
    small = drawn(tmp_path, f"small.{ending}", *first)
    large = drawn(tmp_path, f"large.{ending}", *second, picture="testsrc2=size=160x128:rate=30:duration=2")
    facts = check(joined(tmp_path, f"both.{ending}", small, large))
    assert (facts.width, facts.height) == (96, 64)
    assert facts.decoded_frames in (119, 120)  # ffmpeg's MPEG-2 decoder drops the frame that it held back


def test_frames_without_a_timestamp_follow_the_one_before(tmp_path: Path) -> None:
    path = drawn(tmp_path, "clip.mkv", "-c:v", "ffv1")
    facts = replace(facts_of(path), timing="variable")
    untimed = Step("setpts", (("expr", "if(gt(mod(N,4),1),NAN,PTS)"),), numbers=True)
    assert len(frames_through(path, facts, (untimed, *constant_rate.steps(facts, Recipe())))) == 60

"""One decode pass, and what it finds."""

from __future__ import annotations

import functools
import json
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.clips import FOOTAGE, corpus_parameters, ffmpeg, make_clip, make_headers_only
from tests.pipeline.conftest import LIMITS
from upscaler.pipeline.core.errors import Refused
from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.source.analyse import analyse
from upscaler.pipeline.source.probe import probe

LEAST_RATE_ERROR = 0.04


@functools.cache
def corpus_facts(file: str) -> Facts:
    return facts_of(FOOTAGE / file, LIMITS)


def facts_of(path: Path, limits: Limits) -> Facts:
    return analyse(path, probe(path, limits), limits)


@pytest.mark.parametrize("truth", corpus_parameters())
def test_the_facts_of_a_corpus_clip_are_the_truth(truth: dict[str, Any]) -> None:
    facts = corpus_facts(truth["file"])
    assert facts.decoded_frames == truth["decoded_frames"]
    assert abs(float(facts.rate) - truth["nominal_fps"]) <= LEAST_RATE_ERROR
    assert str(facts.sar).replace("/", ":") == {"unset": "1", "1:1": "1"}.get(truth["sar"], truth["sar"])
    assert (facts.width, facts.height) == (truth["width"], truth["height"])
    assert len(facts.audio) == (1 if truth["audio"] else 0)
    assert (facts.timing == "constant") == (facts.frames == facts.decoded_frames)
    span = Fraction(truth["last_frame_time"]) - Fraction(truth["video_start"])
    assert abs(float((facts.frames - 1) / facts.rate - span)) < 0.02


@pytest.mark.parametrize("truth", corpus_parameters())
def test_the_borders_of_a_corpus_clip_are_right_within_two_pixels(truth: dict[str, Any]) -> None:
    found = asdict(corpus_facts(truth["file"]).border)
    assert all(abs(found[side] - pixels) <= 2 for side, pixels in truth["border"].items()), found


@pytest.mark.parametrize("truth", corpus_parameters())
def test_only_the_interlaced_corpus_clip_is_interlaced(truth: dict[str, Any]) -> None:
    facts = corpus_facts(truth["file"])
    assert facts.field_order == ("tff" if truth["interlaced"] else "progressive")
    assert (facts.interlaced_share > 0.9) == truth["interlaced"]
    assert facts.fields_are == ("apart" if truth["interlaced"] else "together")


@pytest.mark.parametrize("truth", corpus_parameters())
def test_the_duplicates_of_a_corpus_clip_are_found_and_hardly_any_other_frame(truth: dict[str, Any]) -> None:
    facts = corpus_facts(truth["file"])
    shown = truth["gt_frame_of_output_frame"][: facts.decoded_frames]
    if not truth["duplicated_frames"]:
        assert facts.duplicates <= 1
        return
    doubled = {number for number in range(1, len(shown)) if shown[number] == shown[number - 1]}
    assert facts.repeats.numbers() == doubled
    assert facts.duplicates == len(doubled)


@pytest.mark.parametrize("truth", corpus_parameters())
def test_slots_that_no_frame_fills_are_repeats(truth: dict[str, Any]) -> None:
    facts = corpus_facts(truth["file"])
    assert len(facts.repeats.numbers()) == facts.frames - facts.decoded_frames + facts.duplicates
    assert truth["vfr"] <= (facts.timing == "variable")


@pytest.mark.parametrize("truth", corpus_parameters())
def test_only_the_truncated_corpus_clip_is_damaged(truth: dict[str, Any]) -> None:
    facts = corpus_facts(truth["file"])
    assert facts.is_damaged == truth["truncated"]
    assert facts.gaps == ()
    if truth["truncated"]:
        assert float(facts.missing_seconds) == pytest.approx(10 - 179 / 30, abs=0.1)


@pytest.mark.parametrize("truth", corpus_parameters())
def test_measured_facts_survive_json(truth: dict[str, Any]) -> None:
    facts = corpus_facts(truth["file"])
    assert Facts.from_json(json.loads(json.dumps(facts.to_json()))) == facts


@pytest.mark.parametrize("truth", corpus_parameters())
def test_a_track_begins_where_the_file_says(truth: dict[str, Any]) -> None:
    if truth["audio"]:
        (stream,) = corpus_facts(truth["file"]).audio
        start = min(truth["video_start"], truth["audio"]["start"])
        assert float(stream.start) == pytest.approx(truth["audio"]["start"] - start, abs=0.001)


@pytest.mark.parametrize("truth", corpus_parameters())
def test_the_first_frame_is_timed_from_the_start_of_the_file(truth: dict[str, Any]) -> None:
    """Not from the first of the streams that are decoded, which is what ffmpeg does with MPEG files."""
    starts = [truth["video_start"]] + ([truth["audio"]["start"]] if truth["audio"] else [])
    facts = corpus_facts(truth["file"])
    assert abs(float(facts.first_frame_time) - (truth["video_start"] - min(starts))) < 0.0006


def test_every_frame_is_counted_and_the_counting_is_told(tmp_path: Path, limits: Limits) -> None:
    source = make_clip(tmp_path / "long.avi", frames=250)
    told: list[int] = []
    facts = analyse(source, probe(source, limits), limits, told.append)
    assert (facts.decoded_frames, facts.frames, facts.rate, facts.timing) == (250, 250, 30, "constant")
    assert told == [100, 200]


@pytest.mark.parametrize("rate", ["30000/1001", "25", "15/2", "14"])
def test_the_rate_is_exact(rate: str, tmp_path: Path, limits: Limits) -> None:
    facts = facts_of(make_clip(tmp_path / "clip.avi", rate=rate, sound=None), limits)
    assert facts.rate == Fraction(rate)


def test_dropped_frames_leave_gaps_in_a_regular_grid(tmp_path: Path, limits: Limits) -> None:
    keep = ("-vf", "select='not(eq(mod(n\\,7)\\,3))'", "-fps_mode", "vfr")
    facts = facts_of(make_clip(tmp_path / "gaps.mkv", frames=60, extra=keep, sound=None), limits)
    assert facts.timing == "variable"
    assert facts.rate == 30
    assert facts.frames > facts.decoded_frames


def test_a_cut_is_found_where_it_is_and_only_there(tmp_path: Path, limits: Limits) -> None:
    source = tmp_path / "cut.avi"
    ffmpeg(
        "-f", "lavfi", "-i", "testsrc2=size=64x48:rate=30:duration=1", "-f", "lavfi", "-i",
        "color=navy:size=64x48:rate=30:duration=1", "-filter_complex", "[0][1]concat", "-q:v", "3", source,
    )  # fmt: skip
    assert facts_of(source, limits).cuts == (30,)


def test_doubled_frames_of_a_fast_pan_are_no_cuts(tmp_path: Path, limits: Limits) -> None:
    source = tmp_path / "pan.avi"
    pan = "testsrc=size=320x240:rate=15:duration=2,scroll=h=0.11,fps=30"
    ffmpeg("-f", "lavfi", "-i", pan, "-q:v", "3", source)
    assert facts_of(source, limits).cuts == ()


def test_the_poster_is_not_blurred(tmp_path: Path, limits: Limits) -> None:
    source = tmp_path / "blurred.avi"
    blurred = "testsrc2=size=160x96:rate=30:duration=1.5,gblur=sigma=9:enable='not(between(n,15,24))'"
    ffmpeg("-f", "lavfi", "-i", blurred, "-q:v", "3", source)
    assert 15 <= facts_of(source, limits).poster_frame <= 24


def test_the_poster_is_not_a_black_frame(tmp_path: Path, limits: Limits) -> None:
    source = tmp_path / "fade.avi"
    ffmpeg(
        "-f", "lavfi", "-i", "color=black:size=64x48:rate=30:duration=1", "-f", "lavfi", "-i",
        "testsrc2=size=64x48:rate=30:duration=1", "-filter_complex", "[0][1]concat", "-q:v", "3", source,
    )  # fmt: skip
    assert facts_of(source, limits).poster_frame >= 30


def test_a_damaged_clip_keeps_the_frames_that_decode_and_says_that_it_is_damaged(
    tmp_path: Path, limits: Limits
) -> None:
    whole = bytearray(make_clip(tmp_path / "whole.avi", frames=60, sound=None).read_bytes())
    middle = len(whole) // 2
    whole[middle : middle + 2000] = bytes(byte ^ 0x55 for byte in whole[middle : middle + 2000])
    damaged = tmp_path / "damaged.avi"
    damaged.write_bytes(whole)
    facts = facts_of(damaged, limits)
    assert facts.decode_errors > 0
    assert 30 <= facts.decoded_frames <= 60


def test_a_clip_of_which_no_frame_decodes_is_refused(tmp_path: Path, limits: Limits) -> None:
    with pytest.raises(Refused, match=r"No frame|isn't a video that HaloWeb can read"):
        facts_of(make_headers_only(tmp_path / "headers.avi"), limits)
    assert list(tmp_path.iterdir()) == [tmp_path / "headers.avi"]


@pytest.mark.parametrize(("size", "matrix"), [("640x480", "smpte170m"), ("1280x720", "bt709")])
def test_an_untagged_clip_has_the_matrix_of_its_size(size: str, matrix: str, tmp_path: Path, limits: Limits) -> None:
    facts = facts_of(make_clip(tmp_path / "clip.avi", size=size, frames=3, sound=None), limits)
    assert (facts.matrix, facts.colour_tagged) == (matrix, False)


def test_a_tagged_clip_keeps_its_matrix(tmp_path: Path, limits: Limits) -> None:
    tags = ("-colorspace", "bt709", "-color_range", "tv")
    source = make_clip(tmp_path / "clip.mp4", codec="libx264", frames=3, sound=None, extra=tags)
    facts = facts_of(source, limits)
    assert (facts.matrix, facts.colour_tagged) == ("bt709", True)

"""Field order, and what the fields show."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.clips import corpus, ffmpeg
from tests.pipeline.conftest import LIMITS
from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.filter_step import Step
from upscaler.pipeline.core.input_options import DEFAULT_INPUT
from upscaler.pipeline.core.recipe import Filters, Recipe
from upscaler.pipeline.prefilters import deinterlace
from upscaler.pipeline.programs import ffmpeg as own_ffmpeg
from upscaler.pipeline.source.analyse import analyse
from upscaler.pipeline.source.probe import probe

FIELDS = "testsrc2=size=160x320:rate=60:duration=1.5"
FRAMES = "testsrc2=size=160x320:rate=30:duration=1.5"
INTERLACED = ("-c:v", "mpeg2video", "-flags", "+ildct+ilme", "-q:v", "3")
WHOLE = ("-c:v", "mpeg2video", "-q:v", "3")


def facts_of(folder: Path, *arguments: str | Path) -> Facts:
    path = folder / "clip.mpg"
    ffmpeg(*arguments, path)
    return analyse(path, probe(path, LIMITS), LIMITS)


def drawn(folder: Path, picture: str, options: tuple[str, ...] = WHOLE) -> Facts:
    return facts_of(folder, "-f", "lavfi", "-i", picture, *options)


@pytest.mark.parametrize(("order", "lines"), [("tff", "top"), ("bff", "bottom")])
@pytest.mark.parametrize("flags", ["tff", "bff", "prog"])
def test_two_moments_in_a_frame_are_found_whatever_the_flags_say(
    flags: str, order: str, lines: str, tmp_path: Path
) -> None:
    options = WHOLE if flags == "prog" else INTERLACED
    facts = drawn(tmp_path, f"{FIELDS},tinterlace=interleave_{lines},setfield={flags}", options)
    assert (facts.field_order, facts.fields_are) == (order, "apart")
    assert facts.interlaced_share > 0.7


@pytest.mark.parametrize(("order", "dropped", "woven"), [("tff", "bff", "top"), ("bff", "tff", "bottom")])
def test_fields_of_one_moment_in_neighbouring_frames_are_shifted(
    order: str, dropped: str, woven: str, tmp_path: Path
) -> None:
    one_field_on = f"setfield={dropped},separatefields,trim=start_frame=1,settb=1/60,setpts=N,fps=60,weave={woven}"
    facts = drawn(tmp_path, f"{FRAMES},{one_field_on}")
    assert (facts.field_order, facts.fields_are) == (order, "shifted")


def luma_of(path: Path, steps: tuple[Step, ...]) -> NDArray[np.float32]:
    opened = own_ffmpeg.source(path, LIMITS, DEFAULT_INPUT)["v:0"]
    graph = own_ffmpeg.apply_steps(opened, steps).filter("extractplanes", "y")
    output = own_ffmpeg.write(graph, to="pipe:", format="rawvideo", fps_mode="passthrough")
    frames = []
    with own_ffmpeg.reading(output, limits=LIMITS, label="The decoder") as process:
        buffer = bytearray(160 * 320)
        while process.read_into(memoryview(buffer)) == len(buffer):
            frames.append(np.frombuffer(bytes(buffer), np.uint8).astype(np.float32))
    return np.array(frames)


@pytest.mark.parametrize(("dropped", "woven"), [("bff", "top"), ("tff", "bottom")])
def test_shifted_fields_are_put_together_as_they_were(dropped: str, woven: str, tmp_path: Path) -> None:
    one_field_on = f"setfield={dropped},separatefields,trim=start_frame=1,settb=1/60,setpts=N,fps=60,weave={woven}"
    facts = drawn(tmp_path, f"{FRAMES},{one_field_on}")
    whole = tmp_path / "whole.mkv"
    ffmpeg("-f", "lavfi", "-i", FRAMES, "-pix_fmt", "yuv420p", "-c:v", "ffv1", whole)
    wanted = luma_of(whole, ())
    errors = {
        mode: float(((luma_of(tmp_path / "clip.mpg", steps)[3:40] - wanted[3:40]) ** 2).mean())
        for mode in ("auto", "frame")
        for steps in [deinterlace.steps(facts, Recipe(filters=Filters(deinterlace=mode)))]
    }
    assert errors["auto"] < 5 < errors["frame"]


def test_film_on_video_is_shifted_in_part_of_its_frames(tmp_path: Path) -> None:
    facts = drawn(tmp_path, "testsrc2=size=160x320:rate=24000/1001:duration=3,telecine=first_field=top")
    assert (facts.field_order, facts.fields_are) == ("tff", "shifted")
    assert 0.3 < facts.interlaced_share < 0.7


@pytest.mark.parametrize("order", ["tff", "bff"])
def test_whole_frames_that_are_flagged_interlaced_are_whole(order: str, tmp_path: Path) -> None:
    facts = drawn(tmp_path, f"{FRAMES},setfield={order}", INTERLACED)
    assert (facts.field_order, facts.fields_are, facts.interlaced_share) == ("progressive", "together", 0.0)


@pytest.mark.parametrize(
    "picture",
    [
        "smptebars=size=160x320:rate=30:duration=1",
        "color=gray:size=160x320:rate=30:duration=1,noise=alls=60:allf=t",
        "color=black:size=160x320:rate=30:duration=1,noise=alls=8:allf=t",
        "mandelbrot=size=160x320:rate=30,trim=end_frame=30,random=frames=20:seed=3",
        f"{FRAMES},noise=alls=24:allf=t",
    ],
    ids=["static", "noise", "dark", "cuts", "noisy"],
)
def test_nothing_else_is_taken_for_fields(picture: str, tmp_path: Path) -> None:
    assert drawn(tmp_path, picture).field_order == "progressive"


def test_240_lines_are_one_field(tmp_path: Path) -> None:
    picture = "testsrc2=size=320x240:rate=60:duration=1,tinterlace=interleave_top"
    assert drawn(tmp_path, picture, INTERLACED).field_order == "progressive"


def test_fields_are_found_where_most_of_a_clip_stands_still(tmp_path: Path) -> None:
    still = f"smptebars=size=160x320:rate=60:duration=3[s];{FIELDS}[m];[s][m]concat,tinterlace=interleave_bottom"
    facts = drawn(tmp_path, still, INTERLACED)
    assert (facts.field_order, facts.fields_are) == ("bff", "apart")


def test_the_interlaced_corpus_clip_with_its_fields_the_other_way_round(tmp_path: Path) -> None:
    other = "separatefields,trim=start_frame=1,settb=1/60,setpts=N,fps=60,weave=bottom"
    source = corpus("mpeg2_640x480_interlaced_tff.mpg")
    facts = facts_of(tmp_path, "-t", "2", "-i", source, "-an", "-vf", other, *INTERLACED)
    assert (facts.field_order, facts.fields_are) == ("bff", "apart")


def test_one_frame_has_no_order(tmp_path: Path) -> None:
    facts = drawn(tmp_path, FRAMES, ("-frames:v", "1", *WHOLE))
    assert (facts.decoded_frames, facts.field_order) == (1, "progressive")

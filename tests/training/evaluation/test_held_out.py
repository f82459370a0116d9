"""Held-out captures, degraded by a recipe, as evaluation cases."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np

from tests.training.arrays import picture
from tests.training.evaluation.cases import contestants
from upscaler.pipeline.core.limits import Limits
from upscaler.training.core.degradation import Degradation, Encoding
from upscaler.training.core.twin import Pixels
from upscaler.training.evaluation.cases.held_out import codec_of, held_out_case
from upscaler.training.evaluation.clips import Sampling
from upscaler.training.evaluation.evaluate import evaluate
from upscaler.training.evaluation.rows import FrameRow

XVID = Degradation(
    64, 48, kernel="area", blur=0.3, encodings=(Encoding("xvid", kbps=None, quantiser=12, gop=250),), seed=1
)


def gliding() -> Iterator[Pixels]:
    wide = picture(320, 5)
    yield from (np.ascontiguousarray(wide[:192, 4 * number : 4 * number + 256]) for number in range(12))


def test_a_degraded_capture_is_evaluated_as_an_old_clip_is(tmp_path: Path) -> None:
    case = held_out_case("dm4, xvid", "oa_dm4", gliding, Fraction(30), XVID, tmp_path, Limits())
    rows = evaluate([case], contestants(), tmp_path / "rows", Sampling(6, 2), with_sequences=False)
    frames = [row for row in rows if isinstance(row, FrameRow)]
    assert {(row.codec, row.map) for row in frames} == {("xvid", "oa_dm4")}
    assert {row.number for row in frames} == {0, 1, 6, 7}
    assert all(row.motion > 0 for row in frames if row.number > 0)
    assert all(row.psnr_y > 20 for row in frames)


def test_a_case_gives_the_same_frames_each_time(tmp_path: Path) -> None:
    case = held_out_case("dm4, xvid", "oa_dm4", gliding, Fraction(30), XVID, tmp_path, Limits())
    first, second = ([frame.pair for frame in case.frames(Sampling(6))] for _ in range(2))
    for one, other in zip(first, second, strict=True):
        assert np.array_equal(one.low, other.low)
        assert np.array_equal(one.truth, other.truth)
        assert np.array_equal(one.quantisers, other.quantisers)
        assert one.quantisers.min() > 0


def test_twins_without_a_codec_have_groups_of_their_own() -> None:
    assert codec_of(Degradation(64, 48, kernel="area", blur=0)) == "clean"
    assert codec_of(Degradation(64, 48, kernel="area", blur=0, jpeg=(40,))) == "jpeg"
    assert codec_of(XVID) == "xvid"

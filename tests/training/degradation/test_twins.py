"""Each frame of a twin is what a real codec made of the truth beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.training.degradation.moving import LIMITS, truths
from upscaler.pipeline.core.errors import PipelineError, Refused
from upscaler.training.core.degradation import CaptureCard, Degradation, Encoding
from upscaler.training.core.twin import Pair, Pixels
from upscaler.training.degradation.alignment import check_alignment
from upscaler.training.degradation.codecs import CODECS
from upscaler.training.degradation.twins import degrade, degrade_many

RATE = Fraction(30)
PLAIN = Degradation(64, 48, "area", 0.0)


def twins(degradation: Degradation, count: int = 24, folder: Path | None = None) -> list[Pair]:
    assert folder is not None
    return list(degrade(truths(count), RATE, degradation, folder, LIMITS))


def psnr(one: Pixels, other: Pixels) -> float:
    return float(cv2.PSNR(one, other))


def small(truth: Pixels) -> Pixels:
    return np.asarray(cv2.resize(truth, (truth.shape[1] // 4, truth.shape[0] // 4), interpolation=cv2.INTER_AREA))


@pytest.mark.parametrize("codec", CODECS)
def test_every_frame_comes_back_from_every_codec_beside_its_truth(codec: str, tmp_path: Path) -> None:
    pairs = twins(replace(PLAIN, encodings=(Encoding(codec, 300, None, 100),)), folder=tmp_path)
    wanted = truths(24)
    assert [pair.number for pair in pairs] == list(range(24))
    for pair in pairs:
        assert np.array_equal(pair.truth, wanted[pair.number])
        assert pair.low.shape == (48, 64, 3)
        assert pair.quantisers.shape == (48, 64)
        assert 20 < psnr(pair.low, small(pair.truth)) < 45
    assert not list(tmp_path.iterdir())  # the scratch files are gone


@pytest.mark.parametrize("codec", [name for name, codec in CODECS.items() if codec.tells_quantisers])
@pytest.mark.parametrize("quantiser", [5, 31])
def test_a_constant_quantiser_is_read_back_from_every_codec_that_tells_it(
    codec: str, quantiser: int, tmp_path: Path
) -> None:
    pairs = twins(replace(PLAIN, encodings=(Encoding(codec, None, quantiser, 100),)), count=8, folder=tmp_path)
    assert {int(value) for pair in pairs for value in np.unique(pair.quantisers)} == {quantiser}


@pytest.mark.parametrize("codec", ["h264", "svq1", "theora"])
def test_quantisers_are_unknown_where_the_codec_does_not_tell_them(codec: str, tmp_path: Path) -> None:
    pairs = twins(replace(PLAIN, encodings=(Encoding(codec, 300, None, 100),)), count=4, folder=tmp_path)
    assert not any(pair.quantisers.any() for pair in pairs)


def test_a_higher_quantiser_makes_a_worse_twin(tmp_path: Path) -> None:
    means = []
    for quantiser in (2, 8, 31):
        pairs = twins(replace(PLAIN, encodings=(Encoding("xvid", None, quantiser, 100),)), count=8, folder=tmp_path)
        means.append(np.mean([psnr(pair.low, small(pair.truth)) for pair in pairs]))
    assert means[0] > means[1] + 2 > means[2] + 4


def test_colours_survive_the_way_to_bt_601_and_back(tmp_path: Path) -> None:
    pairs = twins(replace(PLAIN, encodings=(Encoding("xvid", None, 2, 100),)), count=6, folder=tmp_path)
    for pair in pairs:
        difference = pair.low.astype(int).mean(axis=(0, 1)) - pair.truth.astype(int).mean(axis=(0, 1))
        assert np.abs(difference).max() < 1


@pytest.mark.parametrize("count", [12, 13, 14])
def test_no_truth_is_lost_though_xvid_loses_the_last_frames_of_clips_with_b_frames(count: int, tmp_path: Path) -> None:
    once = Encoding("xvid", 300, None, 100, b_frames=2)
    twice = once, Encoding("mpeg4", 300, None, 100, b_frames=2)
    for encodings in ((once,), twice):
        pairs = twins(replace(PLAIN, encodings=encodings), count=count, folder=tmp_path)
        assert [pair.number for pair in pairs] == list(range(count))


def test_a_clip_that_is_encoded_twice_is_worse_than_once(tmp_path: Path) -> None:
    first, second = Encoding("divx3", None, 16, 100), Encoding("spark", None, 8, 100)
    once, twice = (twins(replace(PLAIN, encodings=way), folder=tmp_path) for way in ((second,), (first, second)))
    means = [np.mean([psnr(pair.low, small(pair.truth)) for pair in pairs]) for pairs in (once, twice)]
    assert means[0] > means[1] + 0.5


def test_fifteen_frames_in_a_file_of_thirty_show_every_second_truth_twice(tmp_path: Path) -> None:
    encodings = (Encoding("wmv2", 300, None, 100),)
    pairs = twins(replace(PLAIN, keep_every=2, repeat=True, encodings=encodings), count=12, folder=tmp_path)
    assert [pair.number for pair in pairs] == [0, 0, 2, 2, 4, 4, 6, 6, 8, 8, 10, 10]
    halved = twins(replace(PLAIN, keep_every=2, encodings=encodings), count=12, folder=tmp_path)
    assert [pair.number for pair in halved] == [0, 2, 4, 6, 8, 10]


def test_a_rate_that_mpeg_1_does_not_know_is_encoded_at_its_nearest(tmp_path: Path) -> None:
    degradation = replace(PLAIN, encodings=(Encoding("mpeg1", 300, None, 15, b_frames=2),))
    pairs = list(degrade(truths(12), Fraction(20), degradation, tmp_path, LIMITS))
    assert [pair.number for pair in pairs] == list(range(12))


def test_larger_truths_are_scaled_down_to_four_times_the_clip(tmp_path: Path) -> None:
    large = truths(6, 512, 384)
    pairs = list(degrade(large, RATE, replace(PLAIN, width=96, height=72), tmp_path, LIMITS, first=40))
    assert [pair.number for pair in pairs] == list(range(40, 46))
    for pair, truth in zip(pairs, large, strict=True):
        assert pair.truth.shape == (288, 384, 3)
        exact = cv2.resize(truth, (384, 288), interpolation=cv2.INTER_AREA)
        assert psnr(pair.truth, np.asarray(exact, np.uint8)) > 40


def test_several_degradations_read_the_truths_once(tmp_path: Path) -> None:
    asked = 0

    def counted() -> Iterator[Pixels]:
        nonlocal asked
        for truth in truths(8):
            asked += 1
            yield truth

    smaller = replace(PLAIN, width=32, height=24, encodings=(Encoding("spark", 200, None, 100),))
    pairs = list(degrade_many(counted(), RATE, (PLAIN, smaller, PLAIN), tmp_path, LIMITS))
    assert asked == 8
    assert [place for place, _ in pairs] == [0] * 8 + [1] * 8 + [2] * 8
    alone = twins(smaller, count=8, folder=tmp_path)
    for (_, pair), lone in zip(pairs[8:16], alone, strict=True):
        assert np.array_equal(pair.low, lone.low)
        assert np.array_equal(pair.truth, lone.truth)


def test_the_same_degradation_gives_the_same_bytes(tmp_path: Path) -> None:
    card = CaptureCard(noise=4, interlaced=True, chroma_blur=1.5, chroma_delay=1, sharpen=0.5, gamma=1.1, black=6)
    degradation = replace(PLAIN, capture_card=card, encodings=(Encoding("xvid", 250, None, 100),), seed=5)
    one, other = (twins(degradation, count=6, folder=tmp_path) for _ in range(2))
    assert all(np.array_equal(a.low, b.low) for a, b in zip(one, other, strict=True))
    reseeded = twins(replace(degradation, seed=6), count=6, folder=tmp_path)
    assert not np.array_equal(one[0].low, reseeded[0].low)


def test_a_clean_twin_is_the_scaled_truth(tmp_path: Path) -> None:
    for pair in twins(PLAIN, count=4, folder=tmp_path):
        assert np.abs(pair.low.astype(int) - small(pair.truth).astype(int)).max() <= 1


def test_frames_that_show_their_neighbour_are_refused() -> None:
    frames = np.stack(truths(12))
    low = np.stack([small(frame) for frame in frames])
    check_alignment(low, range(12), frames)
    with pytest.raises(PipelineError, match="isn't aligned"):
        check_alignment(low[1:], range(11), frames)
    with pytest.raises(PipelineError, match="Frame 7 shows frame 6"):
        check_alignment(np.concatenate((low[:7], low[6:-1])), range(12), frames)


def test_truths_that_stand_still_are_aligned_with_anything(tmp_path: Path) -> None:
    still = [truths(1)[0]] * 6
    pairs = list(degrade(still, RATE, replace(PLAIN, encodings=(Encoding("wmv1", 200, None, 99),)), tmp_path, LIMITS))
    assert len(pairs) == 6


def test_truths_that_are_too_small_or_of_two_sizes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="too small for clips of 320x240"):
        twins(replace(PLAIN, width=320, height=240), folder=tmp_path)
    with pytest.raises(Refused, match="256x192 and 128x96"):
        list(degrade([*truths(2), *truths(2, 128, 96)], RATE, PLAIN, tmp_path, LIMITS))
    with pytest.raises(Refused, match="no frames"):
        list(degrade([], RATE, PLAIN, tmp_path, LIMITS))


def test_names_that_do_not_exist_are_refused_with_those_that_do(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"no codec vp9.*xvid"):
        twins(replace(PLAIN, encodings=(Encoding("vp9", 300, None, 100),)), folder=tmp_path)
    with pytest.raises(Refused, match=r"no scaling kernel box.*lanczos"):
        twins(replace(PLAIN, kernel="box"), folder=tmp_path)

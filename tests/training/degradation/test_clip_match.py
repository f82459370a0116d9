"""A real old clip is measured, and twins are made that are like it."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.clips import FOOTAGE, corpus, make_clip
from tests.training.degradation.moving import LIMITS, truths
from upscaler.pipeline.core.errors import Refused
from upscaler.training.core.degradation import Degradation, Encoding
from upscaler.training.core.twin import Pixels
from upscaler.training.degradation.clip_files import encode
from upscaler.training.degradation.clip_match import fit, match, recipe_like
from upscaler.training.degradation.clip_traits import ClipTraits
from upscaler.training.degradation.eras import EraRecipe, draw
from upscaler.training.degradation.scaling import scale
from upscaler.training.degradation.twins import degrade

RATE = Fraction(30)


def clip_of(folder: Path, encoding: Encoding, *, blur: float = 0.0, rate: Fraction = RATE, count: int = 30) -> Path:
    """A clip of 160x120, of frames that no test of matching uses as truth."""
    frames = truths(count, 640, 480, pixels=9)
    low = scale(frames, folder / "small", "area", (640, 480), (160, 120), LIMITS, blur=blur)
    return encode(low, (160, 120), rate, (encoding,), folder, LIMITS)[0]


def fitted_twins(traits: ClipTraits, capture: list[Pixels], folder: Path) -> tuple[Degradation, float]:
    """The fitted degradation, and the mean quantiser of all of its twin's frames."""
    size = capture[0].shape[1], capture[0].shape[0]
    drawn = draw(recipe_like(traits), size, RATE, 1, "capture", 0)
    fitted = fit(capture, RATE, drawn, traits, folder, LIMITS).degradation
    pairs = list(degrade(capture, RATE, fitted, folder, LIMITS))
    return fitted, float(np.mean([pair.quantisers.mean() for pair in pairs]))


def test_a_clip_tells_the_encoder_that_made_it(tmp_path: Path) -> None:
    traits = match(clip_of(tmp_path, Encoding("xvid", None, 9, 15), rate=Fraction(15)), LIMITS)
    assert (traits.codec, traits.width, traits.height, traits.rate, traits.frames) == ("xvid", 160, 120, 15, 30)
    assert traits.quantiser == 9
    assert traits.quantiser_spread == 0
    assert traits.gop == 15
    assert traits.key_frame_distance == 15
    assert not traits.has_b_frames
    assert traits.repeated_share == 0
    assert ClipTraits.from_json(json.loads(json.dumps(traits.to_json()))) == traits


def test_b_frames_and_the_codec_s_own_tag_are_seen(tmp_path: Path) -> None:
    assert match(clip_of(tmp_path, Encoding("mpeg2", None, 6, 12, b_frames=2)), LIMITS).has_b_frames
    assert match(clip_of(tmp_path, Encoding("mpeg4", None, 6, 60)), LIMITS).codec == "mpeg4"


def test_a_blurred_clip_tells_its_blur(tmp_path: Path) -> None:
    sharp, soft = (match(clip_of(tmp_path, Encoding("wmv2", None, 6, 60), blur=blur), LIMITS) for blur in (0.0, 0.6))
    assert soft.fine_detail < sharp.fine_detail - 0.1
    assert recipe_like(soft).blur[0] > recipe_like(sharp).blur[0] + 0.1


def test_a_recipe_has_the_clip_s_codec_size_rate_and_key_frames(tmp_path: Path) -> None:
    traits = match(clip_of(tmp_path, Encoding("spark", 120, None, 20), rate=Fraction(15)), LIMITS)
    recipe = recipe_like(traits)
    assert EraRecipe.from_json(json.loads(json.dumps(recipe.to_json()))) == recipe
    drawn = draw(recipe, (1280, 960), RATE, 1, "capture", 0)
    assert (drawn.width, drawn.height, drawn.keep_every, drawn.repeat) == (160, 120, 2, False)
    assert [(one.codec, one.gop) for one in drawn.encodings] == [("spark", traits.gop)]
    assert drawn.encodings[0].kbps == pytest.approx(traits.kbps, rel=0.02)
    doubled = draw(recipe_like(replace(traits, rate=RATE, repeated_share=0.5)), (1280, 960), RATE, 1, "capture", 0)
    assert (doubled.keep_every, doubled.repeat) == (2, True)


@pytest.mark.parametrize(("codec", "quantiser"), [("xvid", 6), ("spark", 22)])
def test_twins_get_the_clip_s_mean_quantiser(codec: str, quantiser: int, tmp_path: Path) -> None:
    traits = match(clip_of(tmp_path, Encoding(codec, None, quantiser, 60), blur=0.4), LIMITS)
    fitted, mean = fitted_twins(traits, truths(20, 640, 480), tmp_path)
    assert fitted.encodings[0].codec == codec
    assert fitted.encodings[0].quantiser is None  # a bit rate: quantisers follow the motion, as in the clip
    assert mean == pytest.approx(quantiser, abs=1.5)


def test_a_codec_that_does_not_tell_keeps_its_bit_rate(tmp_path: Path) -> None:
    traits = match(clip_of(tmp_path, Encoding("h264", 200, None, 60)), LIMITS)
    assert traits.quantiser is None
    drawn = draw(recipe_like(traits), (640, 480), RATE, 1, "capture", 0)
    likeness = fit(truths(12, 640, 480), RATE, drawn, traits, tmp_path, LIMITS)
    assert likeness.quantiser is None
    assert likeness.degradation.encodings[0].kbps == drawn.encodings[0].kbps


def test_what_can_not_be_imitated_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"no encoder that is like cinepak.*Choose a recipe"):
        match(make_clip(tmp_path / "old.avi", frames=4, sound=None, codec="cinepak"), LIMITS)
    traits = match(clip_of(tmp_path, Encoding("xvid", None, 9, 15), count=8), LIMITS)
    with pytest.raises(Refused, match="without an encoder"):
        fit(truths(2), RATE, Degradation(64, 48, "area", 0.0), traits, tmp_path, LIMITS)


def test_a_clip_of_the_corpus_is_matched_on_another_map(tmp_path: Path) -> None:
    traits = match(corpus("xvid_320x240_30_mp3.avi"), LIMITS)
    capture = FOOTAGE / "captures" / "dm4_1.mkv"
    if not capture.is_file():
        pytest.skip("there are no captures beside this checkout")
    command = ["ffmpeg", "-nostdin", "-loglevel", "error", "-i", str(capture), "-frames:v", "30"]
    convert = ["-vf", "scale=in_color_matrix=bt709:in_range=limited", "-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:"]
    data = subprocess.run([*command, *convert], check=True, capture_output=True, timeout=60).stdout
    frames = list(np.frombuffer(data, np.uint8).reshape(-1, 960, 1280, 3))
    fitted, mean = fitted_twins(traits, frames, tmp_path)
    assert (fitted.width, fitted.height, fitted.keep_every) == (320, 240, 1)
    assert traits.quantiser is not None
    assert mean == pytest.approx(traits.quantiser, abs=1.5)

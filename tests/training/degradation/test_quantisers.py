"""The quantisers of old files, read with the system's ffmpeg."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.clips import corpus, ffmpeg, make_clip, make_sound_only, truth_of
from tests.training.degradation.moving import LIMITS, truths
from upscaler.pipeline.core.errors import Refused
from upscaler.training.core.degradation import Encoding
from upscaler.training.degradation.clip_files import decode, encode
from upscaler.training.degradation.codecs import CODECS
from upscaler.training.degradation.quantisers import QUANTISER_OF, quantisers

TELLING = [name for name, codec in CODECS.items() if codec.tells_quantisers]


def encoded(folder: Path, encoding: Encoding, size: tuple[int, int] = (160, 112), count: int = 5) -> Path:
    return encode(truths(count, *size), size, Fraction(30), (encoding,), folder, LIMITS)[0]


def test_the_filter_s_levels_are_inverted_exactly() -> None:
    assert [int(QUANTISER_OF[quantiser * 128 // 31]) for quantiser in range(1, 32)] == list(range(1, 32))
    assert QUANTISER_OF[0] == 0
    assert QUANTISER_OF[56 * 128 // 31] == 31  # MPEG-2's non-linear scale goes to 56


@pytest.mark.parametrize("codec", TELLING)
@pytest.mark.parametrize("quantiser", [2, 18])
def test_the_system_s_ffmpeg_reads_a_constant_quantiser_back(codec: str, quantiser: int, tmp_path: Path) -> None:
    clip = encoded(tmp_path, Encoding(codec, None, quantiser, 100))
    planes = list(quantisers(clip, LIMITS) or ())
    assert len(planes) == 5
    assert all(plane.shape == (112, 160) for plane in planes)
    last_is_unknown = codec in ("mpeg1", "mpeg2")
    assert {int(value) for plane in planes[: 4 if last_is_unknown else 5] for value in np.unique(plane)} == {quantiser}
    assert planes[-1].max() == (0 if last_is_unknown else quantiser)


@pytest.mark.parametrize(("encoder", "ending"), [("mpeg4", "avi"), ("wmv2", "wmv"), ("flv", "flv")])
def test_both_builds_of_ffmpeg_read_the_same_from_a_clip_of_changing_quantisers(
    encoder: str, ending: str, tmp_path: Path
) -> None:
    clip = tmp_path / f"noisy.{ending}"
    noisy = ("-f", "lavfi", "-i", "testsrc2=size=160x112:rate=30,noise=alls=24:allf=t", "-frames:v", "16")
    ffmpeg(*noisy, "-c:v", encoder, "-b:v", "200k", f"file:{clip}")
    low = decode(clip, (160, 112), range(16, 17), tmp_path / "low", LIMITS, has_quantisers=True)
    planes = list(quantisers(clip, LIMITS) or ())
    assert len({int(plane[0, 0]) for plane in planes}) > 2
    for plane, frame in zip(planes, low, strict=True):
        assert np.array_equal(plane, QUANTISER_OF[frame[..., 3]])


def test_planes_of_odd_sizes_have_a_value_for_every_pixel(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "odd.avi", frames=3, sound=None, extra=("-vf", "scale=83:61"))
    planes = list(quantisers(clip, LIMITS) or ())
    assert [plane.shape for plane in planes] == [(61, 83)] * 3
    assert all((plane == 4).all() for plane in planes)  # make_clip asks for 4


def test_macroblocks_of_one_frame_may_differ(tmp_path: Path) -> None:
    clip = tmp_path / "masked.avi"
    bars = ("-f", "lavfi", "-i", "testsrc2=size=160x112:rate=30", "-frames:v", "4")
    ffmpeg(*bars, "-c:v", "mpeg4", "-b:v", "300k", "-lumi_mask", "0.4", f"file:{clip}")
    planes = list(quantisers(clip, LIMITS) or ())
    assert any(len(np.unique(plane)) > 1 for plane in planes)
    for plane in planes:
        blocks = plane.reshape(7, 16, 10, 16)
        assert (blocks == blocks[:, :1, :, :1]).all()


@pytest.mark.parametrize("codec", ["h264", "svq1", "theora"])
def test_a_codec_that_does_not_tell_has_none(codec: str, tmp_path: Path) -> None:
    assert quantisers(encoded(tmp_path, Encoding(codec, 200, None, 100)), LIMITS) is None


def test_a_file_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no video"):
        quantisers(make_sound_only(tmp_path / "sound.avi"), LIMITS)


@pytest.mark.parametrize(
    "name", ["xvid_320x240_avi_null_frames.avi", "wmv2_truncated.wmv", "mpeg4_320x240_vfr_aac.mp4"]
)
def test_old_files_have_a_plane_for_every_decoded_frame(name: str) -> None:
    planes = quantisers(corpus(name), LIMITS)
    assert planes is not None
    count, values = 0, set()
    for plane in planes:
        count += 1
        values |= set(np.unique(plane).tolist())
    assert count == truth_of(name)["decoded_frames"]
    assert min(values) >= 1
    assert max(values) <= 31
    assert len(values) > 3

"""Old clips, each frame beside the truth that it shows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from tests import clips
from upscaler.pipeline.core.errors import PipelineError, Refused
from upscaler.training.core.twin import Pair, Pixels
from upscaler.training.evaluation.cases.old_clips import OldClip, old_clips
from upscaler.training.evaluation.clips import CaseFrame, Sampling, TwinCase

FRAMES = 12
REPEATED = [0, 0, 2, 2, 4, 4, 6, 6, 8, 8, 10, 10]
SOURCE = f"testsrc2=size=256x192:rate=30,trim=end_frame={FRAMES}"
TRUTH_OPTIONS = ("-c:v", "ffv1", "-pix_fmt", "yuv444p", "-colorspace", "bt709", "-color_range", "tv")


def write_folder(folder: Path, **changes: Any) -> Path:
    """Write a truth, an old clip with black borders that shows each second frame twice, and their manifest."""
    truth = ("-vf", "scale=out_color_matrix=bt709:out_range=limited,format=yuv444p", *TRUTH_OPTIONS)
    clips.ffmpeg("-f", "lavfi", "-i", SOURCE, *truth, folder / "truth.mkv")
    low = (
        f"{SOURCE},select='not(mod(n,2))',fps=30,scale=64:48:flags=area:out_color_matrix=smpte170m:out_range=limited,"
        "format=yuv444p,pad=80:64:8:8"
    )
    clips.ffmpeg("-f", "lavfi", "-i", low, "-c:v", "ffv1", folder / "old.avi")
    clip = {
        "file": "old.avi",
        "codec": "mpeg4",
        "codec_tag": "XVID",
        "width": 80,
        "height": 64,
        "decoded_frames": FRAMES,
        "active": [8, 8, 64, 48],
        "interlaced": False,
        "truncated": False,
        "ground_truth": "truth.mkv",
        "gt_crop_xywh": None,
        "gt_frame_of_output_frame": REPEATED,
    }
    truths = [{"file": "truth.mkv", "width": 256, "height": 192, "map": "test card"}]
    (folder / "manifest.json").write_text(json.dumps({"ground_truth": truths, "clips": [clip | changes]}))
    return folder


def reduced(frame: Pixels) -> Pixels:
    return np.asarray(cv2.resize(frame, (64, 48), interpolation=cv2.INTER_AREA), np.uint8)


def difference(frame: CaseFrame) -> float:
    return float(np.abs(frame.pair.low.astype(int) - reduced(frame.pair.truth)).mean())


def test_every_frame_is_beside_the_truth_that_it_shows(tmp_path: Path) -> None:
    (clip,) = old_clips(write_folder(tmp_path))
    frames = list(clip.frames(Sampling(1)))
    assert [frame.pair.number for frame in frames] == REPEATED
    assert {frame.pair.low.shape for frame in frames} == {(48, 64, 3)}
    assert {frame.pair.truth.shape for frame in frames} == {(192, 256, 3)}
    assert max(map(difference, frames)) < 3
    wrong = [
        CaseFrame(0, Pair(0, a.pair.low, b.pair.truth, a.pair.quantisers), 0)
        for a, b in zip(frames[:-4], frames[4:], strict=True)
    ]
    assert min(map(difference, wrong)) > 1.2 * max(map(difference, frames))


def test_a_clip_tells_its_codec_its_map_and_where_its_blocks_begin(tmp_path: Path) -> None:
    (clip,) = old_clips(write_folder(tmp_path))
    assert (clip.name, clip.codec, clip.map, clip.grid) == ("old", "xvid", "test card", (-8, -8))


def test_a_sampling_takes_bursts(tmp_path: Path) -> None:
    (clip,) = old_clips(write_folder(tmp_path))
    whole = {frame.number: frame for frame in clip.frames(Sampling(1))}
    chosen = list(clip.frames(Sampling(5, 2)))
    assert [frame.number for frame in chosen] == [0, 1, 5, 6, 10, 11]
    assert [frame.number for frame in clip.frames(Sampling(5, 2, first=3))] == [3, 4, 8, 9]
    for frame in chosen:
        assert frame.motion == whole[frame.number].motion
        assert np.array_equal(frame.pair.low, whole[frame.number].pair.low)
        assert np.array_equal(frame.pair.truth, whole[frame.number].pair.truth)


def test_motion_is_the_change_since_the_last_other_truth(tmp_path: Path) -> None:
    (clip,) = old_clips(write_folder(tmp_path))
    motions = [frame.motion for frame in clip.frames(Sampling(1))]
    assert motions[:2] == [0, 0]
    assert all(a == b > 0 for a, b in zip(motions[2::2], motions[3::2], strict=True))


def test_quantisers_are_cropped_as_the_picture_is(tmp_path: Path) -> None:
    def read(_path: Path) -> Iterator[Pixels]:
        for number in range(FRAMES):
            plane = np.full((64, 80), number + 1, np.uint8)
            plane[:8] = 31
            yield plane

    (clip,) = old_clips(write_folder(tmp_path), read_quantisers=read)
    planes = [frame.pair.quantisers for frame in clip.frames(Sampling(4))]
    assert [(plane.shape, int(plane.min()), int(plane.max())) for plane in planes] == [
        ((48, 64), 1, 1),
        ((48, 64), 5, 5),
        ((48, 64), 9, 9),
    ]


@pytest.mark.parametrize(
    "changes", [{"ground_truth": None}, {"active": [0, 0, 80, 64]}, {"interlaced": True}, {"truncated": True}]
)
def test_clips_without_an_exact_quarter_of_a_truth_are_left_out(tmp_path: Path, changes: dict[str, Any]) -> None:
    assert old_clips(write_folder(tmp_path, **changes)) == []


def test_a_name_that_no_clip_has_is_refused_with_the_names(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"'divx'.*The clips are: old\."):
        old_clips(write_folder(tmp_path), ["divx"])


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"no manifest\.json"):
        old_clips(tmp_path)


def test_a_clip_that_ends_before_its_manifest_says_so(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, decoded_frames=20, gt_frame_of_output_frame=[*REPEATED, 10, 10, 10])
    (clip,) = old_clips(folder)
    with pytest.raises(PipelineError, match=r"old\.avi ends before frame 12"):
        list(clip.frames(Sampling(1)))


def test_twins_of_a_capture_are_sampled_as_clips_are() -> None:
    def pairs() -> Iterator[Pair]:
        for number in range(6):
            truth = np.full((64, 64, 3), 40 * number, np.uint8)
            yield Pair(number, truth[::4, ::4], truth, np.zeros((16, 16), np.uint8))

    case = TwinCase("twin", "wmv2", "dm4", pairs)
    frames = list(case.frames(Sampling(3)))
    assert [frame.number for frame in frames] == [0, 3]
    assert [frame.motion for frame in frames] == pytest.approx([0, 40 * 219 / 255], abs=1e-3)


@pytest.mark.skipif(not clips.MANIFEST.is_file(), reason="the footage with ground truth isn't here")
def test_the_footage_has_clips_of_many_codecs() -> None:
    found = old_clips(clips.FOOTAGE)
    assert all(isinstance(clip, OldClip) and clip.path.is_file() and clip.truth_path.is_file() for clip in found)
    assert {"xvid", "wmv2", "svq1", "spark", "h264", "mpeg4"} <= {clip.codec for clip in found}

"""The copy that browsers play: the scrubber and the comparison count on its frames being where they were."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.clips import corpus
from tests.listening import sound_shift_ms
from tests.pipeline.conftest import LIMITS
from upscaler.pipeline.comparison.proxy import make_proxy
from upscaler.pipeline.programs import ffprobe
from upscaler.pipeline.source.analyse import analyse
from upscaler.pipeline.source.probe import probe


def times_of(path: Path) -> list[float]:
    """Seconds at which the frames are shown, in the file's own time."""
    said = subprocess.check_output(
        ["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "frame=pts_time", "-of", "csv=p=0", path],
        text=True, timeout=60,
    )  # fmt: skip
    return [float(line.strip().rstrip(",")) for line in said.split()]


@pytest.mark.parametrize(
    "name",
    ["mpeg4_320x240_vfr_aac.mp4", "wmv1_320x240_vfr_wma.wmv", "wmv2_320x240_15_wma.wmv", "spark_320x240_30_mp3.flv"],
)
def test_frame_k_is_shown_k_frames_after_the_first(name: str, tmp_path: Path) -> None:
    source, target = corpus(name), tmp_path / "proxy.mp4"
    facts = analyse(source, probe(source, LIMITS), LIMITS)

    make_proxy(source, facts, target, LIMITS)

    times = times_of(target)
    assert len(times) == facts.frames
    for number, time in enumerate(times):
        assert abs(time - float(facts.first_frame_time + number / facts.rate)) < 0.001
    assert abs(sound_shift_ms(source, target, window=(1, 4))) <= 10
    (video,) = (stream for stream in ffprobe.probe(target, LIMITS)["streams"] if stream["codec_type"] == "video")
    assert {video.get(name) for name in ("color_space", "color_primaries", "color_transfer")} == {"bt709"}

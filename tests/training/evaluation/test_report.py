"""The tables of an evaluation."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.training.evaluation.cases import contestants, lanczos, moving_case
from upscaler.training.core.twin import Pixels
from upscaler.training.evaluation import report
from upscaler.training.evaluation.clips import Sampling
from upscaler.training.evaluation.contestants import LANCZOS, STOCK, Function
from upscaler.training.evaluation.evaluate import evaluate
from upscaler.training.evaluation.rows import FrameRow, Row
from upscaler.training.evaluation.summary import Summary, summarise

SAMPLING = Sampling(3, 2)
CASES = [
    moving_case("slow", codec="xvid", map_name="dm4", step=1),
    moving_case("middle", codec="wmv2", map_name="dm4", step=8),
    moving_case("fast", codec="xvid", map_name="gate1", step=24),
]


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    path = tmp_path_factory.mktemp("evaluation") / "rows.jsonl"
    return evaluate(CASES, contestants(), path, SAMPLING, with_sequences=False)


@pytest.fixture(scope="module")
def summary(rows: list[Row]) -> Summary:
    return summarise(rows)


def of_clip(rows: list[Row], contestant: str, clip: str) -> list[float]:
    return [
        row.psnr_y
        for row in rows
        if isinstance(row, FrameRow) and (row.key.contestant, row.key.case) == (contestant, clip)
    ]


def test_a_mean_is_over_clips_with_the_standard_error_over_clips(rows: list[Row], summary: Summary) -> None:
    clips = [float(np.mean(of_clip(rows, "mine", case.name))) for case in CASES]
    mean = summary.means["mine"]["psnr_y"]
    assert mean.value == pytest.approx(np.mean(clips))
    assert mean.error == pytest.approx(np.std(clips, ddof=1) / np.sqrt(3))
    assert (mean.count, summary.frames, summary.clips) == (3, 12, ("slow", "middle", "fast"))


def test_a_difference_is_taken_clip_by_clip(rows: list[Row], summary: Summary) -> None:
    gaps = [
        float(np.mean(of_clip(rows, "mine", case.name)) - np.mean(of_clip(rows, STOCK, case.name))) for case in CASES
    ]
    difference = summary.differences["mine"][STOCK]["psnr_y"]
    assert difference.mean.value == pytest.approx(np.mean(gaps))
    assert difference.mean.error == pytest.approx(np.std(gaps, ddof=1) / np.sqrt(3))
    assert LANCZOS in summary.differences["mine"]
    assert STOCK not in summary.differences[STOCK]


def test_the_clips_that_a_model_loses_are_named(summary: Summary) -> None:
    assert summary.differences[STOCK][LANCZOS]["psnr_y"].worse == ("slow", "middle", "fast")
    assert summary.differences["mine"][STOCK]["psnr_y"].worse == ()
    assert summary.differences["mine"][LANCZOS]["sharpness"].worse == ()
    assert "stock is below Lanczos in PSNR-Y on: all clips" in report.to_markdown(summary, SAMPLING)


def test_less_is_better_for_gmsd_and_blocking(rows: list[Row], summary: Summary) -> None:
    for metric in ("gmsd", "blocking", "flicker"):
        for clip, values in summary.per_clip[STOCK].items():
            is_worse = values[metric] > summary.per_clip[LANCZOS][clip][metric]
            assert (clip in summary.differences[STOCK][LANCZOS][metric].worse) == is_worse


def test_clips_are_grouped_by_codec_map_and_motion(summary: Summary) -> None:
    assert {codec: means["mine"]["psnr_y"].count for codec, means in summary.groups["codec"].items()} == {
        "wmv2": 1,
        "xvid": 2,
    }
    assert {name: means["mine"]["psnr_y"].count for name, means in summary.groups["map"].items()} == {
        "dm4": 2,
        "gate1": 1,
    }
    assert [group[:2] for group in summary.groups["motion"]] == ["1:", "2:", "3:"]


def test_the_markdown_has_the_axes_the_differences_and_the_groups(summary: Summary) -> None:
    text = report.to_markdown(summary, SAMPLING)
    for heading in (
        "### Distortion", "### Crispness", "### Artefacts", "### Difference from stock",
        "### Difference from Lanczos", "### By codec", "### By map", "### By amount of motion",
    ):  # fmt: skip
        assert heading in text
    assert "3 clips, 12 frames (2 successive frames of every 3)" in text
    mean = summary.means["mine"]["psnr_y"]
    assert f"| mine | {mean.value:.2f} ± {mean.error:.2f} |" in text
    assert "VMAF-NEG, " not in text
    assert "nan" not in text


def test_the_json_holds_everything(summary: Summary) -> None:
    data = json.loads(json.dumps(report.to_json(summary, SAMPLING)))
    assert data["sampling"] == {"every": 3, "burst": 2, "first": 0}
    assert data["means"]["mine"]["psnr_y"]["value"] == summary.means["mine"]["psnr_y"].value
    assert set(data["per_clip"]["mine"]) == {"slow", "middle", "fast"}
    assert data["cpu_seconds"]["mine"] > 0


def test_a_single_clip_has_no_spread(rows: list[Row]) -> None:
    summary = summarise([row for row in rows if row.key.case == "slow"])
    mean = summary.means["mine"]["psnr_y"]
    assert mean.error is None
    assert f"| mine | {mean.value:.2f} |" in report.to_markdown(summary, SAMPLING)


def test_two_models_of_one_name_are_not_mixed_up(rows: list[Row]) -> None:
    other = replace(rows[0], key=replace(rows[0].key, fingerprint="other weights"))
    with pytest.raises(ValueError, match="same name"):
        summarise([*rows, other])


def test_any_contestant_can_be_compared_with(rows: list[Row]) -> None:
    summary = summarise(rows, ["mine", "version before"])
    assert set(summary.differences[STOCK]) == {"mine"}
    assert "### Difference from mine" in report.to_markdown(summary, SAMPLING)


def test_colour_is_compared_with_the_truth_and_with_the_source(tmp_path: Path) -> None:
    def redder(low: Pixels, _quantisers: Pixels) -> Pixels:
        picture = lanczos().enlarge(low, low).astype(int)
        return np.asarray(np.clip(picture + np.array([5, 0, 0]), 0, 255), np.uint8)

    models = [lanczos(), Function("redder", "a", redder)]
    summary = summarise(evaluate(CASES, models, tmp_path / "rows", SAMPLING, with_sequences=False))
    assert summary.means["redder"]["colour_change"].value == pytest.approx(5, abs=0.5)
    assert summary.means["redder"]["colour"].value == pytest.approx(5, abs=1)
    assert "colour_change" not in summary.means[LANCZOS]


def test_nothing_evaluated_is_no_summary() -> None:
    with pytest.raises(ValueError, match="No frames"):
        summarise([])

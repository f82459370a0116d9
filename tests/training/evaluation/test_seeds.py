"""Ways of training, each with several seeds."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.training.evaluation.cases import lanczos, moving_case
from upscaler.training.core.twin import Pixels
from upscaler.training.evaluation import seeds
from upscaler.training.evaluation.clips import Sampling
from upscaler.training.evaluation.contestants import Contestant, Function
from upscaler.training.evaluation.evaluate import evaluate
from upscaler.training.evaluation.summary import Summary, summarise

CASES = [moving_case("one", codec="xvid"), moving_case("two", codec="wmv2")]


def blurred(name: str, sigma: float) -> Contestant:
    def run(low: Pixels, _quantisers: Pixels) -> Pixels:
        return np.asarray(cv2.GaussianBlur(lanczos().enlarge(low, low), (0, 0), sigma), np.uint8)

    return Function(name, f"{sigma}", run)


@pytest.fixture(scope="module")
def summary(tmp_path_factory: pytest.TempPathFactory) -> Summary:
    runs = [
        lanczos(),
        *(blurred(f"without/{seed}", 4 + seed / 2) for seed in range(3)),
        *(blurred(f"with/{seed}", 3 + seed / 4) for seed in range(3)),
    ]
    path = tmp_path_factory.mktemp("seeds") / "rows"
    return summarise(evaluate(CASES, runs, path, Sampling(3), with_sequences=False))


def psnr(summary: Summary, name: str) -> float:
    return summary.means[name]["psnr_y"].value


def test_a_way_has_the_mean_over_its_seeds(summary: Summary) -> None:
    row = seeds.over_seeds(summary)[0]
    assert (row.group, row.metric.key) == (seeds.ALL, "psnr_y")
    values = [psnr(summary, f"with/{seed}") for seed in range(3)]
    assert row.means["with"].value == pytest.approx(np.mean(values))
    assert row.means["with"].error == pytest.approx(np.std(values, ddof=1) / np.sqrt(3))
    assert set(row.means) == {"without", "with"}


def test_a_gain_is_taken_seed_by_seed(summary: Summary) -> None:
    row = seeds.over_seeds(summary)[0]
    gaps = [psnr(summary, f"with/{seed}") - psnr(summary, f"without/{seed}") for seed in range(3)]
    assert row.gains["with"].value == pytest.approx(np.mean(gaps))
    assert row.gains["with"].error == pytest.approx(np.std(gaps, ddof=1) / np.sqrt(3))
    assert row.lowest["with"] == pytest.approx(min(gaps))
    assert row.lowest["with"] > 0


def test_every_codec_has_its_rows(summary: Summary) -> None:
    rows = seeds.over_seeds(summary)
    assert [(row.group, row.metric.key) for row in rows] == [
        (group, key) for group in (seeds.ALL, "wmv2", "xvid") for key in ("psnr_y", "ssim_y")
    ]
    text = seeds.to_markdown(rows)
    assert "### Over 3 seeds" in text
    assert f"{rows[0].gains['with'].value:+.2f} ±" in text


def test_a_single_way_has_no_table(summary: Summary) -> None:
    assert seeds.ways_of(["Lanczos", "with/0", "with/1"]) == {"with": ["0", "1"]}
    few = {name: means for name, means in summary.means.items() if not name.startswith("without")}
    assert seeds.over_seeds(Summary(**vars(summary) | {"means": few})) == []
    assert seeds.to_markdown([]) == ""

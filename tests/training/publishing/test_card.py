"""The card of a model."""

from __future__ import annotations

import json
from pathlib import Path

from tests.training.evaluation.cases import contestants, moving_case
from tests.training.publishing.models import STOCK_SHA256, card, lineage, picture_of
from upscaler.training.evaluation.clips import Sampling
from upscaler.training.evaluation.evaluate import evaluate
from upscaler.training.evaluation.summary import summarise
from upscaler.training.publishing.card import Card, Evaluation
from upscaler.training.publishing.licences import BASE, Part
from upscaler.training.publishing.lineage import Lineage


def test_a_card_comes_back_from_its_json() -> None:
    given = card(pictures=(picture_of(),))
    assert Card.from_json(json.loads(json.dumps(given.to_json()))) == given


def test_a_lineage_comes_back_from_its_json() -> None:
    given = lineage()
    assert Lineage.from_json(json.loads(json.dumps(given.to_json()))) == given
    assert given.packages["torch"]
    assert given.created.endswith("+00:00")


def test_the_page_says_what_the_model_is_and_was_made_from() -> None:
    page = card(pictures=(picture_of("a crop.png"),)).to_markdown()
    for words in (
        "# h1v1",
        "| game | OpenArena |",
        "| licence | GPL-2.0-or-later |",
        "| architecture | Compact 8x2, 0 parameters |",
        "| speed | 0.120 s per frame of 320x240 on cpu in bf16 |",
        "| h1v1 | 28.71 |",
        "openarena, 960 frames, SHA-256 abab",
        f"realesr-animevideov3, SHA-256 {STOCK_SHA256}",
        "| steps | 3,000, seed 7 |",
        "| maps held out | lava |",
        "| base weights | realesr-animevideov3 | BSD-3-Clause | Xintao Wang |",
        "The captures of OpenArena are game content under GPL-2.0-or-later.",
        "(a%20crop.png)",
        "- It was trained on video of OpenArena: other footage may gain less.",
    ):
        assert words in page, words


def test_a_base_that_forbids_it_is_said_on_the_card() -> None:
    limited = card(lineage=lineage(Part(BASE, "4x-Thing", "CC-BY-NC-4.0")))
    assert "which forbids commercial use" in limited.to_markdown()
    assert any("forbids commercial use" in sentence for sentence in limited.to_json()["limits"])


def test_what_people_enter_is_no_markup() -> None:
    page = card(
        game="<script>alert(1)</script>", author="x | y\n# heading", notes="[a](http://b) *c* `d`", speed=None
    ).to_markdown()
    assert "<script" not in page.replace("\\<script", "")
    assert "\n# heading" not in page
    assert "x \\| y \\# heading" in page
    assert "\\[a\\](http://b) \\*c\\*" in page


def test_a_card_without_evaluation_and_speed_leaves_them_out() -> None:
    page = card(evaluation=None, speed=None).to_markdown()
    assert "## Evaluation" not in page
    assert "speed" not in page


def test_a_card_takes_the_report_of_an_evaluation(tmp_path: Path) -> None:
    sampling = Sampling(3)
    summary = summarise(
        evaluate([moving_case("one")], contestants(), tmp_path / "rows", sampling, with_sequences=False)
    )
    given = card(evaluation=Evaluation.of(summary, sampling))
    assert Card.from_json(json.loads(json.dumps(given.to_json()))) == given
    page = given.to_markdown()
    assert page.index("## Evaluation") < page.index("### Distortion") < page.index("## Limits of use")

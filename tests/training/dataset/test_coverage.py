"""What a dataset covers and what it lacks, its contact sheets and its card."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from upscaler.training.core.capture import Capture, CaptureKind, Split
from upscaler.training.dataset.card import card, card_markdown
from upscaler.training.dataset.contact_sheet import contact_sheet
from upscaler.training.dataset.coverage import coverage
from upscaler.training.dataset.folder import Dataset
from upscaler.training.dataset.frame import HarvestedFrame
from upscaler.training.dataset.frame_files import Mark, Shown, write_frames
from upscaler.training.dataset.harvest_options import HarvestOptions
from upscaler.training.dataset.manifest import CaptureEntry, Harvested, write_manifest


def thumbnail(level: int) -> bytes:
    picture = np.full((120, 160, 3), level, np.uint8)
    return cv2.imencode(".jpg", picture)[1].tobytes()


def frames(count: int, brightness: float, motion: float) -> Iterator[HarvestedFrame]:
    picture = thumbnail(round(brightness))
    for number in range(count):
        yield HarvestedFrame(number, number // 50, 0, 100.0, brightness, motion, number, kept=True, thumbnail=picture)


def add(
    dataset: Dataset,
    name: str,
    count: int,
    *,
    brightness: float = 80,
    motion: float = 1,
    split: Split = Split.TRAINING,
    rate: int | None = 30,
) -> None:
    """Put a capture into a dataset whose frames were measured elsewhere."""
    kind = CaptureKind.VIDEO if rate else CaptureKind.PICTURES
    capture = Capture(
        name, Path("/captures", f"{name}.mkv"), kind, 1280, 960, Fraction(rate) if rate else None, count,
        game="Halo", map=name, licence="CC-BY-4.0" if name == "one" else "", split=split, warnings=("It is dark.",),
    )  # fmt: skip
    write_frames(dataset.folder / "captures" / name / "harvest-1", frames(count, brightness, motion))
    harvested = Harvested("harvest-1", HarvestOptions(), "2026-01-01T00:00:00+00:00", count, count // 50, {})
    entry = CaptureEntry(capture, "0" * 64, 1, "2026-01-01T00:00:00+00:00", True, harvested)
    write_manifest(dataset.folder, dataset.manifest.with_entry(entry))


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return Dataset.create(tmp_path, "h|1", game="Halo", licence="CC0-1.0", notes="Captured\non a PC.")


def test_a_varied_dataset_lacks_nothing(dataset: Dataset) -> None:
    for name, (brightness, motion) in {"one": (20, 0.1), "two": (80, 1), "three": (150, 3), "four": (80, 3)}.items():
        add(dataset, name, 400, brightness=brightness, motion=motion)
    add(dataset, "five", 200, split=Split.HELD_OUT)

    covered = coverage(dataset)

    assert (covered.frames, covered.held_out_frames) == (1600, 200)
    assert covered.by_map == {"one": 400, "two": 400, "three": 400, "four": 400}
    assert covered.by_brightness == {"dark": 400, "medium": 800, "bright": 400}
    assert covered.by_motion == {"still": 400, "slow": 400, "fast": 800}
    assert covered.missing == ()


def test_what_is_missing_is_said(dataset: Dataset) -> None:
    add(dataset, "one", 300)
    add(dataset, "two", 50)

    missing = coverage(dataset).missing

    assert missing == (
        "350 frames are trained on; 1,000 or more are better. Add captures.",
        "Only 2 of the maps are trained on; models learn more from 4 or more.",
        "86% of the frames are of one map (one). Add captures of other maps, or keep fewer of it.",
        "Hardly any frame is dark (0 of 350). Add captures of dark scenes.",
        "Hardly any frame is bright (0 of 350). Add captures of bright scenes.",
        "Hardly any frame shows turns and runs. Add captures of them.",
        "Hardly any frame shows moments in which little moves. Add captures of them.",
        "No capture is held out to evaluate the model. Move one map to the other side of the split.",
    )


def test_stills_alone_and_one_map_are_said(dataset: Dataset) -> None:
    add(dataset, "one", 60, rate=None)

    missing = " ".join(coverage(dataset).missing)

    assert "No capture shows motion" in missing
    assert "are of one map (one)" in missing


def test_excluded_frames_are_not_covered(dataset: Dataset) -> None:
    add(dataset, "one", 60)
    dataset.mark("one", range(60), Mark.EXCLUDED)

    covered = coverage(dataset)

    assert covered.frames == 0
    assert "No frame of one is kept. Harvest it, or remove it." in covered.missing


def test_a_contact_sheet_has_a_place_for_each_frame_and_dims_those_left_out(dataset: Dataset) -> None:
    add(dataset, "one", 60, brightness=200)
    dataset.mark("one", [1], Mark.EXCLUDED)
    files = dataset.frame_files("one")

    sheet = cv2.imdecode(np.frombuffer(contact_sheet(files, files.page(0, 25, Shown.ALL)), np.uint8), cv2.IMREAD_COLOR)

    assert sheet is not None
    assert sheet.shape == (3 * 124 + 4, 10 * 164 + 4, 3)
    assert abs(float(sheet[20:100, 20:140].mean()) - 200) < 3
    assert abs(float(sheet[20:100, 184:304].mean()) - 60) < 3
    assert float(sheet[270:350, 10 + 5 * 164 :].mean()) < 30


def test_an_empty_page_is_an_empty_sheet(dataset: Dataset) -> None:
    add(dataset, "one", 10)
    files = dataset.frame_files("one")

    assert contact_sheet(files, files.page(0, 60, Shown.LEFT_OUT)).startswith(b"\xff\xd8")


def test_the_card_says_licences_counts_and_maps_and_no_path(dataset: Dataset) -> None:
    add(dataset, "one", 100)
    add(dataset, "two", 50, split=Split.HELD_OUT)

    data = json.loads(json.dumps(card(dataset)))

    assert data["frames"] == {"training": 100, "held-out": 50}
    assert [(each["id"], each["licence"], each["split"], each["kept"]) for each in data["captures"]] == [
        ("one", "CC-BY-4.0", "training", 100),
        ("two", "CC0-1.0", "held-out", 50),
    ]
    assert data["content_hash"] == dataset.manifest.content_hash
    assert "/captures" not in json.dumps(data)


def test_the_card_is_markdown_that_names_cannot_break(dataset: Dataset) -> None:
    add(dataset, "one", 100)
    write_manifest(dataset.folder, replace(dataset.manifest, licence="CC0\n| x |"))

    text = card_markdown(dataset)

    assert text.startswith("# h\\|1\n")
    assert "- Licence: CC0 \\| x \\|\n" in text
    assert "| one | one | training | 1280x960 | 100 of 100 | CC-BY-4.0 |" in text
    assert "- one: It is dark." in text
    assert "Captured\non a PC." in text

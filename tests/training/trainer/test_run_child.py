"""The process that trains a run: it reports, ends with a checkpoint when it is asked to, and continues exactly."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import cv2
import pytest
from safetensors.torch import load_file

from tests.training.arrays import TILE, write_samples
from upscaler.pipeline.networks.builtin import BUILTIN, DEFAULT
from upscaler.training.networks.spec import NetworkSpec
from upscaler.training.trainer.checkpoint import read_newest
from upscaler.training.trainer.recipe import TrainingRecipe
from upscaler.training.trainer.run_child import Request
from upscaler.training.trainer.run_files import BASE, BEFORE, TRUTH, picture_name, snapshot_name

ROOT = Path(__file__).parents[3]
RECIPE = TrainingRecipe(
    NetworkSpec(features=4, blocks=1), steps=80, batch=2, patch=8, rate=1e-3, precision="fp32", threads=1, seed=1
)
LONG = replace(RECIPE, steps=10**6, checkpoint_seconds=10**6)
LIMIT_SECONDS = 5.0
"""Some tenths of a second on a machine that does nothing else."""
STOCK = str(BUILTIN[DEFAULT].path)


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_samples(tmp_path_factory.mktemp("samples"), count=12, held_out=8)


class Child:
    """The real process, with its answers as they come."""

    def __init__(self, request: Request) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "upscaler.training.trainer.run_child"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
        )  # fmt: skip
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(asdict(request)) + "\n")
        self.process.stdin.flush()

    def answers(self) -> Iterator[dict[str, Any]]:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            yield json.loads(line)

    def answer(self, kind: str) -> dict[str, Any]:
        return next(answer for answer in self.answers() if answer["kind"] == kind)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()


@pytest.fixture
def start(samples: Path, tmp_path: Path) -> Iterator[Any]:
    children: list[Child] = []

    def started(recipe: TrainingRecipe, folder: str = "run", **values: Any) -> Child:
        child = Child(Request(recipe.to_json(), str(samples), str(tmp_path / folder), **values))
        children.append(child)
        return child

    yield started
    for child in children:
        child.close()


def test_a_run_reports_its_points_and_leaves_snapshots_with_pictures(start: Any, tmp_path: Path) -> None:
    *_, last = answers = list(start(RECIPE, reference=STOCK).answers())
    assert [answer["kind"] for answer in answers] == ["ready", "point", "point", "point", "point", "ended"]
    assert (last["step"], last["total"], last["is_complete"]) == (80, 80, True)
    final = answers[-2]
    assert (final["step"], final["has_snapshot"]) == (80, True) and final["score"] > 5
    folder = tmp_path / "run"
    assert (folder / snapshot_name(80)).is_file() and (folder / "weights.safetensors").is_file()
    for shows in (BEFORE, BASE, TRUTH, 80):
        picture = cv2.imread(str(folder / picture_name(answers[0]["pictures"] - 1, shows)))
        assert picture is not None and picture.shape == (4 * TILE, 4 * TILE, 3)


@pytest.mark.parametrize("asked", ["by SIGTERM", "by the end of its input"])
def test_it_ends_at_once_with_a_checkpoint(start: Any, tmp_path: Path, asked: str) -> None:
    child = start(LONG)
    child.answer("point")
    began = time.monotonic()
    child.process.send_signal(signal.SIGTERM) if asked == "by SIGTERM" else child.process.stdin.close()
    ended = child.answer("ended")
    assert time.monotonic() - began < LIMIT_SECONDS
    state = read_newest(tmp_path / "run" / "checkpoints")
    assert not ended["is_complete"] and state is not None and state["step"] == ended["step"] > 0


def test_it_ends_with_a_checkpoint_when_nobody_asks_for_it_any_more(start: Any, tmp_path: Path) -> None:
    child = start(LONG, silence_seconds=0.5)
    assert not child.answer("ended")["is_complete"]
    assert read_newest(tmp_path / "run" / "checkpoints") is not None


def test_a_run_that_was_ended_and_continued_equals_one_that_was_not(start: Any, tmp_path: Path) -> None:
    list(start(RECIPE, "whole").answers())
    child = start(RECIPE, "parts")
    child.answer("point")
    child.process.send_signal(signal.SIGTERM)
    assert 0 < child.answer("ended")["step"] < 80
    *_, ended = answers = list(start(RECIPE, "parts").answers())
    assert answers[0]["step"] > 0 and ended["is_complete"]
    whole, parts = (load_file(tmp_path / name / "weights.safetensors") for name in ("whole", "parts"))
    assert all(whole[key].equal(parts[key]) for key in whole)


def test_a_smaller_network_starts_from_the_strongest_parts_of_the_base(start: Any) -> None:
    answers = list(start(replace(RECIPE, steps=20), base=STOCK, reference=STOCK).answers())
    assert answers[-1]["is_complete"]


def test_what_cannot_be_trained_is_refused_with_a_reason(start: Any, tmp_path: Path) -> None:
    error = start(replace(RECIPE, patch=10 * TILE)).answer("error")
    assert error["permanent"] and "Choose smaller patches" in error["message"]
    larger = replace(RECIPE, network=NetworkSpec(features=128, blocks=2))
    assert "can't be cut down" in start(larger, base=STOCK).answer("error")["message"]


def test_it_knows_no_django() -> None:
    script = (
        "import sys, upscaler.training.trainer.run_child, upscaler.training.trainer.run_files\n"
        "print(sorted({'django', 'torch'} & sys.modules.keys()))"
    )
    printed = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert printed.stdout.strip() == "[]", printed.stderr

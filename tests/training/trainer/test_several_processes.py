"""Two processes that accelerate launches train as one does, each on its half of every batch."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import torch

from tests.training.arrays import write_samples
from tests.training.small import RECIPE
from upscaler.training.trainer.loop import Trainer
from upscaler.training.trainer.recipe import TrainingRecipe
from upscaler.training.trainer.snapshots import points, read_snapshot

ROOT = Path(__file__).parents[3]
SHORT: TrainingRecipe = replace(RECIPE, steps=20)
PROGRAM = """
import sys
from pathlib import Path
from dataclasses import replace
from tests.training.small import RECIPE
from upscaler.training.trainer.loop import Trainer
Trainer(replace(RECIPE, steps=20), Path(sys.argv[1]), Path(sys.argv[2])).run(lambda point: None)
"""


def test_two_processes_end_with_the_weights_of_one(tmp_path: Path) -> None:
    samples = write_samples(tmp_path / "samples", count=8, held_out=2)
    one = Trainer(SHORT, samples, tmp_path / "one").run(lambda point: None)
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    launch = ["-m", "accelerate.commands.accelerate_cli", "launch", "--cpu", "--num_processes", "2"]
    subprocess.run(
        [sys.executable, *launch, "--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no",
         "--main_process_port", "0", str(program), str(samples), str(tmp_path / "two")],
        cwd=ROOT, env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}, check=True, timeout=120,
    )  # fmt: skip
    expected = read_snapshot(one.weights)
    for key, value in read_snapshot(tmp_path / "two" / "weights.safetensors").items():
        assert torch.allclose(value, expected[key], atol=2e-4), key
    losses = [[point.loss for point in points(tmp_path / folder)] for folder in ("one", "two")]
    assert len(losses[0]) == len(losses[1]) == 1
    assert abs(losses[0][0] - losses[1][0]) < 1e-4

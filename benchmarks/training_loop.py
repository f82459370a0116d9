"""What the training loop costs beside the bare forward, backward and step: python training_loop.py [STEPS] [ROUNDS]

Both run by turns in one process, on samples of random pictures in real shards: the loop with its reading ahead, moving
average and guard, and the network alone on one batch that stays in memory.
"""

from __future__ import annotations

import os

os.environ["GOMP_SPINCOUNT"] = "0"

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import torch
from torch.optim import AdamW

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.training.arrays import write_samples
from upscaler.training.networks.build import build
from upscaler.training.networks.spec import NetworkSpec
from upscaler.training.samples.sampler import Sampler
from upscaler.training.samples.shard import Shards
from upscaler.training.trainer.device import accelerator
from upscaler.training.trainer.held_out import as_pictures
from upscaler.training.trainer.loop import Trainer
from upscaler.training.trainer.losses import charbonnier
from upscaler.training.trainer.recipe import TrainingRecipe


def main(steps: int, rounds: int) -> None:
    recipe = TrainingRecipe(NetworkSpec(), steps=10**6, threads=1, checkpoint_seconds=1e9, snapshot_seconds=1e9)
    with tempfile.TemporaryDirectory() as name:
        samples = write_samples(Path(name), count=256, held_out=8, tile=64)
        trainer = Trainer(recipe, samples, Path(name) / "run")
        bare = _bare(recipe, samples)
        loop = _loop(trainer, steps)
        times: dict[str, list[float]] = {"bare": [], "loop": []}
        for number in range(rounds):
            for title, run in (("bare", lambda: bare(steps)), ("loop", loop)):
                times[title].append(_cpu_seconds(run) / steps)
            print(f"{number + 1}: bare {times['bare'][-1]:.4f}, loop {times['loop'][-1]:.4f} CPU-seconds a step")
    shares = [bare / loop for bare, loop in zip(times["bare"], times["loop"], strict=True)]
    print(f"the loop has {100 * statistics.median(shares):.1f}% of the bare network's throughput")
    print(f"peak memory: {psutil.Process().memory_info().rss / 1024**2:.0f} MiB")


def _bare(recipe: TrainingRecipe, samples: Path) -> Callable[[int], None]:
    handle = accelerator(recipe.precision)
    network = build(recipe.network).to(handle.device).to(memory_format=torch.channels_last)
    optimizer = AdamW(network.parameters(), lr=1e-5, betas=(0.9, 0.99), weight_decay=0.0, fused=True)
    batch = Sampler(Shards(samples / "training"), 0, recipe.batch, recipe.patch).draw(0)
    low, truth = as_pictures(batch.low, handle.device), as_pictures(batch.truth, handle.device)

    def run(steps: int) -> None:
        for _ in range(steps):
            with handle.autocast():
                enlarged = network(low)
            optimizer.zero_grad(set_to_none=True)
            charbonnier(enlarged.float(), truth).backward()
            optimizer.step()

    return run


def _loop(trainer: Trainer, steps: int) -> Callable[[], None]:
    def run() -> None:
        until = trainer.step + steps
        trainer.run(lambda _: None, stops=lambda: trainer.step >= until)

    return run


def _cpu_seconds(run: Callable[[], None]) -> float:
    """Return the processor time, which holds on a busy machine; on a GPU, the time on the clock."""
    clock = time.perf_counter if torch.cuda.is_available() else time.process_time
    began = clock()
    run()
    return clock() - began


if __name__ == "__main__":
    main(*(int(word) for word in (sys.argv[1:] + ["15", "3"][len(sys.argv) - 1 :])))

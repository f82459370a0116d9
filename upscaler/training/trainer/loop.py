"""The training loop."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import AdamW
from torch.optim.swa_utils import AveragedModel

from upscaler.pipeline.core.errors import PipelineError
from upscaler.training.networks.base import State, load_base
from upscaler.training.networks.build import build
from upscaler.training.networks.compact import PLANE
from upscaler.training.samples.sampler import Sampler
from upscaler.training.samples.shard import Batch, Shards

from . import checkpoint, snapshots
from .averaging import moving_average
from .clock import Clock
from .crisp import CrispStage
from .device import accelerator
from .guard import CRISP_FALL_DB, FALL_DB, Guard, Verdict
from .held_out import HeldOut, as_pictures, as_plane
from .recipe import TrainingRecipe
from .schedule import rate_at
from .snapshots import Point
from .stage import PixelStage, Stage
from .teacher import Teacher

REPLAN = 0.1
"""Share by which the time left has to be wrong before the number of steps is set anew."""
POINT_STEPS = 20
"""Steps whose mean loss is one point of the curve."""
UNKNOWN_TOTAL = 10**9


@dataclass(frozen=True)
class Outcome:
    """How a run ended. ``weights`` is the file of the averaged weights; ``is_complete`` is False if it was stopped."""

    step: int
    total: int
    seconds: float
    is_complete: bool
    weights: Path
    guard: Guard


class Trainer:
    """One run in one folder: continues from its newest checkpoint, if there is one.

    On several GPUs or machines, each process has a Trainer on the same folder; ``accelerate launch`` starts them.
    Raises Refused for base weights of another shape, and PipelineError for samples that can't be used.
    """

    def __init__(
        self,
        recipe: TrainingRecipe,
        samples: Path,
        folder: Path,
        *,
        base: State | None = None,
        teacher: State | None = None,
    ) -> None:
        torch.manual_seed(recipe.seed)
        if recipe.threads:
            torch.set_num_threads(recipe.threads)
        self._accelerator = accelerator(recipe.precision)
        self._recipe, self._folder = recipe, folder
        self._sampler = _sampler(recipe, Shards(samples / "training"))
        held_out = samples / "held-out"
        self._held_out = HeldOut(Shards(held_out)) if held_out.is_dir() else None
        network = build(recipe.network)
        if base is not None:
            load_base(network, base)
        network = network.to(self.device).to(memory_format=torch.channels_last)
        self._averaged = AveragedModel(network, multi_avg_fn=moving_average(recipe.averaging))
        optimizer = AdamW(
            _groups(network, recipe), lr=recipe.rate, betas=(0.9, 0.99), weight_decay=0.0, fused=self._is_fused
        )
        self._network, self._optimizer = self._accelerator.prepare(network, optimizer)
        self._stage: Stage = CrispStage(recipe.crisp, self._accelerator) if recipe.crisp else PixelStage()
        self._teacher = Teacher(teacher, self._accelerator) if teacher is not None else None
        self._guard = Guard(CRISP_FALL_DB if recipe.crisp else FALL_DB)
        self._step, self._total, self._seconds = 0, recipe.steps, 0.0
        self._losses: list[float] = []
        folder.mkdir(parents=True, exist_ok=True)
        self._restore()

    @property
    def device(self) -> torch.device:
        device: torch.device = self._accelerator.device
        return device

    @property
    def step(self) -> int:
        return self._step

    @property
    def total(self) -> int:
        """The steps of the run; 0 while a time budget is measured."""
        return self._total

    @property
    def averaged(self) -> nn.Module:
        """The network with its averaged weights."""
        module: nn.Module = self._averaged.module
        return module

    def run(self, on_point: Callable[[Point], None], stops: Callable[[], bool] = lambda: False) -> Outcome:
        """Train until the end, or until ``stops`` returns True. ``on_point`` gets each point of the curve."""
        batches = self._sampler.stream(self._step, self._rows())
        clock = Clock(self._recipe, self._step, self._seconds)
        verdict = Verdict.CONTINUE
        try:
            while not self._is_over() and verdict is not Verdict.END:
                if stops():
                    break
                loss, verdict = self._train_on(next(batches))
                self._losses.append(loss)
                self._step += 1
                self._seconds = clock.seconds
                self._plan(clock)
                verdict = self._record(verdict, clock, on_point)
                if verdict is Verdict.RETURN:
                    self._return_to_best(on_point)
        finally:
            batches.close()
        return self._end(verdict)

    def _train_on(self, batch: Batch) -> tuple[float, Verdict]:
        """Take one step. Return its loss and the guard's verdict."""
        self._set_rate()
        enlarged, truth = self._enlarged(batch).float(), as_pictures(batch.truth, self.device)
        loss = self._stage.loss(enlarged, truth)
        if self._teacher is not None:
            share = self._recipe.teacher_share
            loss = (1 - share) * loss + share * self._teacher.loss(enlarged, batch)
        self._optimizer.zero_grad(set_to_none=True)
        self._accelerator.backward(loss)
        gradient = self._accelerator.clip_grad_norm_(self._network.parameters(), self._recipe.clip)
        value = float(self._accelerator.reduce(loss.detach(), "mean"))
        verdict = self._guard.judge_step(value, self._gradient_norm(gradient))
        if verdict is Verdict.CONTINUE:
            self._optimizer.step()
            self._averaged.update_parameters(self._accelerator.unwrap_model(self._network))
            self._stage.train_beside(enlarged, truth)
        return value, verdict

    def _enlarged(self, batch: Batch) -> Tensor:
        low = as_pictures(batch.low, self.device)
        with self._accelerator.autocast():
            if self._recipe.network.quantiser_plane:
                enlarged: Tensor = self._network(low, as_plane(batch.quantisers, self.device))
            else:
                enlarged = self._network(low)
        return enlarged

    def _gradient_norm(self, gradient: Tensor | None) -> float:
        """Return the norm; 0 where fp16's scaler looks after overflows itself."""
        return 0.0 if gradient is None or self._accelerator.scaler is not None else float(gradient)

    def _set_rate(self) -> None:
        rate = rate_at(self._step, self._total or UNKNOWN_TOTAL, self._recipe) * self._guard.rate_factor
        for group in self._optimizer.param_groups:
            group["lr"] = rate * group["factor"]

    def _rows(self) -> slice:
        """Return this process's share of each batch. Raises PipelineError if the batch can't be divided."""
        count, index = self._accelerator.num_processes, self._accelerator.process_index
        if self._recipe.batch % count:
            raise PipelineError(
                f"A batch of {self._recipe.batch} can't be divided among {count} processes. Choose a multiple of them.",
                permanent=True,
            )
        each = self._recipe.batch // count
        return slice(index * each, (index + 1) * each)

    def _is_over(self) -> bool:
        return bool(self._total) and self._step >= self._total

    def _plan(self, clock: Clock) -> None:
        """With a time budget, set the number of steps by the speed so far."""
        if not self._recipe.seconds or (speed := clock.seconds_per_step(self._step)) is None:
            return
        left = max(0.0, self._recipe.seconds - clock.seconds)
        total = max(self._step + int(left / speed), self._step)
        if not self._total or (
            clock.is_checkpoint_due() and abs(total - self._total) > REPLAN * max(1, self._total - self._step)
        ):
            self._total = max(1, total)

    def _record(self, verdict: Verdict, clock: Clock, on_point: Callable[[Point], None]) -> Verdict:
        """Write points, snapshots and checkpoints when they are due. Return the verdict on the held-out score."""
        is_due, score = clock.is_snapshot_due() or self._is_over(), None
        if is_due:
            score = self._score()
            self._snapshot()
            clock.snapshot_taken()
            if score is not None and verdict is Verdict.CONTINUE:
                verdict = self._guard.judge_score(score, self._step)
        if is_due or self._step % POINT_STEPS == 0:
            self._add_point(score, self._stage.note, on_point)
        if self._step % POINT_STEPS == 0:
            self._losses.clear()
        if clock.is_checkpoint_due() or self._is_over():
            self.write_checkpoint()
            clock.checkpoint_written()
        return verdict

    def _add_point(self, score: float | None, note: str, on_point: Callable[[Point], None]) -> None:
        finite = [loss for loss in self._losses if math.isfinite(loss)]
        loss = sum(finite) / len(finite) if finite else math.nan
        rate = self._optimizer.param_groups[0]["lr"]
        point = Point(self._step, round(self._seconds, 2), loss, rate, score, note)
        if self._accelerator.is_main_process:
            snapshots.append_point(self._folder, point)
            on_point(point)

    def _score(self) -> float | None:
        if self._held_out is None:
            return None
        with self._accelerator.autocast():
            return self._held_out.score(self.averaged, self.device)

    def _snapshot(self) -> None:
        if self._accelerator.is_main_process:
            snapshots.write_snapshot(self._folder, self._step, self.averaged.state_dict())

    def write_checkpoint(self) -> None:
        """Write everything that is needed to continue exactly."""
        if not self._accelerator.is_main_process:
            return
        state: dict[str, Any] = {
            "network": self._accelerator.unwrap_model(self._network).state_dict(),
            "averaged": self._averaged.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "stage": self._stage.state(),
            "guard": self._guard.to_json(),
            "total": self._total,
            "seconds": self._seconds,
            "losses": self._losses,
            "random": torch.get_rng_state(),
        }
        checkpoint.write(self._folder / "checkpoints", self._step, state)

    def _restore(self) -> None:
        state = checkpoint.read_newest(self._folder / "checkpoints")
        if state is None:
            snapshots.forget_after(self._folder, 0)
            return
        self._accelerator.unwrap_model(self._network).load_state_dict(state["network"])
        self._averaged.load_state_dict(state["averaged"])
        self._optimizer.load_state_dict(state["optimizer"])
        self._stage.load(state["stage"])
        self._guard = Guard(**state["guard"])
        self._step, self._total, self._seconds = state["step"], state["total"], state["seconds"]
        self._losses = state["losses"]
        torch.set_rng_state(state["random"])
        if self._accelerator.is_main_process:
            snapshots.forget_after(self._folder, self._step)

    def _return_to_best(self, on_point: Callable[[Point], None]) -> None:
        """Continue from the best snapshot, with half the learning rate and a fresh optimizer."""
        best = next((path for path, step in snapshots.snapshots(self._folder) if step == self._guard.best_step), None)
        if best is not None:
            weights = snapshots.read_snapshot(best)
            self._accelerator.unwrap_model(self._network).load_state_dict(weights)
            self.averaged.load_state_dict(weights)
        self._optimizer.state.clear()
        note = f"Returned to step {self._guard.best_step}, with half the learning rate."
        self._add_point(None, note, on_point)
        self.write_checkpoint()

    def _end(self, verdict: Verdict) -> Outcome:
        is_complete = self._is_over() or verdict is Verdict.END
        if not is_complete:
            self.write_checkpoint()
        weights = self._folder / "weights.safetensors"
        if is_complete and self._accelerator.is_main_process:
            newest = snapshots.write_snapshot(self._folder, self._step, self.averaged.state_dict())
            best = self._folder / f"snapshot-{self._guard.best_step:08d}.safetensors"
            chosen = best if verdict is Verdict.END and best.is_file() else newest
            temporary = weights.with_suffix(".tmp")
            temporary.write_bytes(chosen.read_bytes())
            temporary.replace(weights)
        return Outcome(self._step, self._total, self._seconds, is_complete, weights, self._guard)

    @property
    def _is_fused(self) -> bool:
        return self.device.type in ("cpu", "cuda")


def _sampler(recipe: TrainingRecipe, shards: Shards) -> Sampler:
    if shards.tile < recipe.patch:
        raise PipelineError(
            f"The samples have {shards.tile} pixels, and patches of {recipe.patch} are to be cut out of them. "
            "Choose smaller patches, or prepare larger samples.",
            permanent=True,
        )
    hidden = recipe.quantisers_hidden if recipe.network.quantiser_plane else 0.0
    return Sampler(shards, recipe.seed, recipe.batch, recipe.patch, hidden)


def _groups(network: nn.Module, recipe: TrainingRecipe) -> list[dict[str, Any]]:
    """Return the parameters in groups that have their own factor on the learning rate."""
    plane = [value for key, value in network.named_parameters() if key.startswith(PLANE)]
    others = [value for key, value in network.named_parameters() if not key.startswith(PLANE)]
    groups = [{"params": others, "factor": 1.0}]
    return [*groups, {"params": plane, "factor": recipe.plane_factor}] if plane else groups

"""The process that trains one run: ``python -m upscaler.training.trainer.run_child``

Reads one request, a line of JSON, then lines that only say that the caller still wants it. Answers with lines of
JSON: "ready" and "point" as the run goes on, then one "ended" or "error". It owns the device, as the render
process does, and is a process of its own for the same reasons. SIGTERM, the end of its input, or silence there for
longer than the request allows, ends it with a checkpoint, from which the next one continues.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
import time
import traceback
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from upscaler.pipeline.core.errors import PipelineError

from .recipe import TrainingRecipe
from .run_files import snapshot_name

if TYPE_CHECKING:
    from torch import nn

    from upscaler.training.networks.base import State

    from .loop import Trainer
    from .pictures import Pictures
    from .snapshots import Point

OUT_OF_MEMORY = (
    "The device has too little memory for this run. Choose a smaller batch, smaller patches or a smaller network."
)
DEVICE_LOST = "The GPU stopped working during the run. It continues from its last checkpoint when the GPU works again."


@dataclass(frozen=True)
class Request:
    """One run to train, or to continue."""

    recipe: dict[str, Any]
    samples: str
    """Folder of prepared samples."""
    folder: str
    """Folder of the run: its checkpoints, snapshots, pictures and curve."""
    base: str = ""
    """Weights to start from; "" to start from scratch."""
    teacher: str = ""
    """Weights from whose output the network learns, too; "" for none."""
    reference: str = ""
    """Weights whose pictures are shown beside those of the run; "" for none."""
    silence_seconds: float = 0.0
    """Without a line of input for so long, the run ends with a checkpoint; 0 to wait for ever."""


class Child:
    """Trains the run of a request and reports it."""

    def __init__(self, answers: IO[str]) -> None:
        self._answers = answers
        self._stop = threading.Event()
        self._heard_at = time.monotonic()
        self._silence = 0.0

    def serve(self, requests: IO[str]) -> None:
        """Train until the run is complete, or this process is asked to end."""
        signal.signal(signal.SIGTERM, lambda *_: self._stop.set())
        line = requests.readline()
        if not line:
            return
        request = Request(**json.loads(line))
        self._silence = request.silence_seconds
        self._heard_at = time.monotonic()
        threading.Thread(target=self._listen, args=(requests,), daemon=True).start()
        try:
            self._train(request)
        except PipelineError as error:
            self._answer("error", message=error.message, permanent=error.permanent, detail=error.detail)
        except OSError as error:  # such as a full disk
            message = f"Can't write the files of this run: {error.strerror or error}."
            self._answer("error", message=message, permanent=False, detail=str(error))
        except Exception as error:  # torch may raise anything for a device that is lost
            message, permanent = _in_words(error)
            self._answer("error", message=message, permanent=permanent, detail=traceback.format_exc())

    def _train(self, request: Request) -> None:
        from .loop import Trainer
        from .pictures import Pictures, examples

        recipe = TrainingRecipe.from_json(request.recipe)
        samples, folder = Path(request.samples), Path(request.folder)
        trainer = Trainer(recipe, samples, folder, base=_base(request.base, recipe), teacher=_read(request.teacher))
        pictures = Pictures(folder, examples(samples), trainer.device)
        self._answer("ready", step=trainer.step, device=str(trainer.device), pictures=len(pictures))
        if not pictures.has_fixed(with_base=bool(request.reference)):
            pictures.write_fixed(_network(request.reference, trainer), self._stops)
        if (folder / snapshot_name(trainer.step)).is_file() and not pictures.has_snapshot(trainer.step):
            pictures.write_snapshot(trainer.averaged, trainer.step, self._stops)  # a stop had cut them short
        outcome = trainer.run(lambda point: self._on_point(point, trainer, pictures, folder), self._stops)
        self._answer(
            "ended",
            step=outcome.step,
            total=outcome.total,
            seconds=outcome.seconds,
            is_complete=outcome.is_complete,
            best_step=outcome.guard.best_step,
        )

    def _on_point(self, point: Point, trainer: Trainer, pictures: Pictures, folder: Path) -> None:
        has_snapshot = (folder / snapshot_name(point.step)).is_file()
        if has_snapshot:
            pictures.write_snapshot(trainer.averaged, point.step, self._stops)
        self._answer("point", **asdict(point), total=trainer.total, has_snapshot=has_snapshot)

    def _stops(self) -> bool:
        if self._silence and time.monotonic() - self._heard_at > self._silence:
            self._stop.set()
        return self._stop.is_set()

    def _listen(self, requests: IO[str]) -> None:
        for _ in iter(requests.readline, ""):
            self._heard_at = time.monotonic()
        self._stop.set()

    def _answer(self, kind: str, **values: Any) -> None:
        self._answers.write(json.dumps({"kind": kind, **values}) + "\n")
        self._answers.flush()


def _read(path: str) -> State | None:
    from upscaler.pipeline.networks.weights import read

    return read(Path(path)) if path else None


def _base(path: str, recipe: TrainingRecipe) -> State | None:
    """Return the weights to start from, cut down if the recipe's network is a smaller Compact."""
    from upscaler.pipeline.networks.weights import read
    from upscaler.training.networks.base import cut_down, spec_of

    if not path:
        return None
    state = read(Path(path))
    spec, wanted = spec_of(state), recipe.network
    if (spec.architecture, spec.features, spec.blocks) == (wanted.architecture, wanted.features, wanted.blocks):
        return state
    return cut_down(state, wanted.features, wanted.blocks)


def _network(path: str, trainer: Trainer) -> nn.Module | None:
    """Return the network of a file of weights on the trainer's device; None without a file."""
    from upscaler.pipeline.networks.weights import read
    from upscaler.training.networks.base import load_base, spec_of
    from upscaler.training.networks.build import build

    if not path:
        return None
    state = read(Path(path))
    network = build(spec_of(state))
    load_base(network, state)
    return network.to(trainer.device)


def _in_words(error: Exception) -> tuple[str, bool]:
    """Return a sentence about an unexpected error, and whether it would happen again."""
    import torch

    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return OUT_OF_MEMORY, True
    if "CUDA" in str(error) or "HIP" in str(error):
        return DEVICE_LOST, False
    return f"Unexpected error in the run ({type(error).__name__}). See the server's log for details.", False


def main() -> None:
    """Serve one request. Standard output is reserved for answers: a library that prints must not break the protocol."""
    os.nice(5)  # on a CPU: pages and uploads have priority
    os.environ["GOMP_SPINCOUNT"] = "0"  # before torch loads OpenMP: waiting threads would keep the cores from others
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        Child(answers).serve(sys.stdin)


if __name__ == "__main__":
    main()

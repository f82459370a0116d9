"""The process that prepares the samples of a run: ``python -m upscaler.training.samples.prepare_child``

Reads one request, a line of JSON, and answers with lines of JSON: "progress" after each shard, then "ended" or "error".
It is a process of its own so that a cancelled run ends at once, in the middle of a shard: a shard that isn't finished
isn't kept.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import IO, Any

from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.core.limits import Limits
from upscaler.training.core.capture import Burst, Capture, CaptureKind, Split

UNEXPECTED = "Unexpected error while preparing samples ({}). See the server's log for details."


@dataclass(frozen=True)
class Request:
    """Samples to prepare."""

    captures: tuple[dict[str, Any], ...]
    """Each as ``capture_to_json`` returns it."""
    recipe: dict[str, Any]
    """A PreparationRecipe; its era may be the name of one that comes with HaloWeb."""
    folder: str
    has_examples: bool
    """Were the frames that the run shows stored already?"""
    max_pixels: int
    stall_seconds: float


def capture_to_json(capture: Capture, bursts: Sequence[Burst]) -> dict[str, Any]:
    """Return a capture and its frames as plain JSON types."""
    return {
        "id": capture.id,
        "path": str(capture.path),
        "kind": capture.kind.value,
        "width": capture.width,
        "height": capture.height,
        "rate": str(capture.rate) if capture.rate is not None else None,
        "frames": capture.frames,
        "split": capture.split.value,
        "bursts": [[burst.first, burst.count] for burst in bursts],
    }


def _capture(data: dict[str, Any]) -> tuple[Capture, list[Burst]]:
    capture = Capture(
        id=data["id"],
        path=Path(data["path"]),
        kind=CaptureKind(data["kind"]),
        width=data["width"],
        height=data["height"],
        rate=Fraction(data["rate"]) if data["rate"] else None,
        frames=data["frames"],
        split=Split(data["split"]),
    )
    return capture, [Burst(*burst) for burst in data["bursts"]]


def serve(requests: IO[str], answers: IO[str]) -> None:
    """Prepare the samples of one request."""

    def answer(kind: str, **values: Any) -> None:
        answers.write(json.dumps({"kind": kind, **values}) + "\n")
        answers.flush()

    line = requests.readline()
    if not line:
        return
    try:
        _prepare(Request(**json.loads(line)), lambda done, total: answer("progress", done=done, total=total))
    except PipelineError as error:
        detail = error.detail or str(error.__cause__ or "")
        answer("error", message=error.message, permanent=error.permanent, detail=detail)
    except OSError as error:
        message = f"Can't write the samples: {error.strerror or error}."
        answer("error", message=message, permanent=False, detail=str(error))
    except Exception as error:
        message = UNEXPECTED.format(type(error).__name__)
        answer("error", message=message, permanent=False, detail=traceback.format_exc())
    else:
        answer("ended")


def _prepare(request: Request, on_progress: Any) -> None:
    from .examples import write_examples
    from .prepare import PreparationRecipe, prepare

    recipe = PreparationRecipe.from_json(request.recipe | {"era": _era(request.recipe["era"])})
    captures = [_capture(data) for data in request.captures]
    limits = Limits(max_pixels=request.max_pixels, stall_seconds=request.stall_seconds)
    folder = Path(request.folder)
    prepare(captures, recipe, folder, limits, on_progress)
    if not request.has_examples:
        write_examples(captures, recipe, folder, limits)


def _era(era: str | dict[str, Any]) -> dict[str, Any]:
    from upscaler.training.degradation.eras import recipe_named

    return recipe_named(era).to_json() if isinstance(era, str) else era


def main() -> None:
    """Serve one request. Standard output is reserved for answers: a library that prints must not break the protocol."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        serve(sys.stdin, answers)


if __name__ == "__main__":
    main()

"""Look into a stranger's file of weights, in a process of its own: ``python -m ...check SOURCE TARGET``

Writes TARGET as safetensors and prints one line of JSON: either what the weights are, or why they
are refused. Whoever wants that calls ``convert``, which starts that process and reads its answer.
"""

from __future__ import annotations

import contextlib
import json
import resource
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from upscaler.pipeline.core.errors import PipelineError, Refused, TooMuch
from upscaler.pipeline.programs.confine import lower
from upscaler.pipeline.programs.process import Process

from .weights import Weights, describe, read, sha256_of

if TYPE_CHECKING:
    from spandrel import ImageModelDescriptor
    from torch import Tensor

SECONDS = 300.0
CPU_SECONDS = 180
"""Of all its threads together; loading torch and trying RealESRGAN_x4plus takes 8."""
ADDRESS_BYTES = 64 * 1024**3
"""Address space: torch's CUDA libraries alone map tens of gigabytes."""
LEAST_MEMORY, MEMORY_A_BYTE = 4 * 1024**3, 6
"""Bytes that the process may write to, at least, and for each byte of the file: its numbers are held as they came, as
fp32 in the network, and in the file that is written."""
MOST_GROWTH = 4
"""Bytes of numbers for each byte of the file; more come of one number that is repeated."""
MOST_THREADS = 4
"""More do not make it quicker, and wait for each other by using up the time that the process may take."""
SIDE = 32
"""Pixels of the test picture; spandrel pads it for a network that needs more."""
SMALLEST_STEP = 1 / 255
"""Between two values of a pixel."""

RUNS = ("float16", "bfloat16", "float32", "float64")
NOT_A_FLOAT = (
    "The weights are stored as {}, which networks are not run in here; upload the checkpoint as it was before it was "
    "converted, in fp32, fp16 or bf16."
)
NOT_FINITE = (
    "The weights hold numbers that are not finite (NaN or Inf): the training diverged; take an earlier checkpoint."
)
NOT_FINITE_PICTURE = (
    "This network turns a test picture into NaN or Inf: the training diverged; take an earlier checkpoint."
)
PLAIN = (
    "This network changes nothing: what it makes of a test picture equals plain enlargement; is it trained at all? "
    "Take another checkpoint."
)
BLANK = "This network turns a test picture into one plain colour; is it trained at all? Take another checkpoint."
FAILS = "This network fails on a test picture of 32 by 32 pixels; is the file complete?"
TOO_FEW_BYTES = (
    "The weights are many times larger than the file that holds them; save them again in the training program, "
    "as .safetensors."
)
TOO_LARGE = "Checking this file takes too much memory; save the weights of the generator alone, as .safetensors."
UNKNOWN = (
    "The file could not be checked: it makes the reader fail or takes too long; save the weights of the generator "
    "alone, as .safetensors, and upload that file."
)


def convert(source: Path, target: Path, name: str) -> Weights:
    """Turn a .pth or .safetensors file into a safetensors file at ``target``, nothing in it run.

    Raises Refused with the reason, in words for the person who brought the file.
    """
    command = [sys.executable, "-m", __name__, str(source), str(target)]
    with Process(command, stall_seconds=SECONDS, says="The check", memory_bytes=ADDRESS_BYTES) as process:
        line = process.read_line(SECONDS)
        detail = process.tail
        if line == b"":
            with contextlib.suppress(TooMuch):
                process.wait()
        if not line:
            raise Refused(UNKNOWN, detail=detail)
    answer = json.loads(line)
    if "refused" in answer:
        raise Refused(answer["refused"], detail=answer["detail"])
    return Weights(
        name=name, path=target, sha256=answer["sha256"], architecture=answer["architecture"], scale=answer["scale"]
    )


def main(source: Path, target: Path) -> dict[str, str | int]:
    """What ``convert`` reads."""
    import torch
    from safetensors.torch import save_file

    torch.set_num_threads(MOST_THREADS)
    try:
        tensors = read(source)
        _check_size(tensors, source.stat().st_size)
        _check_numbers(tensors)
        network = describe(tensors)
        _check_integers(tensors, network)
        _try(network)
        save_file({key: tensor.contiguous().clone() for key, tensor in tensors.items()}, target)
    except Exception as error:  # a stranger's file makes torch raise whatever it likes
        if _ran_out_of_memory(error):
            return {"refused": TOO_LARGE, "detail": str(error)[:2000]}
        if isinstance(error, PipelineError):
            return {"refused": error.message, "detail": error.detail[:2000]}
        raise
    return {
        "architecture": network.architecture.name,
        "scale": network.scale,
        "sha256": sha256_of(target),
    }


def _check_size(tensors: dict[str, Tensor], file_bytes: int) -> None:
    """A tensor may be a view that repeats one number a billion times."""
    if sum(tensor.numel() * tensor.element_size() for tensor in tensors.values()) > MOST_GROWTH * file_bytes:
        raise Refused(TOO_FEW_BYTES)


def _check_numbers(tensors: dict[str, Tensor]) -> None:
    for tensor in tensors.values():
        if tensor.is_floating_point():
            _check_runs(tensor)
            if not tensor.isfinite().all():
                raise Refused(NOT_FINITE)


def _check_integers(tensors: dict[str, Tensor], network: ImageModelDescriptor[Any]) -> None:
    """Tables of indices, as transformers have them, are whole numbers; what is trained is not."""
    meant = network.model.state_dict()
    for key, tensor in tensors.items():
        if not tensor.is_floating_point() and key in meant and meant[key].is_floating_point():
            _check_runs(tensor)


def _check_runs(tensor: Tensor) -> None:
    name = str(tensor.dtype).removeprefix("torch.")
    if name not in RUNS:
        raise Refused(NOT_A_FLOAT.format(name))


def _try(network: ImageModelDescriptor[Any]) -> None:
    """Put a picture of noise through the network. Raises Refused for a result that no trained network gives."""
    import torch

    picture = torch.rand(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    try:
        enlarged = network(picture)
    except (RuntimeError, AssertionError, IndexError, KeyError, TypeError, ValueError) as error:
        raise Refused(FAILS, detail=str(error)) from error
    if not enlarged.isfinite().all():
        raise Refused(NOT_FINITE_PICTURE)
    plain = picture.repeat_interleave(network.scale, 2).repeat_interleave(network.scale, 3)
    if enlarged.shape != plain.shape:
        raise Refused(FAILS, detail=f"gave {tuple(enlarged.shape)}")
    if (enlarged - plain).abs().max() < SMALLEST_STEP:
        raise Refused(PLAIN)
    if (enlarged.amax((2, 3)) - enlarged.amin((2, 3))).max() < SMALLEST_STEP:
        raise Refused(BLANK)


def _ran_out_of_memory(error: BaseException | None) -> bool:
    """Also where another error came of it. torch and the kernel both say that they "cannot allocate memory"."""
    while error is not None:
        if isinstance(error, MemoryError) or "allocate memory" in str(error):
            return True
        error = error.__cause__
    return False


def _bound(file_bytes: int) -> None:
    """Bound what this process may take. What it maps without writing to it, such as CUDA's libraries, doesn't count."""
    lower(resource.RLIMIT_DATA, max(LEAST_MEMORY, MEMORY_A_BYTE * file_bytes))
    lower(resource.RLIMIT_CPU, CPU_SECONDS)


if __name__ == "__main__":
    _bound(Path(sys.argv[1]).stat().st_size)
    print(json.dumps(main(Path(sys.argv[1]), Path(sys.argv[2]))), flush=True)

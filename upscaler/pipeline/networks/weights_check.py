"""Check an untrusted weights file, in a separate process: ``python -m ...weights_check SOURCE TARGET``

Writes TARGET as safetensors and prints one line of JSON: either a description of the weights, or why they
are refused. ``convert`` starts that process and reads its answer.
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
"""CPU time of all threads together; loading torch and testing RealESRGAN_x4plus takes 8."""
ADDRESS_BYTES = 64 * 1024**3
"""Address space: torch's CUDA libraries alone map tens of gigabytes."""
MIN_MEMORY, MEMORY_PER_BYTE = 4 * 1024**3, 6
"""Limit of writable memory: at least, and per byte of the file, whose numbers are in memory as read, as fp32 in the
network, and in the file that is written."""
MAX_GROWTH = 4
"""Largest ratio of tensor bytes to file bytes; more would be repeated numbers."""
MAX_THREADS = 4
"""More threads aren't faster, and use up the process's CPU time by spinning."""
SIDE = 32
"""Pixels of the test picture; spandrel pads it for a network that needs more."""
SMALLEST_STEP = 1 / 255
"""Step between two values of a pixel."""

RUNS = ("float16", "bfloat16", "float32", "float64")
NOT_A_FLOAT = (
    "The weights are stored as {}, which HaloWeb doesn't run. Upload the checkpoint from before the conversion, "
    "in fp32, fp16 or bf16."
)
NOT_FINITE = (
    "The weights hold numbers that aren't finite (NaN or Inf): the training diverged. Use an earlier checkpoint."
)
NOT_FINITE_PICTURE = (
    "This network turns a test picture into NaN or Inf: the training diverged. Use an earlier checkpoint."
)
PLAIN = (
    "This network changes nothing: its output for a test picture equals plain enlargement. Use a trained checkpoint."
)
BLANK = "This network turns a test picture into one plain colour. Use a trained checkpoint."
FAILS = "This network fails on a test picture of 32x32 pixels. Check that the file is complete."
TOO_FEW_BYTES = (
    "The weights are many times larger than the file that holds them. Save them again in the training program, "
    "as .safetensors."
)
TOO_LARGE = "Checking this file takes too much memory. Save only the generator's weights, as .safetensors."
UNKNOWN = (
    "This file can't be checked: reading it fails or takes too long. Save only the generator's weights, "
    "as .safetensors, and upload that file."
)


def convert(source: Path, target: Path, name: str) -> Weights:
    """Turn a .pth or .safetensors file into a safetensors file at ``target``, without running code in it.

    Raises Refused with the reason, for the person who uploaded the file.
    """
    command = [sys.executable, "-m", __name__, str(source), str(target)]
    with Process(command, stall_seconds=SECONDS, label="The check", memory_bytes=ADDRESS_BYTES) as process:
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
    """Check and convert the file; returns the answer that ``convert`` reads."""
    import torch
    from safetensors.torch import save_file

    torch.set_num_threads(MAX_THREADS)
    try:
        tensors = read(source)
        _check_size(tensors, source.stat().st_size)
        _check_numbers(tensors)
        network = describe(tensors)
        _check_integers(tensors, network)
        _try(network)
        save_file({key: tensor.contiguous().clone() for key, tensor in tensors.items()}, target)
    except Exception as error:  # torch may raise anything for an untrusted file
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
    """Raise Refused for tensors much larger than the file, such as views that repeat one number a billion times."""
    if sum(tensor.numel() * tensor.element_size() for tensor in tensors.values()) > MAX_GROWTH * file_bytes:
        raise Refused(TOO_FEW_BYTES)


def _check_numbers(tensors: dict[str, Tensor]) -> None:
    for tensor in tensors.values():
        if tensor.is_floating_point():
            _check_runs(tensor)
            if not tensor.isfinite().all():
                raise Refused(NOT_FINITE)


def _check_integers(tensors: dict[str, Tensor], network: ImageModelDescriptor[Any]) -> None:
    """Raise Refused for integers in place of trained numbers; tables of indices, as in transformers, are fine."""
    meant = network.model.state_dict()
    for key, tensor in tensors.items():
        if not tensor.is_floating_point() and key in meant and meant[key].is_floating_point():
            _check_runs(tensor)


def _check_runs(tensor: Tensor) -> None:
    name = str(tensor.dtype).removeprefix("torch.")
    if name not in RUNS:
        raise Refused(NOT_A_FLOAT.format(name))


def _try(network: ImageModelDescriptor[Any]) -> None:
    """Run the network on noise. Raises Refused for a result that no trained network has."""
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
    """Tell whether running out of memory is the cause, also indirectly. torch and the kernel both report that they
    "cannot allocate memory"."""
    while error is not None:
        if isinstance(error, MemoryError) or "allocate memory" in str(error):
            return True
        error = error.__cause__
    return False


def _bound(file_bytes: int) -> None:
    """Limit this process's memory and CPU time. Memory that is mapped but not written, as of CUDA, doesn't count."""
    lower(resource.RLIMIT_DATA, max(MIN_MEMORY, MEMORY_PER_BYTE * file_bytes))
    lower(resource.RLIMIT_CPU, CPU_SECONDS)


if __name__ == "__main__":
    _bound(Path(sys.argv[1]).stat().st_size)
    print(json.dumps(main(Path(sys.argv[1]), Path(sys.argv[2]))), flush=True)

"""Look into a stranger's file of weights, in a process of its own: ``python -m ...check SOURCE TARGET``

Writes TARGET as safetensors and prints one line of JSON: either what the weights are, or why they
are refused. Whoever wants that calls ``convert``, which starts that process and reads its answer.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from ..errors import PipelineError, Refused
from ..process import Process
from .weights import Weights, describe, read, sha256_of

SECONDS = 300.0
MEMORY_BYTES = 64 * 1024**3
"""Address space: torch's CUDA libraries alone map tens of gigabytes."""


def convert(source: Path, target: Path, name: str) -> Weights:
    """Turn a .pth or .safetensors file into a safetensors file at ``target``, nothing in it run.

    Raises Refused with the reason, in words for the person who brought the file.
    """
    command = [sys.executable, "-m", __name__, str(source), str(target)]
    with Process(command, stall_seconds=SECONDS, says="The check", memory_bytes=MEMORY_BYTES) as process:
        line = process.read_line(SECONDS)
        detail = process.tail
    if not line:
        raise Refused("The file could not be checked: it makes the reader fail or takes too long.", detail=detail)
    answer = json.loads(line)
    if "refused" in answer:
        raise Refused(answer["refused"], detail=answer["detail"])
    return Weights(
        name=name, path=target, sha256=answer["sha256"], architecture=answer["architecture"], scale=answer["scale"]
    )


def main(source: Path, target: Path) -> dict[str, str | int]:
    """What ``convert`` reads."""
    from safetensors.torch import save_file

    try:
        tensors = read(source)
        descriptor = describe(tensors)
    except PipelineError as error:
        return {"refused": error.message, "detail": error.detail[:2000]}
    save_file({key: tensor.contiguous().clone() for key, tensor in tensors.items()}, target)
    return {
        "architecture": descriptor.architecture.name,
        "scale": descriptor.scale,
        "sha256": sha256_of(target),
    }


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), Path(sys.argv[2]))), flush=True)

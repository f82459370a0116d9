"""The device of a training process, by accelerate, which one GPU, several and several machines share."""

from __future__ import annotations

import torch
from accelerate import Accelerator

from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.networks.hardware import has_bf16


def accelerator(precision: str) -> Accelerator:
    """Return accelerate's handle on this process's device, in a precision that it runs."""
    is_cpu = is_cpu_only()
    if precision == "auto":
        is_bf16 = has_bf16() if is_cpu else torch.cuda.is_available() and torch.cuda.is_bf16_supported()  # CUDA only
        precision = "bf16" if is_bf16 else "fp32"
    if precision == "fp16" and is_cpu:
        raise PipelineError("fp16 needs a GPU. On a CPU, choose auto, fp32 or bf16.", permanent=True)
    return Accelerator(cpu=is_cpu, mixed_precision="no" if precision == "fp32" else precision)


def is_cpu_only() -> bool:
    """Return whether torch has no GPU here."""
    return not torch.cuda.is_available() and not torch.backends.mps.is_available()

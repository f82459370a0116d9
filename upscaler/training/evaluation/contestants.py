"""What is compared: ways of enlarging a low-resolution frame four times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

from upscaler.pipeline.core.errors import Refused
from upscaler.pipeline.networks.backend import Backend
from upscaler.pipeline.networks.backends.torch_backend import DTYPES, pick_device, pick_precision
from upscaler.pipeline.networks.builtin import BUILTIN, DEFAULT
from upscaler.pipeline.networks.registry import open_backend
from upscaler.pipeline.networks.weights import Weights, describe, read, sha256_of
from upscaler.training.core.twin import Pixels
from upscaler.training.networks.base import load_base, spec_of
from upscaler.training.networks.build import build
from upscaler.training.networks.compact import PLANE
from upscaler.training.trainer.held_out import as_pictures, as_plane

from .clips import SCALE
from .fingerprint import tensors_sha256

LANCZOS, BICUBIC, STOCK = "Lanczos", "bicubic", "stock"
"""Names of the contestants that others are compared with. Stock is the network that HaloWeb ships."""


class Contestant(Protocol):
    """A way of enlarging. ``fingerprint`` differs between contestants whose results differ, whatever their names."""

    @property
    def name(self) -> str: ...

    @property
    def fingerprint(self) -> str: ...

    def enlarge(self, low: Pixels, quantisers: Pixels) -> Pixels:
        """Enlarge (h, w, 3) RGB to (4h, 4w, 3). ``quantisers`` is (h, w), as in Pair."""
        ...


@dataclass(frozen=True)
class Interpolation:
    """OpenCV's interpolation. Lanczos is over 8x8 pixels, and bicubic has a = -0.75."""

    name: str
    method: int

    @property
    def fingerprint(self) -> str:
        return f"cv2-{self.method}"

    def enlarge(self, low: Pixels, quantisers: Pixels) -> Pixels:
        size = low.shape[1] * SCALE, low.shape[0] * SCALE
        return np.asarray(cv2.resize(low, size, interpolation=self.method), np.uint8)


@dataclass(frozen=True)
class Network:
    """A network on one of the pipeline's backends, without the quantisers."""

    name: str
    fingerprint: str
    backend: Backend

    def close(self) -> None:
        """Free the network's memory."""
        self.backend.close()

    def enlarge(self, low: Pixels, quantisers: Pixels) -> Pixels:
        return np.asarray(self.backend.upscale(low[None])[0], np.uint8)


@dataclass(frozen=True)
class Function:
    """Any other way, such as a network in training, or one that is given the quantisers."""

    name: str
    fingerprint: str
    run: Callable[[Pixels, Pixels], Pixels]

    def enlarge(self, low: Pixels, quantisers: Pixels) -> Pixels:
        return self.run(low, quantisers)


def baselines(scratch: Path, precision: str = "auto") -> list[Contestant]:
    """Return Lanczos and stock, which every table compares with."""
    return [Interpolation(LANCZOS, cv2.INTER_LANCZOS4), open_network(DEFAULT, scratch, precision, name=STOCK)]


def bicubic() -> Contestant:
    return Interpolation(BICUBIC, cv2.INTER_CUBIC)


def open_network(name_or_file: str, scratch: Path, precision: str = "auto", *, name: str = "") -> Contestant:
    """Load a network by name, or from a .pth or .safetensors file, which is converted into ``scratch``.

    ``precision`` is "auto" (the fastest backend here, as for a job: on a CPU, Winograd in fp32 for the networks that it
    runs), "fp32", "bf16" or "fp16". ``name`` is the file's without its extension by default. Raises Refused for a file
    that holds no network, or one that doesn't enlarge four times, and PipelineError if this machine can't run it.
    """
    if name_or_file in BUILTIN:
        return _open(BUILTIN[name_or_file], name or name_or_file, precision)
    path = Path(name_or_file)
    if not path.is_file():
        raise Refused(f"There is no model or file called {name_or_file!r}. The models are: {', '.join(BUILTIN)}.")
    tensors = read(path)
    if any(key.startswith(PLANE) for key in tensors):
        return open_with_quantisers(name or path.stem, tensors, precision)
    return _open(_convert(name or path.stem, tensors, scratch), name or path.stem, precision)


def _convert(name: str, tensors: dict[str, Tensor], scratch: Path) -> Weights:
    """Write the file that backends load."""
    network = describe(tensors)
    if network.scale != SCALE:
        raise Refused(f"{name} enlarges {network.scale} times. Only models of scale {SCALE} can be evaluated.")
    scratch.mkdir(parents=True, exist_ok=True)
    path = scratch / f"{tensors_sha256(tensors)}.safetensors"
    save_file({key: tensor.contiguous().clone() for key, tensor in tensors.items()}, path)
    return Weights(name, path, sha256_of(path), network.architecture.name, network.scale)


def _open(weights: Weights, name: str, precision: str) -> Network:
    backend = open_backend(weights, precision)
    engine = backend.engine
    return Network(name, f"{weights.sha256}-{engine.backend}-{engine.precision}", backend)


def open_with_quantisers(name: str, state: Mapping[str, Tensor], precision: str = "auto") -> Contestant:
    """Load a Compact that sees the quantisers; "auto" is as for torch's backend. Raises Refused for other networks."""
    spec = spec_of(state)
    network = build(spec)
    load_base(network, state)
    device = pick_device()
    precision = pick_precision(device) if precision == "auto" else precision
    network.to(device=device, dtype=DTYPES[precision]).to(memory_format=torch.channels_last).eval()

    def run(low: Pixels, quantisers: Pixels) -> Pixels:
        with torch.inference_mode():
            pictures = as_pictures(low[None], device).to(DTYPES[precision])
            enlarged = network(pictures, as_plane(quantisers[None], device).to(DTYPES[precision]))
            levels = enlarged.float().clamp(0, 1).mul(255).round().to(torch.uint8)
        return np.ascontiguousarray(levels[0].permute(1, 2, 0).cpu().numpy(), np.uint8)

    return Function(name, f"{tensors_sha256(state)}-torch-{precision}", run)

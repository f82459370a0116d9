"""Read weights files without running any code in them."""

from __future__ import annotations

import hashlib
import pickle
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from upscaler.pipeline.core.errors import PipelineError, Refused

if TYPE_CHECKING:
    from spandrel import ImageModelDescriptor
    from torch import Tensor

WRAPPERS = ("params_ema", "params-ema", "params", "state_dict", "model_state_dict", "model", "net")
"""Keys under which training tools store the weights, best first."""

DISCRIMINATOR = (
    "This is a discriminator (net_d), which only training uses. "
    "Upload the generator from the same folder, such as net_g_latest.pth."
)
MAX_TENSORS = 20_000
"""Largest accepted number of tensors; the largest networks of this field have some thousands."""
MAX_HEADER_BYTES = 8 * 1024**2
"""Largest header of a safetensors file, which takes about 120 bytes per tensor."""
TOO_MANY = "This file holds more tensors than any image network. Save only the generator's weights."
DOES_NOT_RUN = "This network doesn't run in {}. Choose auto or fp32."
"""Message for a precision."""


@dataclass(frozen=True)
class Weights:
    """One set of network weights, ready to load. ``path`` is None only for "nearest"."""

    name: str
    path: Path | None
    sha256: str
    architecture: str
    scale: int

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"path": str(self.path) if self.path else None}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Weights:
        return cls(**data | {"path": Path(data["path"]) if data["path"] else None})


def local_weights(name: str, path: str, sha256: str, architecture: str, scale: int) -> Weights:
    """Return weights in a file on this machine."""
    return Weights(name=name, path=Path(path), sha256=sha256, architecture=architecture, scale=scale)


def sha256_of(path: Path) -> str:
    """Return the hexadecimal SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read(path: Path) -> dict[str, Tensor]:
    """Return the state dict in a .safetensors or .pth file, unwrapped, on the CPU.

    A pickle is read by torch's restricted unpickler, which runs no code. Raises Refused, with the
    reason, for anything that does not hold the weights of a generator.
    """
    tensors = _unwrap(_read_safetensors(path) if _is_safetensors(path) else _read_pickle(path))
    if not tensors:
        raise Refused("This file holds no weights.")
    if len(tensors) > MAX_TENSORS:
        raise Refused(TOO_MANY)
    if _is_discriminator(tensors):
        raise Refused(DISCRIMINATOR)
    return tensors


def describe(tensors: dict[str, Tensor]) -> ImageModelDescriptor[Any]:
    """Return the network of these weights, loaded, in fp32, on the CPU.

    Raises Refused if no architecture fits, or if it is not one that turns an RGB picture into a
    larger or equal one.
    """
    from spandrel import ImageModelDescriptor, ModelLoader, UnsupportedModelError

    try:
        descriptor = ModelLoader(device="cpu").load_from_state_dict(dict(tensors))
    except UnsupportedModelError as error:
        raise Refused(
            "These weights have no known architecture. HaloWeb runs Real-ESRGAN's RRDBNet and SRVGGNetCompact, "
            "and the others that spandrel reads."
        ) from error
    except (RuntimeError, KeyError, ValueError) as error:
        raise Refused(
            "These weights look like a known architecture but don't fit it. Check that the file is complete.",
            detail=str(error),
        ) from error
    if not isinstance(descriptor, ImageModelDescriptor):
        raise Refused(
            "This network needs a mask besides the frame. Only networks that need a frame alone are supported."
        )
    if descriptor.input_channels != 3 or descriptor.output_channels != 3:
        raise Refused(
            f"This network takes {descriptor.input_channels} channels and returns {descriptor.output_channels}; "
            "video needs 3 and 3 (RGB)."
        )
    return descriptor.float().eval()


def resolved_precision(network: ImageModelDescriptor[Any], precision: str, best: str) -> str:
    """Resolve ``precision``: "auto" becomes the device's ``best`` or, if the network doesn't run in that, fp32.

    Raises PipelineError for a precision that spandrel doesn't support for the network.
    """
    runs = {"fp16": network.supports_half, "bf16": network.supports_bfloat16}
    if precision == "auto":
        return best if runs.get(best, True) else "fp32"
    if not runs.get(precision, True):
        raise PipelineError(DOES_NOT_RUN.format(precision), permanent=True)
    return precision


def _is_safetensors(path: Path) -> bool:
    """Detect safetensors by content: eight bytes of length, then JSON."""
    with path.open("rb") as file:
        head = file.read(9)
    return len(head) == 9 and head[8:9] == b"{" and _header_bytes(path) < path.stat().st_size


def _header_bytes(path: Path) -> int:
    with path.open("rb") as file:
        return int.from_bytes(file.read(8), "little")


def _read_safetensors(path: Path) -> dict[str, Any]:
    from safetensors import SafetensorError
    from safetensors.torch import load, load_file

    if _header_bytes(path) > MAX_HEADER_BYTES:
        raise Refused(TOO_MANY)
    try:
        # safetensors can't open a file whose name isn't UTF-8
        return dict(load_file(path, device="cpu") if _is_utf8(path) else load(path.read_bytes()))
    except SafetensorError as error:
        raise Refused("The safetensors file is damaged. Copy or download it again.", detail=str(error)) from error


def _is_utf8(path: Path) -> bool:
    try:
        return bool(str(path).encode())
    except UnicodeEncodeError:
        return False


def _read_pickle(path: Path) -> dict[str, Any]:
    import torch

    try:
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if "Unsupported global" in str(error) or "GLOBAL" in str(error):
            raise Refused(
                "This file contains code, which weights don't need. None of it was run. "
                "Ask its author for a .safetensors file, or for a checkpoint that holds only tensors.",
                detail=str(error),
            ) from error
        raise Refused("This isn't a weights file (.pth or .safetensors).", detail=str(error)) from error
    except Exception as error:  # the unpickler may raise anything for foreign bytes
        raise Refused("This isn't a weights file, or it is incomplete.", detail=str(error)) from error
    if not isinstance(loaded, dict):
        raise Refused("This file holds something other than weights.")
    return loaded


def _unwrap(loaded: dict[str, Any]) -> dict[str, Tensor]:
    import torch

    for wrapper in WRAPPERS:
        if isinstance(loaded.get(wrapper), dict):
            loaded = loaded[wrapper]
            break
    prefix = "module."
    return {
        key.removeprefix(prefix): value
        for key, value in loaded.items()
        if isinstance(key, str) and isinstance(value, torch.Tensor)
    }


def _is_discriminator(tensors: dict[str, Tensor]) -> bool:
    """Detect a discriminator by spectral norm (U-Net) or a linear head on convolutions (VGG)."""
    if any(key.endswith(("weight_orig", "weight_u", "weight_v")) for key in tensors):
        return True
    return {"linear1.weight", "linear2.weight", "conv0_0.weight"} <= tensors.keys()


def verify_hash(weights: Weights) -> Path:
    """Return the path of the weights. Raises PipelineError unless their SHA-256 matches."""
    if weights.path is None or not weights.path.is_file():
        raise PipelineError(f"The weights of {weights.name} are missing from this machine.", permanent=True)
    if sha256_of(weights.path) != weights.sha256:
        raise PipelineError(f"The weights of {weights.name} have changed on disk. Upload them again.", permanent=True)
    return weights.path

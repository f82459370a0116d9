"""Optional backends: whether they are installed, and useful on this machine. Loads neither them nor torch unless the
machine has hardware for them."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from .backend import ONNX, OPENVINO
from .hardware import has_bf16

EXTRAS = {OPENVINO: ("openvino", "nncf"), ONNX: ("onnxruntime", "onnx", "onnxscript")}
"""Required packages by backend."""
TENSORRT = "TensorrtExecutionProvider"
GRAPHICS = Path("/dev/dri")


def is_installed(extra: str) -> bool:
    """Tell whether a backend's packages are installed."""
    return all(find_spec(package) is not None for package in EXTRAS[extra])


def precisions(extra: str) -> list[str]:
    """Return the precisions worth trying on this machine."""
    if not is_installed(extra):
        return []
    if extra == ONNX:
        return ["fp16"] if has_tensorrt() else []
    if GRAPHICS.exists() and openvino_gpu():
        return ["fp16"]
    return ["bf16"] if has_bf16() else []


def has_tensorrt() -> bool:
    """Tell whether ONNX Runtime, which must be installed, has TensorRT."""
    import onnxruntime

    return TENSORRT in onnxruntime.get_available_providers()


def openvino_gpu() -> str | None:
    """Return OpenVINO's name of the first usable GPU, or None."""
    devices: list[str] = quiet_openvino().Core().available_devices
    return next((name for name in devices if name.startswith("GPU")), None)


def quiet_openvino() -> ModuleType:
    """Import OpenVINO without openvino_telemetry, which would report every converted network to Intel."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    module: ModuleType = openvino
    return module

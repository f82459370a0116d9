"""Optional backends: whether they are installed, and what they are worth here. Loads neither them nor torch for that,
unless the machine has what they are for."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from .backend import ONNX, OPENVINO
from .hardware import has_bf16

EXTRAS = {OPENVINO: ("openvino", "nncf"), ONNX: ("onnxruntime", "onnx", "onnxscript")}
"""The packages of each."""
TENSORRT = "TensorrtExecutionProvider"
GRAPHICS = Path("/dev/dri")


def is_installed(extra: str) -> bool:
    """Are its packages there?"""
    return all(find_spec(package) is not None for package in EXTRAS[extra])


def precisions(extra: str) -> list[str]:
    """Those that are worth a trial on this machine."""
    if not is_installed(extra):
        return []
    if extra == ONNX:
        return ["fp16"] if has_tensorrt() else []
    if GRAPHICS.exists() and openvino_gpu():
        return ["fp16"]
    return ["bf16"] if has_bf16() else []


def has_tensorrt() -> bool:
    """Of ONNX Runtime, which has to be installed."""
    import onnxruntime

    return TENSORRT in onnxruntime.get_available_providers()


def openvino_gpu() -> str | None:
    """OpenVINO's name of the first GPU that it can use."""
    devices: list[str] = quiet_openvino().Core().available_devices
    return next((name for name in devices if name.startswith("GPU")), None)


def quiet_openvino() -> ModuleType:
    """OpenVINO without openvino_telemetry, which would tell its makers of every network that is converted."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    module: ModuleType = openvino
    return module

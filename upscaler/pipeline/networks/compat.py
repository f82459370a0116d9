"""The only module that imports realesrgan and basicsr: tests and benchmarks compare with them, training can degrade
frames as they do.

basicsr 1.4.2 imports ``torchvision.transforms.functional_tensor``, which torchvision 0.17 removed, and it
doesn't build on Python 3.13.
"""

from __future__ import annotations

import importlib.util
import sys
import types
from typing import Any

MISSING = None if importlib.util.find_spec("realesrgan") else "realesrgan isn't installed: it needs Python 3.11 or 3.12"
"""Why realesrgan can't be imported; None where it can."""


def _alias_functional_tensor() -> None:
    name = "torchvision.transforms.functional_tensor"
    if name not in sys.modules:
        from torchvision.transforms.functional import rgb_to_grayscale

        module = types.ModuleType(name)
        module.rgb_to_grayscale = rgb_to_grayscale  # type: ignore[attr-defined]
        sys.modules[name] = module


def realesrgan() -> Any:
    """Return the realesrgan package."""
    _alias_functional_tensor()
    import realesrgan as package

    return package


def rrdbnet(**options: Any) -> Any:
    """Return basicsr's RRDBNet, the reference for spandrel's."""
    _alias_functional_tensor()
    from basicsr.archs.rrdbnet_arch import RRDBNet

    return RRDBNet(**options)


def degradations() -> Any:
    """Return basicsr's module of synthetic degradations."""
    _alias_functional_tensor()
    from basicsr.data import degradations as module

    return module

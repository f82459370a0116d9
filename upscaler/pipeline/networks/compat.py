"""Compatibility of basicsr and realesrgan with newer packages.

basicsr 1.4.2 imports ``torchvision.transforms.functional_tensor``, which torchvision 0.17 removed.
Import realesrgan and basicsr through here.
"""

from __future__ import annotations

import sys
import types
from typing import Any


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

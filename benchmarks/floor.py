"""How fast could it be? A network's multiplications over what the machine multiplies in a second."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from measure import size_of
from networks import Network

WINOGRAD_SHARE = 64 / (36 * 9)
"""F(6x6, 3x3): 64 multiplications for a tile of 36 pixels, where the direct way has 9 for each."""
RATE = """
import time, torch
a = torch.randn(1536, 1536); o = torch.empty_like(a)
for _ in range(3): torch.mm(a, a, out=o)
began = time.monotonic()
for _ in range(12): torch.mm(a, a, out=o)
print(12 * 2 * 1536**3 / (time.monotonic() - began))
"""
"""In a process of its own, on all cores, in fp32."""


@dataclass(frozen=True)
class Floor:
    """``flops`` of one frame the direct way, ``rate`` in flop/s, ``share`` of the flops that the method used needs."""

    flops: float
    rate: float
    share: float

    @property
    def seconds(self) -> float:
        return self.flops * self.share / self.rate

    def sentence(self, measured: float) -> str:
        return (
            f"The floor: {self.flops / 1e9:.1f} GFLOP a frame the direct way, {self.share:.0%} of them by the method "
            f"used, at the {self.rate / 1e9:.0f} GFLOP/s at which this machine multiplies matrices in fp32: "
            f"{self.seconds:.3f} s. The network takes {measured / self.seconds:.2f} times as long."
        )


def floor(network: Network, clip: Path, backend: str) -> Floor:
    """For frames of this clip."""
    width, height = size_of(clip)
    rate = float(subprocess.check_output([sys.executable, "-c", RATE], text=True))
    return Floor(network.flops_a_pixel() * width * height, rate, WINOGRAD_SHARE if backend == "winograd" else 1.0)

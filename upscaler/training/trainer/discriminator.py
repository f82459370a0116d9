"""The discriminator of the crisp stage: Real-ESRGAN's U-Net with spectral norm (Wang et al., 2021), with its keys."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import spectral_norm

SLOPE = 0.2


class UNetDiscriminator(nn.Module):
    """(n, 3, h, w) of 0 to 1, sides multiples of 8, to (n, 1, h, w) logits: how real each pixel looks."""

    def __init__(self, features: int = 64) -> None:
        super().__init__()
        f = features
        self.conv0 = nn.Conv2d(3, f, 3, padding=1)
        self.conv1 = _halving(f, 2 * f)
        self.conv2 = _halving(2 * f, 4 * f)
        self.conv3 = _halving(4 * f, 8 * f)
        self.conv4 = _keeping(8 * f, 4 * f)
        self.conv5 = _keeping(4 * f, 2 * f)
        self.conv6 = _keeping(2 * f, f)
        self.conv7 = _keeping(f, f)
        self.conv8 = _keeping(f, f)
        self.conv9 = nn.Conv2d(f, 1, 3, padding=1)

    def forward(self, pictures: Tensor) -> Tensor:
        return self.judge(pictures)[0]

    def judge(self, pictures: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Return the logits, and the features on the way down, by which pictures can be compared."""
        down = [_active(self.conv0(pictures))]
        for layer in (self.conv1, self.conv2, self.conv3):
            down.append(_active(layer(down[-1])))
        hidden = down[3]
        for layer, skipped in ((self.conv4, down[2]), (self.conv5, down[1]), (self.conv6, down[0])):
            enlarged = functional.interpolate(hidden, scale_factor=2, mode="bilinear", align_corners=False)
            hidden = _active(layer(enlarged)) + skipped
        logits: Tensor = self.conv9(_active(self.conv8(_active(self.conv7(hidden)))))
        return logits, down[1:]


def _halving(inputs: int, outputs: int) -> nn.Module:
    return spectral_norm(nn.Conv2d(inputs, outputs, 4, stride=2, padding=1, bias=False))


def _keeping(inputs: int, outputs: int) -> nn.Module:
    return spectral_norm(nn.Conv2d(inputs, outputs, 3, padding=1, bias=False))


def _active(values: Tensor) -> Tensor:
    return functional.leaky_relu(values, SLOPE)

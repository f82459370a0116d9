"""RRDBNet, as Real-ESRGAN's files name its layers: dense blocks at the size of the source, then two enlargements.

The pictures of a dense block share one with many channels, so that nothing has to be concatenated.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .boundary_layers import COLOURS, First, Last
from .emitter import Target
from .layers import Layer, Tensors, layer
from .method import TILE
from .program import RESULT, SOURCE, Place, Plan, Step, grouped
from .shapes import KEPT_LINES, Convolution, line

SLOPE = 0.2
SHARE = 0.2
"""Factor of a block's output before it is added to the input."""
DENSE = 5
"""Convolutions per dense block."""

FEATURES, BODY, TWICE, UP, HR, BAND = (Place(name) for name in ("features", "body", "twice", "up", "hr", "band"))


@dataclass(frozen=True)
class Network:
    """All layers; ``blocks`` are dense blocks, three of which make a residual one."""

    first: Layer
    blocks: list[list[Layer]]
    body: Layer
    enlarging: list[Layer]
    hr: Layer
    last: Layer


def layers(tensors: Tensors) -> Network:
    """Return the layers. Raises KeyError or ValueError for another network or other names."""
    count = 1 + max(int(name.split(".")[1]) for name in tensors if name.startswith("body."))
    blocks = [
        [layer(tensors, f"body.{block}.rdb{dense}.conv{number}", SLOPE if number < DENSE else 1.0)
         for number in range(1, DENSE + 1)]
        for block in range(count) for dense in (1, 2, 3)
    ]  # fmt: skip
    network = Network(
        layer(tensors, "conv_first"),
        blocks,
        layer(tensors, "conv_body"),
        [layer(tensors, f"conv_up{number}", SLOPE) for number in (1, 2)],
        layer(tensors, "conv_hr", SLOPE),
        layer(tensors, "conv_last"),
    )
    known = 2 * (len(blocks) * DENSE + 6)
    if len(tensors) != known:
        raise ValueError(f"There are {len(tensors)} tensors where an RRDBNet of {count} blocks has {known}.")
    return network


def plan(network: Network, scale: int, target: Target, height: int, width: int) -> Plan:
    """Return the plan for frames of this size. With a scale below 4, blocks of 4 / scale pixels become channels."""
    height, width = (-(-side * scale // 4) for side in (height, width))
    trunk = _Trunk(network, target, height, width)
    wide = trunk.features
    up, up_again = (each.widened(target) for each in network.enlarging)
    hr, last = network.hr.widened(target), network.last.widened(target)
    twice = Convolution(2 * width, 2 * height, wide, wide, wide, wide, enlarged=2)
    large = (4 * width, 4 * height)
    ends = [
        (Convolution(*large, wide, wide, wide, wide, enlarged=2, given_lines=KEPT_LINES), TWICE, UP, up_again),
        (Convolution(*large, wide, wide, wide, wide, KEPT_LINES, KEPT_LINES), UP, HR, hr),
        (Convolution(*large, wide, wide, last.given, last.given, KEPT_LINES, TILE), HR, BAND, last),
    ]
    tail = [Step(shape, taken, given, each.packed(target), each.bias, each.slope) for shape, taken, given, each in ends]
    ending = Last(*large, last.given, 1, adds_source=False)
    tail.append(Step(ending, BAND, Place(RESULT), last.weights, last.bias, last.slope))
    enlarged = Step(twice, BODY, TWICE, up.packed(target), up.bias, up.slope)
    sizes = trunk.sizes | {
        TWICE.name: 2 * height * line(2 * width, wide),
        UP.name: KEPT_LINES * line(4 * width, wide),
        HR.name: KEPT_LINES * line(4 * width, wide),
        BAND.name: TILE * line(4 * width, last.given),
    }
    groups = [*grouped([*trunk.steps, enlarged]), tail]
    return Plan(groups, sizes, (4 * height, 4 * width, COLOURS), blocks=4 // scale)


class _Trunk:
    """The steps at the size of the source."""

    def __init__(self, network: Network, target: Target, height: int, width: int) -> None:
        self._target = target
        self._width, self._height = width, height
        first = network.first.widened(target, with_taken=False)
        self._parts = [network.first.given, *(each.given for each in network.blocks[0][:-1])]
        self._wide = [part + -part % target.width for part in self._parts]
        self.features = self._wide[0]
        self._channels = sum(self._wide)
        pictures = [f"dense{number}" for number in range(3)]
        self.sizes = dict.fromkeys(pictures, height * line(width, self._channels))
        self.sizes |= dict.fromkeys((FEATURES.name, BODY.name), height * line(width, self.features))
        self.steps: list[Step] = []
        for to, of in ((FEATURES, self.features), (Place(pictures[0]), self._channels)):
            shape = First(width, height, network.first.taken, self.features, of)
            self.steps.append(Step(shape, Place(SOURCE), to, first.packed_first(), first.bias, first.slope))
        start, *others = pictures
        for number in range(0, len(network.blocks), 3):
            one, two = others
            routes = ((start, one, None), (one, two, None), (two, one, start))
            for block, (taken, given, outer) in zip(network.blocks[number : number + 3], routes, strict=True):
                self._dense(block, taken, given, outer)
            start, others = one, [start, two]
        self._step(network.body, Place(start), BODY, self.features, added=((self.features, 1.0),), more=(FEATURES,))

    def _dense(self, block: list[Layer], taken: str, given: str, outer: str | None) -> None:
        """One dense block; ``outer`` is the input of the residual block that it ends."""
        *growing, last = block
        for number, each in enumerate(growing):
            at = sum(self._wide[: number + 1])
            self._step(self._spread(each), Place(taken), Place(taken, at), self._channels)
        share = SHARE if outer is None else SHARE**2
        added = ((self._channels, 1.0),) if outer is None else ((self._channels, SHARE), (self._channels, 1.0))
        more = (Place(taken),) if outer is None else (Place(taken), Place(outer))
        self._step(self._spread(last.times(share)), Place(taken), Place(given), self._channels, added=added, more=more)

    def _step(
        self,
        each: Layer,
        taken: Place,
        given: Place,
        given_of: int,
        *,
        added: tuple[tuple[int, float], ...] = (),
        more: tuple[Place, ...] = (),
    ) -> None:
        each = each.widened(self._target)
        shape = Convolution(self._width, self._height, each.taken, self._channels, each.given, given_of, added=added)
        self.steps.append(Step(shape, taken, given, each.packed(self._target), each.bias, each.slope, more))

    def _spread(self, each: Layer) -> Layer:
        """Move the input channels to their positions in the dense picture."""
        weights = np.zeros((each.given, self._channels, 3, 3), np.float32)
        start = at = 0
        for part, wide in zip(self._parts, self._wide, strict=True):
            if start >= each.taken:
                break
            weights[:, at : at + part] = each.weights[:, start : start + part]
            start, at = start + part, at + wide
        return Layer(weights[:, :at], each.bias, each.slope)

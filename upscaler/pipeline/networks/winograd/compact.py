"""SRVGGNetCompact: convolutions in a row at the size of the source, then a pixel shuffle onto the source enlarged."""

from __future__ import annotations

from .convolution import Convolution
from .emitter import Target
from .ends import COLOURS, First, Last, shuffled
from .layers import Layer, Tensors, layer
from .method import TILE
from .program import RESULT, SOURCE, Place, Plan, Step, grouped

BAND = Place("band")
IN_TURN = (Place("even"), Place("odd"))
"""Two pictures: each layer takes one and gives the other."""


def layers(tensors: Tensors) -> list[Layer]:
    """Of a network with PReLU. Raises KeyError or ValueError if it is another one."""
    last = max(int(name.split(".")[1]) for name in tensors)
    found = [layer(tensors, f"body.{number}", tensors[f"body.{number + 1}.weight"]) for number in range(0, last, 2)]
    return [*found, layer(tensors, f"body.{last}")]


def plan(network: list[Layer], scale: int, target: Target, height: int, width: int) -> Plan:
    """For frames of this size."""
    first, *middle, last = network
    order = shuffled(scale)
    last = Layer(last.weights[order], last.bias[order], last.slope[order]).widened(target)
    first, middle = first.widened(target, with_taken=False), [each.widened(target) for each in middle]
    start = First(width, height, COLOURS, first.given, first.given)
    steps = [Step(start, Place(SOURCE), IN_TURN[0], first.packed_first(), first.bias, first.slope)]
    channels = first.given
    for number, each in enumerate(middle):
        shape = Convolution(width, height, channels, channels, each.given, each.given)
        taken, given = IN_TURN[number % 2], IN_TURN[(number + 1) % 2]
        steps.append(Step(shape, taken, given, each.packed(target), each.bias, each.slope))
        channels = each.given
    shape = Convolution(width, height, channels, channels, last.given, last.given, given_lines=TILE)
    taken = IN_TURN[len(middle) % 2]
    steps.append(Step(shape, taken, BAND, last.packed(target), last.bias, last.slope))
    ending = Last(width, height, last.given, scale, adds_source=True)
    steps.append(Step(ending, BAND, Place(RESULT), last.weights, last.bias, last.slope))
    widest = max(each.given for each in (first, *middle))
    sizes = {each.name: height * width * widest for each in IN_TURN} | {BAND.name: TILE * width * last.given}
    return Plan(grouped(steps), sizes, (height * scale, width * scale, COLOURS))

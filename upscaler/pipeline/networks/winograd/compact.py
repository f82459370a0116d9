"""SRVGGNetCompact: convolutions in a row at the size of the source, then a pixel shuffle onto the source enlarged."""

from __future__ import annotations

from .boundary_layers import COLOURS, First, Last, shuffled
from .emitter import Target
from .layers import Layer, Tensors, layer
from .method import TILE
from .program import RESULT, SOURCE, Place, Plan, Step
from .shapes import KEPT_LINES, Convolution, line

BAND = Place("band")
IN_TURN = (Place("even"), Place("odd"))
"""Whole pictures between groups of layers: each group reads one and writes the other."""
GROUP = 2
"""Layers per group, through which rows of tiles pass one after another. Frames of 320x240 took 0.215 s with groups of
one, 0.192 s with two, 0.211 s with three, 0.210 s with four (the fastest of 14, interleaved; two workers on an EPYC
with 16 MB of L3 for them): the rows between more layers don't fit in the cache."""


def layers(tensors: Tensors) -> list[Layer]:
    """Return the layers of a network with PReLU. Raises KeyError or ValueError for another one."""
    last = max(int(name.split(".")[1]) for name in tensors)
    inner = [layer(tensors, f"body.{number}", tensors[f"body.{number + 1}.weight"]) for number in range(0, last, 2)]
    return [*inner, layer(tensors, f"body.{last}")]


def plan(network: list[Layer], scale: int, target: Target, height: int, width: int) -> Plan:
    """Return the plan for frames of this size."""
    *inner, last = network
    order = shuffled(scale)
    last = Layer(last.weights[order], last.bias[order], last.slope[order]).widened(target)
    inner = [each.widened(target, with_taken=number > 0) for number, each in enumerate(inner)]
    widest = max(each.given for each in inner)
    sizes = {each.name: height * line(width, widest) for each in IN_TURN} | {BAND.name: TILE * line(width, last.given)}
    steps: list[Step] = []
    taken, channels, taken_lines = Place(SOURCE), COLOURS, 0
    for number, each in enumerate(inner):
        group, place = divmod(number, GROUP)
        is_whole = place == GROUP - 1
        given, lines = (IN_TURN[group % 2], 0) if is_whole else (Place(f"between{place}"), KEPT_LINES)
        sizes.setdefault(given.name, KEPT_LINES * line(width, widest))
        if number == 0:
            start = First(width, height, channels, each.given, each.given, given_lines=lines)
            steps.append(Step(start, taken, given, each.packed_first(), each.bias, each.slope))
        else:
            shape = Convolution(width, height, channels, channels, each.given, each.given, taken_lines, lines)
            steps.append(Step(shape, taken, given, each.packed(target), each.bias, each.slope))
        taken, channels, taken_lines = given, each.given, lines
    shape = Convolution(width, height, channels, channels, last.given, last.given, taken_lines, given_lines=TILE)
    steps.append(Step(shape, taken, BAND, last.packed(target), last.bias, last.slope))
    groups = [steps[number : number + GROUP] for number in range(0, len(steps), GROUP)]
    ending = Last(width, height, last.given, scale, adds_source=True)
    groups[-1].append(Step(ending, BAND, Place(RESULT), last.weights, last.bias, last.slope))
    return Plan(groups, sizes, (height * scale, width * scale, COLOURS))

"""The plan and the execution of a network: steps that run kernels, row by row, on pictures of one size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import boundary_layers, convolution, native
from .boundary_layers import First, Last
from .emitter import Emitter, Target
from .method import Floats
from .shapes import Convolution

Shape = Convolution | First | Last
Bytes = NDArray[np.uint8]
SOURCE, RESULT = "source", "result"
IN_CACHE = 1024**2
"""Bytes of the rows that a group reads and writes per row of its first step."""


@dataclass(frozen=True)
class Place:
    """A picture by name, from one of its channels on."""

    name: str
    channel: int = 0


@dataclass(frozen=True)
class Step:
    """One kernel with its parameters, and its input, output and further pictures.

    ``weights``, ``bias`` and ``slope`` are in the kernel's layout.
    """

    shape: Shape
    taken: Place
    given: Place
    weights: Floats
    bias: Floats
    slope: Floats
    more: tuple[Place, ...] = (Place(SOURCE),)

    @property
    def places(self) -> dict[int, Place]:
        """Pictures by their index among a kernel's arguments."""
        return dict(enumerate((self.taken, self.given))) | dict(enumerate(self.more, 5))


@dataclass(frozen=True)
class Plan:
    """Steps in groups, within which rows of tiles pass from step to step; ``sizes`` are the pictures', in floats."""

    groups: Sequence[Sequence[Step]]
    sizes: dict[str, int]
    result: tuple[int, int, int]
    """(height, width, 3) of the output."""
    blocks: int = 1
    """Side of the blocks of pixels that become channels of one pixel."""

    @property
    def scratch(self) -> int:
        """Largest scratch of any kernel, in floats."""
        return max(step.shape.scratch for group in self.groups for step in group)

    @property
    def bytes(self) -> int:
        """Memory for one frame in progress."""
        return 4 * (sum(self.sizes.values()) + self.scratch)


def grouped(steps: Sequence[Step]) -> list[list[Step]]:
    """Group consecutive steps, each of which reads the output of the one before, so that their rows fit in a cache.

    The grouping doesn't change the output.
    """
    groups: list[list[Step]] = []
    used = IN_CACHE
    for step in steps:
        needed = step.shape.row_bytes
        if used + needed > IN_CACHE and not isinstance(step.shape, Last):
            groups.append([])
            used = 0
        groups[-1].append(step)
        used += needed
    return groups


class Program:
    """A compiled plan. ``workspace`` returns the memory of one thread."""

    def __init__(self, plan: Plan, target: Target) -> None:
        self.plan = plan
        emitter = Emitter(target)
        names: dict[Shape, str] = {}
        for step in (step for group in plan.groups for step in group):
            if step.shape not in names:
                names[step.shape] = f"kernel{len(names)}"
                _emit(emitter, names[step.shape], step.shape)
        native.emit_run(emitter)
        self._compiled = native.Compiled(emitter)
        self._addresses = {shape: self._compiled.address(name) for shape, name in names.items()}

    def workspace(self) -> Workspace:
        """Allocate the memory for one frame in progress."""
        return Workspace(self.plan, self._compiled, self._addresses)


class Workspace:
    """Pictures between steps, and the table that the machine code reads. For one thread at a time."""

    def __init__(self, plan: Plan, compiled: native.Compiled, addresses: dict[Shape, int]) -> None:
        self._plan = plan
        self._compiled = compiled
        self.pictures = {name: np.empty(size, np.float32) for name, size in plan.sizes.items()}
        self._scratch = np.empty(plan.scratch, np.float32)
        self._tables = [self._table(group, addresses) for group in plan.groups]

    def run(self, frame: Bytes, given: Bytes) -> None:
        """Run the network on (height, width, 3), into ``given``, (height * scale, width * scale, 3)."""
        frame = unshuffled(frame, self._plan.blocks)
        is_whole = self._plan.blocks == 1
        result = given if is_whole else np.empty(self._plan.result, np.uint8)
        ends = {SOURCE: frame.ctypes.data, RESULT: result.ctypes.data}
        for group, table in zip(self._plan.groups, self._tables, strict=True):
            for step, entry in zip(group, table, strict=True):
                for number, place in step.places.items():
                    if place.name in ends:
                        entry[1 + number] = ends[place.name]
            self._compiled.run(table.ctypes.data, len(table), int((table[:, -2] + table[:, -1]).max()))
        if not is_whole:
            given[:] = result[: given.shape[0], : given.shape[1]]

    def _table(self, group: Sequence[Step], addresses: dict[Shape, int]) -> NDArray[np.int64]:
        table = np.zeros((len(group), native.ENTRY), np.int64)
        behind = -1
        for step, entry in zip(group, table, strict=True):
            behind += not isinstance(step.shape, Last)
            entry[0] = addresses[step.shape]
            for number, place in step.places.items():
                entry[1 + number] = self._address(place)
            entry[3:6] = [each.ctypes.data for each in (step.weights, step.bias, step.slope)]
            entry[-3:] = self._scratch.ctypes.data, step.shape.rows, behind
        return table

    def _address(self, place: Place) -> int:
        """Return a picture's address; 0 for those that change with each frame."""
        picture = self.pictures.get(place.name)
        return 0 if picture is None else int(picture.ctypes.data) + 4 * place.channel


def unshuffled(frame: Bytes, blocks: int) -> Bytes:
    """Convert (h, w, 3) to (h / blocks, w / blocks, 3 * blocks * blocks), in the order of torch's pixel_unshuffle.

    Sides that aren't multiples of ``blocks`` are padded by reflection, as spandrel does.
    """
    if blocks == 1:
        return np.ascontiguousarray(frame)
    more = [(0, -side % blocks) for side in frame.shape[:2]]
    frame = np.pad(frame, (*more, (0, 0)), mode="reflect")
    height, width = (side // blocks for side in frame.shape[:2])
    pixels = frame.reshape(height, blocks, width, blocks, 3).transpose(0, 2, 4, 1, 3)
    return np.ascontiguousarray(pixels).reshape(height, width, 3 * blocks**2)


def _emit(emitter: Emitter, name: str, shape: Shape) -> None:
    if isinstance(shape, Convolution):
        convolution.emit(emitter, name, shape)
    elif isinstance(shape, First):
        boundary_layers.emit_first(emitter, name, shape)
    else:
        boundary_layers.emit_last(emitter, name, shape)

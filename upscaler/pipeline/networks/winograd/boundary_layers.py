"""The kernels of a network's first and last layers: from pixels to channels, and from channels to pixels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from llvmlite import ir

from .convolution import ROW, activated
from .emitter import BYTE, FLOATS, Emitter, Value, Vector, index
from .method import TILE, Floats
from .shapes import OverRows, line

KERNEL = 3


@dataclass(frozen=True)
class First(OverRows):
    """The first layer, as direct convolution: reads few channels, as bytes, (height, width, taken); writes floats."""

    taken: int
    given: int
    given_of: int
    given_lines: int = 0

    @property
    def row_bytes(self) -> int:
        """Bytes of an output row of tiles."""
        return 4 * TILE * self.width * self.given

    @property
    def scratch(self) -> int:
        """Floats: the lines around a row of tiles, with a border."""
        return (TILE + 2) * self.line

    @property
    def line(self) -> int:
        return (self.width + 2) * self.taken


def pack_first(weights: Floats) -> Floats:
    """Convert (given, taken, 3, 3) to the kernel's layout, (3, 3, taken, given)."""
    return np.ascontiguousarray(weights.transpose(2, 3, 1, 0))


def emit_first(emitter: Emitter, name: str, shape: First) -> None:
    """Emit the kernel ``name``."""
    with emitter.function(name, *ROW) as function:
        taken, given, weights, bias, slope, _, _, lines, row = function.args
        given = emitter.at.bitcast(given, FLOATS)
        top = emitter.times(row, TILE)
        _read_lines(emitter, shape, taken, lines, top)
        with emitter.loop(0, TILE) as i:
            y = emitter.at.add(top, i)
            inside = emitter.at.icmp_signed("<", y, index(shape.height))
            with emitter.at.if_then(inside), emitter.loop(0, shape.width) as x:
                source = emitter.offset(lines, emitter.times(i, shape.line), emitter.times(x, shape.taken))
                kept = emitter.at.urem(y, index(shape.given_lines)) if shape.given_lines else y
                begin = emitter.times(kept, line(shape.width, shape.given_of))
                target = emitter.offset(given, begin, emitter.times(x, shape.given_of))
                for start, count in _portions(shape.given // emitter.target.width):
                    for number, value in enumerate(_pixel(emitter, shape, source, weights, start, count)):
                        place = (start + number) * emitter.target.width
                        biased = value + emitter.load(emitter.offset(bias, place))
                        result = activated(biased, emitter.load(emitter.offset(slope, place)))
                        emitter.store(result, emitter.offset(target, place))


def _read_lines(emitter: Emitter, shape: First, picture: Value, lines: Value, top: Value) -> None:
    """Convert eight lines of the picture to floats from 0 to 1, padded with zeros."""
    at = emitter.at
    with emitter.loop(0, TILE + 2) as i:
        y = at.sub(at.add(top, i), index(1))
        inside = emitter.within(y, 0, shape.height)
        target = emitter.offset(lines, emitter.times(i, shape.line))
        with emitter.loop(0, shape.line) as place:
            is_pixel = at.and_(inside, emitter.within(place, shape.taken, shape.line - shape.taken))
            at.store(ir.Constant(FLOATS.pointee, 0.0), emitter.offset(target, place))
            with at.if_then(is_pixel):
                of_line = at.sub(place, index(shape.taken))
                byte = at.load(emitter.offset(picture, emitter.times(y, shape.width * shape.taken), of_line))
                value = at.fdiv(at.uitofp(byte, FLOATS.pointee), ir.Constant(FLOATS.pointee, 255.0))
                at.store(value, emitter.offset(target, place))


def _portions(vectors: int) -> Iterator[tuple[int, int]]:
    """Yield (start, count) of vectors whose sums fit in the registers."""
    most = 8
    for start in range(0, vectors, most):
        yield start, min(most, vectors - start)


def _pixel(emitter: Emitter, shape: First, source: Value, weights: Value, start: int, count: int) -> list[Vector]:
    width = emitter.target.width
    values = [emitter.constant(0.0)] * count
    for row in range(KERNEL):
        with emitter.sums(count, KERNEL * shape.taken, values) as sums:
            value = emitter.spread(emitter.at.load(emitter.offset(source, row * shape.line, sums.counter)))
            of_line = emitter.at.add(sums.counter, index(row * KERNEL * shape.taken))
            factors = emitter.offset(weights, emitter.times(of_line, shape.given), start * width)
            for number in range(count):
                factor = emitter.load(emitter.offset(factors, number * width))
                sums.values[number] = value.multiply_add(factor, sums.values[number])
        values = sums.values
    return values


@dataclass(frozen=True)
class Last(OverRows):
    """The last layer: from a band of channels, (6, width, taken) floats, to bytes, (height * scale, width * scale, 3).

    Channels are in the order of (row, column, colour) of the ``scale`` by ``scale`` pixels that one becomes. With
    ``adds_source``, the picture at the start of the network, enlarged by nearest neighbour, is added.
    """

    taken: int
    scale: int
    adds_source: bool
    scratch: int = 0

    @property
    def row_bytes(self) -> int:
        """Bytes of an output row of tiles."""
        return TILE * self.width * COLOURS * self.scale**2


COLOURS = 3


def shuffled(scale: int) -> list[int]:
    """Return the order of a kernel's channels among those of torch's PixelShuffle."""
    places = np.arange(COLOURS * scale**2).reshape(COLOURS, scale, scale)
    return [int(place) for place in places.transpose(1, 2, 0).ravel()]


def emit_last(emitter: Emitter, name: str, shape: Last) -> None:
    """Emit the kernel ``name``."""
    with emitter.function(name, *ROW) as function:
        band, picture, _, _, _, source, _, _, row = function.args
        at = emitter.at
        band = at.bitcast(band, FLOATS)
        top = emitter.times(row, TILE)
        with emitter.loop(0, TILE) as i:
            y = at.add(top, i)
            with at.if_then(at.icmp_signed("<", y, index(shape.height))), emitter.loop(0, shape.width) as x:
                pixel = at.add(emitter.times(y, shape.width), x)
                base = _base(emitter, shape, emitter.offset(source, emitter.times(pixel, COLOURS)))
                channels = emitter.offset(
                    band, emitter.times(i, line(shape.width, shape.taken)), emitter.times(x, shape.taken)
                )
                for number in range(shape.scale):
                    values = emitter.load(
                        emitter.offset(channels, number * COLOURS * shape.scale), COLOURS * shape.scale
                    )
                    above = at.add(emitter.times(y, shape.scale), index(number))
                    place = emitter.times(at.add(emitter.times(above, shape.width), x), COLOURS * shape.scale)
                    _store_bytes(emitter, values + base if base else values, emitter.offset(picture, place))


def _base(emitter: Emitter, shape: Last, source: Value) -> Vector | None:
    """Return a source pixel, repeated for each output column."""
    if not shape.adds_source:
        return None
    at, count = emitter.at, COLOURS * shape.scale
    value = ir.Constant(ir.VectorType(BYTE, count), ir.Undefined)
    colours = [at.load(emitter.offset(source, colour)) for colour in range(COLOURS)]
    for place in range(count):
        value = at.insert_element(value, colours[place % COLOURS], ir.Constant(ir.IntType(32), place))
    return Vector(emitter, at.uitofp(value, emitter.vector(count))) / emitter.constant(255.0, count)


def _store_bytes(emitter: Emitter, values: Vector, target: Value) -> None:
    """Convert to 0..255 as RealESRGANer does: clamped to 0..1, times 255, rounded to nearest."""
    at, count = emitter.at, values.value.type.count
    clamped = values.at_least(emitter.constant(0.0, count)).at_most(emitter.constant(1.0, count))
    rounded = emitter.call("rint", clamped * emitter.constant(255.0, count))
    given = at.fptoui(rounded.value, ir.VectorType(BYTE, count))
    at.store(given, at.bitcast(target, ir.VectorType(BYTE, count).as_pointer()), align=1)

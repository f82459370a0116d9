"""The kernel of a convolution: one row of tiles, from patches to pixels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .emitter import BYTES, FLOATS, INDEX, Emitter, Target, Value, Vector, index
from .method import PATCH, TAPS, TILE, Floats, transform_input, transform_kernels, transform_output
from .shapes import ROWS, Convolution, line

ROW = (BYTES, BYTES, FLOATS, FLOATS, FLOATS, BYTES, BYTES, FLOATS, INDEX)
"""Arguments of every kernel: input picture, output picture, weights, biases, slopes, two further pictures, scratch, and
the number of the row of tiles."""


def panel(target: Target, given: int) -> int:
    """Return the number of output channels summed at once: whole vectors that divide ``given``."""
    most = 2 if target.registers < 32 else 4
    vectors = given // target.width
    return target.width * next(count for count in range(most, 0, -1) if vectors % count == 0)


def pack(target: Target, weights: Floats) -> Floats:
    """Convert (given, taken, 3, 3) to the kernel's layout, (64, given / panel, taken, panel)."""
    given, taken = weights.shape[:2]
    wide = panel(target, given)
    return np.ascontiguousarray(
        transform_kernels(weights).reshape(TAPS, taken, given // wide, wide).transpose(0, 2, 1, 3)
    )


def emit(emitter: Emitter, name: str, shape: Convolution) -> None:
    """Emit the kernel ``name``."""
    with emitter.function(name, *ROW) as function:
        kernel = _Kernel(emitter, shape, function.args)
        with emitter.loop(0, shape.blocks) as block:
            first = emitter.times(block, shape.tiles)
            kernel.each_tile(first, kernel.take)
            kernel.multiply()
            kernel.each_tile(first, kernel.give)


class _Kernel:
    def __init__(self, emitter: Emitter, shape: Convolution, arguments: tuple[Value, ...]) -> None:
        self.emit, self.shape = emitter, shape
        taken, given, self.weights, self.bias, self.slope, *added, self.edge, self.row = arguments
        self.taken, self.given, *self.added = (emitter.at.bitcast(each, FLOATS) for each in (taken, given, *added))
        self.products = emitter.offset(self.edge, TAPS * shape.slot)
        self.taps = emitter.offset(self.products, ROWS * shape.slot)
        self.half_way = emitter.local(TAPS)
        self.lines = self._lines_of_patches()

    def each_tile(self, first: Value, act: Callable[[Value, Value], None]) -> None:
        """Call ``act`` on every tile of a block within the picture, with its index in the block and its column."""
        with self.emit.loop(0, self.shape.tiles) as tile:
            column = self.emit.at.add(first, tile)
            with self.emit.at.if_then(self.emit.at.icmp_signed("<", column, index(self.shape.columns))):
                act(tile, column)

    def take(self, tile: Value, column: Value) -> None:
        """Transform a patch of the picture to taps; pixels beyond the border are 0."""
        emit, shape = self.emit, self.shape
        top, left = (emit.at.sub(emit.times(each, TILE), index(1)) for each in (self.row, column))
        target = emit.offset(self.taps, emit.times(tile, shape.slot))
        if shape.enlarged > 1:
            self._copy_patch(top, left)
            self._transform_patch(self._aside(), shape.taken, target)
            return
        is_in_one_piece = emit.at.and_(
            emit.within(top, 0, shape.height - PATCH + 1), emit.within(left, 0, shape.width - PATCH + 1)
        )
        with emit.both(is_in_one_piece) as (then, otherwise):
            with then:
                place = emit.times(left, shape.taken_of)
                self._transform_patch([emit.offset(each, place) for each in self.lines], shape.taken_of, target)
            with otherwise:
                self._copy_patch(top, left)
                self._transform_patch(self._aside(), shape.taken, target)

    def _aside(self) -> list[Value]:
        """Return the lines of a copied patch."""
        return [self.emit.offset(self.edge, i * PATCH * self.shape.taken) for i in range(PATCH)]

    def _lines_of_patches(self) -> list[Value]:
        """Return the starts of the eight lines that this row of tiles reads, if the picture has them."""
        emit, shape = self.emit, self.shape
        top = emit.at.sub(emit.times(self.row, TILE), index(1))
        numbers = (self._line(emit.at.add(top, index(i)), shape.taken_lines) for i in range(PATCH))
        return [emit.offset(self.taken, emit.times(number, line(shape.width, shape.taken_of))) for number in numbers]

    def _line(self, y: Value, lines: int) -> Value:
        """Return a line's index in a picture of which only some lines are kept."""
        return self.emit.at.urem(y, index(lines)) if lines else y

    def _copy_patch(self, top: Value, left: Value) -> None:
        emit, shape = self.emit, self.shape
        with emit.loop(0, PATCH) as i, emit.loop(0, PATCH) as j:
            y, x = emit.at.add(top, i), emit.at.add(left, j)
            inside = emit.at.and_(emit.within(y, 0, shape.height), emit.within(x, 0, shape.width))
            y, x = (emit.at.udiv(each, index(shape.enlarged)) for each in (y, x))
            begin = emit.times(self._line(y, shape.taken_lines), line(shape.width // shape.enlarged, shape.taken_of))
            pixel = emit.offset(self.taken, begin, emit.times(x, shape.taken_of))
            target = emit.offset(self.edge, emit.times(emit.at.add(emit.times(i, PATCH), j), shape.taken))
            with emit.both(inside) as (then, otherwise):
                with then, emit.loop(0, shape.taken, emit.target.width) as channel:
                    source = emit.offset(pixel, channel)
                    emit.store(emit.load(source), emit.offset(target, channel))
                with otherwise, emit.loop(0, shape.taken, emit.target.width) as channel:
                    emit.store(emit.constant(0.0), emit.offset(target, channel))

    def _transform_patch(self, lines: list[Value], pixel: int, target: Value) -> None:
        """Transform a patch from its eight lines; ``pixel`` is the distance of pixels in floats."""
        emit, shape = self.emit, self.shape
        with emit.loop(0, shape.taken, emit.target.width) as channel:
            lines, target = [emit.offset(each, channel) for each in lines], emit.offset(target, channel)
            for j in range(PATCH):
                values = [emit.load(emit.offset(each, j * pixel)) for each in lines]
                self._keep(transform_input(values), j)
            for i in range(PATCH):
                for j, value in enumerate(transform_input(self._kept(i))):
                    emit.store(value, emit.offset(target, (i * PATCH + j) * shape.slice))

    def multiply(self) -> None:
        """Multiply input by output channels, tap by tap."""
        emit, shape = self.emit, self.shape
        wide = panel(emit.target, shape.given)
        with emit.loop(0, TAPS) as tap:
            place = emit.times(tap, shape.slice)
            weights = emit.offset(self.weights, emit.times(tap, shape.taken * shape.given))
            with emit.loop(0, shape.tiles, ROWS) as tile:
                source, target = (
                    emit.offset(each, place, emit.times(tile, shape.slot)) for each in (self.taps, self.products)
                )
                with emit.loop(0, shape.given, wide) as given:
                    panel_of = emit.offset(weights, emit.times(given, shape.taken))
                    sums = self._sums(source, panel_of, wide // emit.target.width)
                    for number, value in enumerate(sums):
                        row, vector = divmod(number, wide // emit.target.width)
                        emit.store(value, emit.offset(target, row * shape.slot + vector * emit.target.width, given))

    def _sums(self, source: Value, weights: Value, vectors: int) -> list[Vector]:
        """Return the sums for ROWS tiles: their channels times a panel of weights."""
        emit, shape, width = self.emit, self.shape, self.emit.target.width
        with emit.sums(ROWS * vectors, shape.taken) as sums:
            of_taken = emit.offset(weights, emit.times(sums.counter, vectors * width))
            factors = [emit.load(emit.offset(of_taken, width * vector)) for vector in range(vectors)]
            column = emit.offset(source, sums.counter)
            for row in range(ROWS):
                value = emit.spread(emit.at.load(emit.offset(column, row * shape.slot)))
                for vector, factor in enumerate(factors):
                    number = row * vectors + vector
                    sums.values[number] = value.multiply_add(factor, sums.values[number])
        return sums.values

    def give(self, tile: Value, column: Value) -> None:
        """Write an output tile: with bias, activation and added pictures, cut off at the border."""
        emit, shape = self.emit, self.shape
        top, left = emit.times(self.row, TILE), emit.times(column, TILE)
        is_whole = emit.at.and_(
            emit.within(top, 0, shape.height - TILE + 1), emit.within(left, 0, shape.width - TILE + 1)
        )
        source = emit.offset(self.products, emit.times(tile, shape.slot))
        with emit.both(is_whole) as (then, otherwise):
            with then:
                self._transform_tile(source, lambda value, i, j, channel: self._put(value, top, left, i, j, channel))
            with otherwise:
                self._transform_tile(source, self._put_aside)
                self._copy_tile(top, left)

    def _transform_tile(self, source: Value, put: Callable[[Vector, int, int, Value], None]) -> None:
        emit, shape = self.emit, self.shape
        with emit.loop(0, shape.given, emit.target.width) as channel:
            bias, slope = (emit.load(emit.offset(each, channel)) for each in (self.bias, self.slope))
            source = emit.offset(source, channel)
            for j in range(PATCH):
                places = [(i * PATCH + j) * shape.slice for i in range(PATCH)]
                self._keep(transform_output([emit.load(emit.offset(source, place)) for place in places]), j)
            for i in range(TILE):
                for j, value in enumerate(transform_output(self._kept(i))):
                    put(activated(value + bias, slope), i, j, channel)

    def _put(self, value: Vector, top: Value, left: Value, i: Value | int, j: Value | int, channel: Value) -> None:
        emit, shape = self.emit, self.shape
        y, x = emit.at.add(top, index(i)), emit.at.add(left, index(j))
        for picture, (channels, factor) in zip(self.added, shape.added, strict=False):
            begin = emit.times(y, line(shape.width, channels))
            value = value + factor * emit.load(emit.offset(picture, begin, emit.times(x, channels), channel))
        kept = emit.at.add(self._line(top, shape.given_lines), index(i))  # whole tiles are kept
        begin = emit.times(kept, line(shape.width, shape.given_of))
        emit.store(value, emit.offset(self.given, begin, emit.times(x, shape.given_of), channel))

    def _put_aside(self, value: Vector, i: int, j: int, channel: Value) -> None:
        self.emit.store(value, self.emit.offset(self.edge, (i * TILE + j) * self.shape.given, channel))

    def _copy_tile(self, top: Value, left: Value) -> None:
        emit, shape = self.emit, self.shape
        with emit.loop(0, TILE) as i, emit.loop(0, TILE) as j:
            y, x = emit.at.add(top, i), emit.at.add(left, j)
            inside = emit.at.and_(emit.within(y, 0, shape.height), emit.within(x, 0, shape.width))
            with emit.at.if_then(inside), emit.loop(0, shape.given, emit.target.width) as channel:
                place = emit.times(emit.at.add(emit.times(i, TILE), j), shape.given)
                self._put(emit.load(emit.offset(self.edge, place, channel)), top, left, i, j, channel)

    def _keep(self, values: list[Vector], j: int) -> None:
        for i, value in enumerate(values):
            self.emit.at.store(value.value, self.emit.at.gep(self.half_way, [index(i * PATCH + j)]))

    def _kept(self, i: int) -> list[Vector]:
        places = [self.emit.at.gep(self.half_way, [index(i * PATCH + j)]) for j in range(PATCH)]
        return [Vector(self.emit, self.emit.at.load(place)) for place in places]


def activated(value: Vector, slope: Vector) -> Vector:
    """Apply PReLU: below 0, times the channel's slope. 1 changes nothing, 0 is ReLU."""
    emitter = value._emitter
    zero = emitter.constant(0.0)
    return value.at_most(zero).multiply_add(slope, value.at_least(zero))

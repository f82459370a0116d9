"""Loops over vectors, written down for LLVM.

Sums are emitted in the order in which they are written, with one rounding where a product is added (fma) and no
freedom for the compiler: every processor gives the same bits, however wide its vectors are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from llvmlite import ir

INDEX = ir.IntType(64)
BYTE = ir.IntType(8)
FLOAT = ir.FloatType()
BYTES = BYTE.as_pointer()
FLOATS = FLOAT.as_pointer()
Value = Any
"""Of llvmlite, which has no types for mypy."""


@dataclass(frozen=True)
class Target:
    """A kind of processor: how many floats a vector has, and how many vectors it holds at once."""

    width: int
    registers: int


class Emitter:
    """Writes functions into one module."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.module = ir.Module()
        self.at: Value = None
        """llvmlite's builder of the function that is being written."""

    def vector(self, width: int = 0) -> Value:
        """The type of a vector of floats, as wide as the processor's unless told."""
        return ir.VectorType(FLOAT, width or self.target.width)

    @contextmanager
    def function(self, name: str, *types: Value) -> Iterator[Any]:
        """Write a function that returns nothing. Gives it; its arguments are ``args``."""
        outer = self.at
        function = ir.Function(self.module, ir.FunctionType(ir.VoidType(), types), name)
        self.at = ir.IRBuilder(function.append_basic_block())
        yield function
        self.at.ret_void()
        self.at = outer

    @contextmanager
    def loop(self, start: int | Value, stop: int | Value, step: int = 1) -> Iterator[Value]:
        """Count from ``start`` while below ``stop``; not at all where there is nothing to count."""
        start, stop = index(start), index(stop)
        before, head = self.at.block, self.at.append_basic_block()
        body, after = self.at.append_basic_block(), self.at.append_basic_block()
        self.at.branch(head)
        self.at.position_at_end(head)
        counter = self.at.phi(INDEX)
        counter.add_incoming(start, before)
        self.at.cbranch(self.at.icmp_signed("<", counter, stop), body, after)
        self.at.position_at_end(body)
        yield counter
        counter.add_incoming(self.at.add(counter, index(step)), self.at.block)
        self.at.branch(head)
        self.at.position_at_end(after)

    def local(self, vectors: int) -> Value:
        """Room for so many vectors, on the stack."""
        with self.at.goto_entry_block():
            return self.at.alloca(self.vector(), vectors)

    @contextmanager
    def both(self, condition: Value) -> Iterator[tuple[Any, Any]]:
        """Two contexts: what is done where the condition holds, and what where it does not."""
        with self.at.if_else(condition) as branches:
            yield branches

    def sums(self, count: int, stop: int, first: Sequence[Vector] | None = None) -> Sums:
        """A loop from 0 to ``stop``, which is above 0, that keeps ``count`` vectors in registers."""
        return Sums(self, count, stop, first)

    def offset(self, pointer: Value, *terms: Value | int) -> Value:
        """The pointer, moved by the sum of the terms, in elements."""
        known = sum(term for term in terms if isinstance(term, int))
        for term in terms:
            if not isinstance(term, int):
                pointer = self.at.gep(pointer, [term])
        return self.at.gep(pointer, [index(known)]) if known else pointer

    def times(self, value: Value | int, factor: int) -> Value | int:
        """An index, multiplied."""
        if factor == 1 or isinstance(value, int):
            return value * factor if isinstance(value, int) else value
        return self.at.mul(value, index(factor))

    def within(self, value: Value, low: int, high: int) -> Value:
        """low <= value < high."""
        return self.at.and_(self.at.icmp_signed(">=", value, index(low)), self.at.icmp_signed("<", value, index(high)))

    def load(self, pointer: Value, width: int = 0) -> Vector:
        """A vector from a pointer to floats, wherever it lies."""
        kind = self.vector(width)
        return Vector(self, self.at.load(self.at.bitcast(pointer, kind.as_pointer()), align=4))

    def store(self, vector: Vector, pointer: Value) -> None:
        """A vector to a pointer to floats."""
        self.at.store(vector.value, self.at.bitcast(pointer, vector.value.type.as_pointer()), align=4)

    def spread(self, scalar: Value, width: int = 0) -> Vector:
        """One float in every place."""
        kind = self.vector(width)
        one = self.at.insert_element(ir.Constant(kind, ir.Undefined), scalar, ir.Constant(ir.IntType(32), 0))
        order = ir.Constant(ir.VectorType(ir.IntType(32), kind.count), [0] * kind.count)
        return Vector(self, self.at.shuffle_vector(one, ir.Constant(kind, ir.Undefined), order))

    def constant(self, number: float, width: int = 0) -> Vector:
        """A number in every place."""
        kind = self.vector(width)
        return Vector(self, ir.Constant(kind, [float(number)] * kind.count))

    def call(self, name: str, *vectors: Vector) -> Vector:
        """One of LLVM's own functions, such as fma, on vectors of one type."""
        kind = vectors[0].value.type
        full = f"llvm.{name}.v{kind.count}f32"
        function = self.module.globals.get(full)
        if function is None:
            function = ir.Function(self.module, ir.FunctionType(kind, [kind] * len(vectors)), full)
        return Vector(self, self.at.call(function, [vector.value for vector in vectors]))


class Vector:
    """Floats that are computed together; what is done to it is written down."""

    def __init__(self, emitter: Emitter, value: Value) -> None:
        self._emitter = emitter
        self.value = value

    def __add__(self, other: Vector | Scaled) -> Vector:
        if isinstance(other, Scaled):
            return other.vector.multiply_add(other.factor, self)
        return Vector(self._emitter, self._emitter.at.fadd(self.value, other.value))

    def __sub__(self, other: Vector | Scaled) -> Vector:
        if isinstance(other, Scaled):
            return other.vector.multiply_add(-other.factor, self)
        return Vector(self._emitter, self._emitter.at.fsub(self.value, other.value))

    def __mul__(self, other: Vector) -> Vector:
        return Vector(self._emitter, self._emitter.at.fmul(self.value, other.value))

    def __truediv__(self, other: Vector) -> Vector:
        return Vector(self._emitter, self._emitter.at.fdiv(self.value, other.value))

    def __rmul__(self, factor: float) -> Scaled:
        return Scaled(self, factor)

    def multiply_add(self, factor: Vector | float, addend: Vector) -> Vector:
        """self * factor + addend, rounded once."""
        if not isinstance(factor, Vector):
            factor = self._emitter.constant(factor, self.value.type.count)
        return self._emitter.call("fma", self, factor, addend)

    def at_least(self, other: Vector) -> Vector:
        return self._emitter.call("maxnum", self, other)

    def at_most(self, other: Vector) -> Vector:
        return self._emitter.call("minnum", self, other)


@dataclass(frozen=True)
class Scaled:
    """A vector that is to be multiplied by a number while it is added to another one."""

    vector: Vector
    factor: float

    def __add__(self, other: Scaled) -> Vector:
        return self._multiplied() + other

    def __sub__(self, other: Scaled) -> Vector:
        return self._multiplied() - other

    def _multiplied(self) -> Vector:
        vector = self.vector
        factor = vector._emitter.constant(self.factor, vector.value.type.count)
        return vector * factor


class Sums:
    """A loop whose sums stay in registers. Use it as a context manager; ``values`` are the sums behind it."""

    def __init__(self, emitter: Emitter, count: int, stop: int, first: Sequence[Vector] | None) -> None:
        self._emitter = emitter
        self._stop = stop
        self._first = first or [emitter.constant(0.0)] * count
        self.values: list[Vector] = []

    def __enter__(self) -> Sums:
        at = self._emitter.at
        before, self._head = at.block, at.append_basic_block()
        at.branch(self._head)
        at.position_at_end(self._head)
        self.counter = at.phi(INDEX)
        self.counter.add_incoming(index(0), before)
        self._phis = []
        for start in self._first:
            phi = at.phi(start.value.type)
            phi.add_incoming(start.value, before)
            self._phis.append(phi)
        self.values = [Vector(self._emitter, phi) for phi in self._phis]
        return self

    def __exit__(self, *details: object) -> None:
        at = self._emitter.at
        following, after = at.add(self.counter, index(1)), at.append_basic_block()
        self.counter.add_incoming(following, at.block)
        for phi, value in zip(self._phis, self.values, strict=True):
            phi.add_incoming(value.value, at.block)
        at.cbranch(at.icmp_signed("<", following, index(self._stop)), self._head, after)
        at.position_at_end(after)


def index(value: Value | int) -> Value:
    """A number as LLVM has it; what is one already is given back."""
    return ir.Constant(INDEX, value) if isinstance(value, int) else value

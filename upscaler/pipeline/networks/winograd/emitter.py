"""Emit loops over vectors for LLVM.

Sums are emitted in program order, with one rounding per multiply-add (fma) and no reordering by the compiler: every
processor computes the same bits, whatever the width of its vectors.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from llvmlite import ir

INDEX = ir.IntType(64)
BYTE = ir.IntType(8)
FLOAT = ir.FloatType()
BYTES = BYTE.as_pointer()
FLOATS = FLOAT.as_pointer()
Value = Any
"""A value of llvmlite, which has no types for mypy."""


# llvmlite writes a type and a constant out once an object, so each is one object: there are ten thousands of uses.


@cache
def _vector(width: int) -> Value:
    return ir.VectorType(FLOAT, width)


@cache
def _vectors(width: int) -> Value:
    """Return the type of a pointer to vectors."""
    return _vector(width).as_pointer()


@cache
def _everywhere(number: float, width: int) -> Value:
    """Return a constant vector. ``number`` isn't -0.0, which a cache can't tell from 0.0."""
    return ir.Constant(_vector(width), [number] * width)


@cache
def _index(value: int) -> Value:
    return ir.Constant(INDEX, value)


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
        """llvmlite's builder of the current function."""

    def vector(self, width: int = 0) -> Value:
        """Return the type of a vector of floats, by default of the processor's width."""
        return _vector(width or self.target.width)

    @contextmanager
    def function(self, name: str, *types: Value) -> Iterator[Any]:
        """Emit a function that returns nothing. Yields it; its arguments are ``args``."""
        outer = self.at
        function = ir.Function(self.module, ir.FunctionType(ir.VoidType(), types), name)
        self.at = ir.IRBuilder(function.append_basic_block())
        yield function
        self.at.ret_void()
        self.at = outer

    @contextmanager
    def loop(self, start: int | Value, stop: int | Value, step: int = 1) -> Iterator[Value]:
        """Emit a loop from ``start`` while below ``stop``, which may run zero times. Yields the counter."""
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
        """Allocate vectors on the stack."""
        with self.at.goto_entry_block():
            return self.at.alloca(self.vector(), vectors)

    @contextmanager
    def both(self, condition: Value) -> Iterator[tuple[Any, Any]]:
        """Emit both branches of a condition. Yields two contexts: for true, and for false."""
        with self.at.if_else(condition) as branches:
            yield branches

    def sums(self, count: int, stop: int, first: Sequence[Vector] | None = None) -> Sums:
        """Return a loop from 0 to ``stop``, which is above 0, that keeps ``count`` vectors in registers."""
        return Sums(self, count, stop, first)

    def offset(self, pointer: Value, *terms: Value | int) -> Value:
        """Return the pointer, moved by the sum of the terms, in elements."""
        known = sum(term for term in terms if isinstance(term, int))
        for term in terms:
            if not isinstance(term, int):
                pointer = self.at.gep(pointer, [term])
        return self.at.gep(pointer, [index(known)]) if known else pointer

    def times(self, value: Value | int, factor: int) -> Value | int:
        """Multiply an index."""
        if factor == 1 or isinstance(value, int):
            return value * factor if isinstance(value, int) else value
        return self.at.mul(value, index(factor))

    def within(self, value: Value, low: int, high: int) -> Value:
        """Return low <= value < high."""
        return self.at.and_(self.at.icmp_signed(">=", value, index(low)), self.at.icmp_signed("<", value, index(high)))

    def load(self, pointer: Value, width: int = 0) -> Vector:
        """Load a vector from an unaligned pointer to floats."""
        kind = _vectors(width or self.target.width)
        return Vector(self, self.at.load(self.at.bitcast(pointer, kind), align=4))

    def store(self, vector: Vector, pointer: Value) -> None:
        """Store a vector at an unaligned pointer to floats."""
        self.at.store(vector.value, self.at.bitcast(pointer, _vectors(vector.value.type.count)), align=4)

    def spread(self, scalar: Value, width: int = 0) -> Vector:
        """Return a vector with one float in every element."""
        kind = self.vector(width)
        one = self.at.insert_element(ir.Constant(kind, ir.Undefined), scalar, ir.Constant(ir.IntType(32), 0))
        order = ir.Constant(ir.VectorType(ir.IntType(32), kind.count), [0] * kind.count)
        return Vector(self, self.at.shuffle_vector(one, ir.Constant(kind, ir.Undefined), order))

    def constant(self, number: float, width: int = 0) -> Vector:
        """Return a vector with a constant in every element."""
        return Vector(self, _everywhere(float(number), width or self.target.width))

    def call(self, name: str, *vectors: Vector) -> Vector:
        """Call an LLVM intrinsic, such as fma, on vectors of one type."""
        kind = vectors[0].value.type
        full = f"llvm.{name}.v{kind.count}f32"
        function = self.module.globals.get(full)
        if function is None:
            function = ir.Function(self.module, ir.FunctionType(kind, [kind] * len(vectors)), full)
        return Vector(self, self.at.call(function, [vector.value for vector in vectors]))


class Vector:
    """A vector of floats; operations on it are emitted."""

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
        """Return self * factor + addend, rounded once."""
        if not isinstance(factor, Vector):
            factor = self._emitter.constant(factor, self.value.type.count)
        return self._emitter.call("fma", self, factor, addend)

    def at_least(self, other: Vector) -> Vector:
        return self._emitter.call("maxnum", self, other)

    def at_most(self, other: Vector) -> Vector:
        return self._emitter.call("minnum", self, other)


@dataclass(frozen=True)
class Scaled:
    """A vector with a pending factor, applied when it is added to another one."""

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
    """A loop whose sums stay in registers. Use it as a context manager; ``values`` are the sums afterwards."""

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
    """Convert an integer to an LLVM index; a value is returned unchanged."""
    return _index(value) if isinstance(value, int) else value

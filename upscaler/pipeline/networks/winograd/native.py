"""Compile kernels to machine code of this processor, and call them."""

from __future__ import annotations

import ctypes
import functools
import platform

import llvmlite.binding as llvm
from llvmlite import ir

from .convolution import ROW
from .emitter import INDEX, Emitter, Target, index

RUN = "run"
POINTERS = len(ROW) - 1
ENTRY = POINTERS + 3
"""Numbers in an entry of the table of kernel calls: a kernel's address, its pointers from the input picture to scratch,
its rows, and the number of rows by which it follows the first."""


@functools.cache
def this_target() -> Target | None:
    """Return this processor's target; None without fused multiply-add of vectors."""
    features = llvm.get_host_cpu_features()
    if platform.machine() in ("aarch64", "arm64"):
        return Target(width=4, registers=32)
    if features.get("avx512f") and features.get("avx512vl"):
        return Target(width=16, registers=32)
    if features.get("avx2") and features.get("fma"):
        return Target(width=8, registers=16)
    return None


def emit_run(emitter: Emitter) -> None:
    """Emit the function that calls kernels row by row: (table, entries, steps).

    Each kernel follows the one whose output it reads by one row of tiles, which it needs for its lower border. The
    output is still in the cache then.
    """
    with emitter.function(RUN, INDEX.as_pointer(), INDEX, INDEX) as function:
        table, entries, steps = function.args
        at = emitter.at
        with emitter.loop(0, steps) as step, emitter.loop(0, entries) as number:
            entry = emitter.offset(table, emitter.times(number, ENTRY))
            numbers = [at.load(emitter.offset(entry, place)) for place in range(ENTRY)]
            kernel, *pointers, rows, behind = numbers
            row = at.sub(step, behind)
            due = at.and_(at.icmp_signed(">=", row, index(0)), at.icmp_signed("<", row, rows))
            with at.if_then(due):
                call = at.inttoptr(kernel, ir.FunctionType(ir.VoidType(), ROW).as_pointer())
                pointers = [at.inttoptr(value, kind) for value, kind in zip(pointers, ROW[:-1], strict=True)]
                at.call(call, [*pointers, row])


class Compiled:
    """A module as machine code; it must be kept for as long as its functions are called.

    LLVM's optimizations before code generation aren't run: with them, compiling took twice as long for the same
    speed.
    """

    def __init__(self, emitter: Emitter) -> None:
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        triple = llvm.get_process_triple()
        emitter.module.triple = triple
        machine = llvm.Target.from_triple(triple).create_target_machine(
            cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=3
        )
        module = llvm.parse_assembly(str(emitter.module))
        module.verify()
        self._engine = llvm.create_mcjit_compiler(module, machine)
        self._engine.finalize_object()
        kind = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)
        self.run = kind(self.address(RUN))
        """(address of the table, entries, steps); runs without the GIL."""

    def address(self, name: str) -> int:
        """Return the address of a function."""
        return int(self._engine.get_function_address(name))

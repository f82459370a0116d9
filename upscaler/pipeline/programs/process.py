"""Run programs so that none outlives its parent, stalls for ever, or fails unnoticed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import select
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from upscaler.pipeline.core.errors import Killed, PipelineError, Stalled, TooMuch

CONFINE = Path(__file__).with_name("confine.py")
FFMPEG_KILLED = 255
"""ffmpeg's exit code after SIGTERM, SIGINT or SIGXCPU: it completes its output with the frames so far."""
PIPE_BYTES = 1024 * 1024
TAIL_LINES = 12
MAX_LINE_BYTES = 65536
LEVEL = re.compile(r"^(?:\[[^\]]* @ 0x[0-9a-f]+\] )*\[(\w+)\] ")
"""How ffmpeg marks the level of its log lines."""
ERRORS = ("error", "fatal", "panic")
KILLS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""Signals from outside. Others, such as SIGSEGV, are a failure of the program with its input."""


class Process:
    """One running program with a pipe to it, from it, or both. Use it as a context manager.

    Leaving the block kills the program's whole process group. Create it in a thread that lives as
    long as the program: the kernel kills the program when that thread ends.

    ``label`` begins the sentences of errors. ``on_line`` is for an ffmpeg that marks its log lines with their level: it
    gets each line, in a separate thread. Only lines of errors are then counted.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        stall_seconds: float,
        label: str,
        takes_input: bool = False,
        memory_bytes: int = 0,
        cpu_seconds: int = 0,
        on_line: Callable[[str], None] | None = None,
    ) -> None:
        self._stall = stall_seconds
        self._label = label
        self._is_ffmpeg = Path(command[0]).name == "ffmpeg"
        self._tail: deque[str] = deque(maxlen=TAIL_LINES)
        self._line_buffer = b""
        self._on_line = on_line
        self._is_error = True
        self.error_lines = 0
        confined = [
            sys.executable,
            "-I",
            "-S",
            str(CONFINE),
            str(os.getpid()),
            str(memory_bytes),
            str(cpu_seconds),
            *command,
        ]
        self._popen = subprocess.Popen(
            confined,
            stdin=subprocess.PIPE if takes_input else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            bufsize=0,
        )
        for pipe in (self._popen.stdin, self._popen.stdout):
            if pipe is not None:
                _widen(pipe.fileno())
        if self._popen.stdin is not None:
            os.set_blocking(self._popen.stdin.fileno(), False)
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def read_into(self, buffer: memoryview) -> int:
        """Fill ``buffer`` from the program's output; fewer bytes than its length mean the end.

        Raises Stalled when the program writes nothing for the stall time.
        """
        assert self._popen.stdout is not None
        descriptor = self._popen.stdout.fileno()
        filled = 0
        while filled < len(buffer):
            if not select.select([descriptor], [], [], self._stall)[0]:
                raise self._stalled()
            count = os.readv(descriptor, [buffer[filled:]])
            if count == 0:
                break
            filled += count
        return filled

    def read_some(self, buffer: memoryview) -> int:
        """Read at least one byte of output; return the number of bytes, 0 at the end of output.

        Raises Stalled when the program writes nothing for the stall time.
        """
        assert self._popen.stdout is not None
        descriptor = self._popen.stdout.fileno()
        if not select.select([descriptor], [], [], self._stall)[0]:
            raise self._stalled()
        return os.readv(descriptor, [buffer])

    def drain(self) -> None:
        """Discard the rest of the output: a program whose pipe is full does not end.

        Raises Stalled as ``read_some`` does.
        """
        spare = memoryview(bytearray(PIPE_BYTES))
        while self.read_some(spare):
            pass

    def read_line(self, timeout: float) -> bytes | None:
        """Return the next line without its line feed; None after the timeout; b"" at the end of output."""
        assert self._popen.stdout is not None
        descriptor = self._popen.stdout.fileno()
        while b"\n" not in self._line_buffer:
            if not select.select([descriptor], [], [], timeout)[0]:
                return None
            part = os.read(descriptor, 65536)
            if not part:
                return b""
            self._line_buffer += part
        line, _, self._line_buffer = self._line_buffer.partition(b"\n")
        return line

    def write(self, data: memoryview) -> None:
        """Write ``data`` to the program's input.

        Raises PipelineError when the program reads nothing for the stall time, or has ended.
        """
        assert self._popen.stdin is not None
        descriptor = self._popen.stdin.fileno()
        done = 0
        while done < len(data):
            if not select.select([], [descriptor], [], self._stall)[1]:
                raise self._stalled()
            try:
                done += os.write(descriptor, data[done:])
            except BlockingIOError:
                continue
            except BrokenPipeError:
                self.finish()
                raise PipelineError(
                    f"{self._label} exited before it had read all of its input.", permanent=False, detail=self.tail
                ) from None

    def finish(self, seconds: float | None = None) -> None:
        """Close the input and wait for the program, at most ``seconds`` or the stall time.

        Raises PipelineError unless it ended with 0.
        """
        if code := self.wait(seconds):
            raise PipelineError(f"{self._label} failed (exit code {code}).", permanent=False, detail=self.tail)

    def wait(self, seconds: float | None = None) -> int:
        """Close the input, wait for the program and return its exit code.

        Raises Stalled, Killed and TooMuch: its output is then incomplete.
        """
        if self._popen.stdin is not None:
            self._popen.stdin.close()
        try:
            code = self._popen.wait(seconds or self._stall)
        except subprocess.TimeoutExpired:
            raise self._stalled() from None
        self._listener.join(self._stall)
        if code == -signal.SIGXCPU:
            raise TooMuch(f"{self._label} used too much processor time and was terminated.", detail=self.tail)
        if -code in KILLS or (code == FFMPEG_KILLED and self._is_ffmpeg):
            name = f" ({signal.Signals(-code).name})" if code < 0 else ""
            raise Killed(
                f"{self._label} was killed by a signal{name}. The server may be out of memory.", detail=self.tail
            )
        return code

    def end(self) -> None:
        """Kill the rest of the process group, reap it, and close the pipes."""
        if self._popen.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._popen.pid, signal.SIGKILL)
            self._popen.wait()
        self._listener.join(5)
        for pipe in (self._popen.stdin, self._popen.stdout, self._popen.stderr):
            if pipe is not None:
                pipe.close()

    @property
    def tail(self) -> str:
        """The last lines of the program's error output."""
        return "\n".join(self._tail)

    def _listen(self) -> None:
        assert self._popen.stderr is not None
        for line in iter(lambda: self._popen.stderr.readline(MAX_LINE_BYTES), b""):  # type: ignore[union-attr]
            text = line.decode("utf-8", "replace").rstrip()
            if self._on_line is not None:
                self._on_line(text)
                if not self._has_error(text):
                    continue
            self.error_lines += 1
            self._tail.append(text[:400])

    def _has_error(self, text: str) -> bool:
        """Return whether a line is an error. One without a level, such as "Last message repeated", has the last one."""
        if match := LEVEL.match(text):
            self._is_error = match[1] in ERRORS
        return self._is_error

    def _stalled(self) -> Stalled:
        return Stalled(
            f"{self._label} made no progress for {self._stall:.0f} seconds and was terminated. The disk may be slow.",
            detail=self.tail,
        )

    @property
    def is_running(self) -> bool:
        return self._popen.poll() is None


def _widen(descriptor: int) -> None:
    with contextlib.suppress(OSError):
        fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, PIPE_BYTES)

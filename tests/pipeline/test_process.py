"""No program outlives us, stalls for ever, or fails unheard."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from upscaler.pipeline.core.errors import Killed, PipelineError, Stalled, TooMuch
from upscaler.pipeline.programs.process import TAIL_LINES, Process

ROOT = Path(__file__).resolve().parents[2]


def shell(
    script: str,
    *,
    stall_seconds: float = 20,
    takes_input: bool = False,
    memory_bytes: int = 0,
    cpu_seconds: int = 0,
) -> Process:
    return Process(
        ["sh", "-c", script],
        stall_seconds=stall_seconds,
        label="The test",
        takes_input=takes_input,
        memory_bytes=memory_bytes,
        cpu_seconds=cpu_seconds,
    )


def read_all(process: Process) -> bytes:
    buffer = bytearray(100_000)
    return bytes(buffer[: process.read_into(memoryview(buffer))])


def gone(pid: int, seconds: float = 10) -> bool:
    """Does this process end within the time? One that waits to be reaped has ended."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.02)
    return False


def test_what_is_written_comes_back() -> None:
    with shell("cat", takes_input=True) as process:
        process.write(memoryview(b"frames"))
        buffer = bytearray(6)
        assert process.read_into(memoryview(buffer)) == 6
        process.finish()
    assert buffer == b"frames"


def test_more_than_a_pipe_holds_passes_through(tmp_path: Path) -> None:
    data = os.urandom(5_000_000)
    with shell(f"cat > {tmp_path}/copy", takes_input=True) as process:
        process.write(memoryview(data))
        process.finish()
    assert (tmp_path / "copy").read_bytes() == data


def test_an_exit_code_is_an_error_with_the_programs_last_words() -> None:
    with shell("echo the reason >&2; exit 3") as process, pytest.raises(PipelineError, match="exit code 3") as caught:
        process.finish()
    assert caught.value.detail == "the reason"


def test_of_a_flood_of_words_the_last_are_kept_and_all_are_counted() -> None:
    with shell("seq 1 5000 >&2") as process:
        process.finish()
    assert process.error_lines == 5000
    assert process.tail.splitlines() == [str(number) for number in range(5001 - TAIL_LINES, 5001)]


def test_what_nobody_reads_keeps_no_program_from_its_end() -> None:
    with shell("head -c 5000000 /dev/zero") as process:
        assert process.read_some(memoryview(bytearray(10))) == 10
        process.drain()
        process.finish()


def test_silence_for_the_stall_time_is_an_error() -> None:
    with shell("sleep 60", stall_seconds=0.2) as process, pytest.raises(Stalled, match="made no progress") as caught:
        read_all(process)
    assert not caught.value.permanent, "a disk that did not answer may do so next time"


def test_a_program_that_takes_nothing_is_an_error() -> None:
    with (
        shell("sleep 60", stall_seconds=0.2, takes_input=True) as process,
        pytest.raises(PipelineError, match="made no progress"),
    ):
        process.write(memoryview(bytes(20_000_000)))


def test_a_program_that_does_not_end_is_an_error() -> None:
    with shell("exec >&-; sleep 60", stall_seconds=0.2) as process, pytest.raises(PipelineError, match="no progress"):
        process.finish()


def test_a_program_that_ends_early_is_an_error_for_whoever_writes() -> None:
    with shell("exit 4", takes_input=True) as process, pytest.raises(PipelineError):
        process.write(memoryview(bytes(20_000_000)))


@pytest.mark.parametrize("name", ["KILL", "TERM"])
def test_a_program_that_is_killed_did_not_give_all(name: str) -> None:
    """Not even where its exit code does not matter."""
    with shell(f"kill -{name} $$") as process, pytest.raises(Killed, match=f"SIG{name}") as caught:
        process.wait()
    assert not caught.value.permanent


def test_an_ffmpeg_that_is_ended_did_not_give_all_though_it_ends_well() -> None:
    command = ["ffmpeg", "-v", "error", "-re", "-f", "lavfi", "-i", "testsrc2=duration=600", "-f", "null",
               "-progress", "pipe:1", "-"]  # fmt: skip
    with Process(command, stall_seconds=20, label="The test") as process:
        process.read_line(10)
        (ffmpeg,) = [psutil.Process(process._popen.pid)]
        ffmpeg.terminate()
        read_all(process)
        with pytest.raises(Killed, match="killed by a signal"):
            process.wait()


def test_a_program_that_crashes_failed_over_its_input() -> None:
    with shell("kill -SEGV $$") as process:
        assert process.wait() == -signal.SIGSEGV
        with pytest.raises(PipelineError, match="exit code -11"):
            process.finish()


def test_a_program_gets_no_more_processor_time_than_it_is_given() -> None:
    with shell("while :; do :; done", cpu_seconds=1) as process, pytest.raises(TooMuch) as caught:
        process.finish()
    assert caught.value.permanent, "it would take as long again"


def test_leaving_the_block_ends_the_whole_group() -> None:
    with shell("sleep 300 & echo $!; wait") as process:
        grandchild = int(process.read_line(10) or 0)
        assert psutil.pid_exists(grandchild)
    assert gone(grandchild)


def test_leaving_the_block_by_an_error_ends_the_program_too() -> None:
    def fail() -> int:
        with shell("echo $$; exec sleep 300") as process:
            pids.append(int(process.read_line(10) or 0))
            raise ZeroDivisionError

    pids: list[int] = []
    with pytest.raises(ZeroDivisionError):
        fail()
    assert gone(pids[0])


def test_the_program_dies_with_us_even_when_we_are_killed() -> None:
    script = (
        "import sys; from upscaler.pipeline.programs.process import Process\n"
        "with Process(['sh', '-c', 'echo $$; exec sleep 300'], stall_seconds=60, label='it') as process:\n"
        "    print(process.read_line(10).decode(), flush=True); sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as parent:  # fmt: skip
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert psutil.pid_exists(child)
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait(10)
        assert gone(child)


def test_a_program_gets_no_more_memory_than_it_is_given() -> None:
    greedy = f"{sys.executable} -S -c 'bytearray(2_000_000_000)'"
    with shell(greedy, memory_bytes=500_000_000) as process, pytest.raises(PipelineError) as caught:
        process.finish()
    assert "MemoryError" in caught.value.detail


def test_a_program_cannot_gain_privileges() -> None:
    with shell("grep NoNewPrivs /proc/self/status") as process:
        assert (process.read_line(10) or b"").split() == [b"NoNewPrivs:", b"1"]


def test_a_program_gets_no_credentials_of_object_storage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "installation-04")
    with shell("env") as process:
        said = read_all(process)
    assert b"PATH=" in said
    assert b"AWS_" not in said


def test_lines_come_one_by_one_and_an_end_is_not_a_pause() -> None:
    with shell("printf 'one\\ntwo\\n'; sleep 300") as process:
        assert [process.read_line(10), process.read_line(10)] == [b"one", b"two"]
        assert process.read_line(0.05) is None
    with shell("true") as process:
        assert process.read_line(10) == b""

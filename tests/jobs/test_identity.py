"""A worker's name holds for one process, of one machine, at one time."""

from __future__ import annotations

import os
import subprocess
import sys

from upscaler.jobs.base.identity import is_running, machine, worker_name


def test_this_process_lives_under_its_name() -> None:
    assert worker_name() == worker_name()
    assert f":{os.getpid()}:" in worker_name()
    assert is_running(worker_name())


def test_a_process_that_has_ended_or_another_with_its_number_does_not() -> None:
    name, _, began = worker_name().rpartition(":")
    assert not is_running(f"{name}:{int(began) + 1}")
    assert not is_running("somewhere:1:")
    assert not is_running("nonsense")


def test_a_zombie_does_not_live() -> None:
    code = "from upscaler.jobs.base.identity import worker_name; print(worker_name(), flush=True)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        name = process.stdout.readline().strip()
        process.stdout.read()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and nobody has buried it
        assert not is_running(name)


def test_processes_of_a_machine_agree_on_it() -> None:
    code = "from upscaler.jobs.base.identity import machine; print(machine())"
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()
    assert told == machine()

"""What is on a leash dies with whoever holds it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import psutil

HOLDER = """
import subprocess, sys
held = subprocess.Popen([sys.executable, "-m", "haloweb.parent_death", "sleep", "600"])
print(held.pid, flush=True)
held.wait()
"""


def test_a_program_on_a_leash_ends_when_its_parent_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDER], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        held = psutil.Process(int(holder.stdout.readline()))
        until = time.monotonic() + 20
        while held.name() != "sleep":  # the leash is on when it has become the program
            assert time.monotonic() < until
            time.sleep(0.02)
        os.kill(holder.pid, signal.SIGKILL)
    held.wait(5)
    assert not held.is_running()

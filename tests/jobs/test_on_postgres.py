"""Whatever decides a race is tested on PostgreSQL as well, where an UPDATE waits for another one and goes on."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.postgres import postgres

HERE = Path(__file__).parent
RACES = ("test_claims.py", "test_leases.py", "test_reaper.py", "test_takeover.py")


def test_the_tests_of_claims_and_leases_pass_on_postgresql(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    with postgres() as server:
        environment = {**os.environ, "HALOWEB_DATABASE": server.url, "HALOWEB_DATA": str(tmp_path)}
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            *(str(HERE / name) for name in RACES),
        ]
        finished = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=900, check=False)
    assert finished.returncode == 0, finished.stdout[-4000:]
    passed = re.search(r"(\d+) passed", finished.stdout)
    assert passed and int(passed[1]) > 40

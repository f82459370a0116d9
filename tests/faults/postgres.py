"""A PostgreSQL server of its own, on loopback or another address, that can be stopped and started again."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.server import free_port

BINARIES = Path("/usr/lib/postgresql")


class Postgres:
    """Its data lie in a folder that goes with it. It does not run as root, and neither do we make it."""

    def __init__(self, folder: Path, address: str) -> None:
        self._bin = sorted(BINARIES.glob("*/bin"))[-1]
        self._folder = folder
        self._address = address
        self.port = free_port()
        if os.getuid() == 0:
            shutil.chown(folder, "postgres")
        self._run(
            "initdb", "--username=haloweb", "--auth=trust", "--no-sync", "--encoding=UTF8", "-D", str(folder / "db")
        )
        with (folder / "db" / "pg_hba.conf").open("a") as rules:
            rules.write("host all all 10.0.0.0/8 trust\n")

    @property
    def url(self) -> str:
        return f"postgresql://haloweb@{self._address}:{self.port}/haloweb"

    def start(self) -> None:
        options = f"-p {self.port} -h {self._address} -k {self._folder} -c fsync=off"
        self._run(
            "pg_ctl", "-D", str(self._folder / "db"), "-w", "-o", options, "-l", str(self._folder / "log"), "start"
        )

    def create(self) -> None:
        self._run("createdb", "-h", str(self._folder), "-p", str(self.port), "-U", "haloweb", "haloweb")

    def drop(self) -> None:
        self._run("dropdb", "-h", str(self._folder), "-p", str(self.port), "-U", "haloweb", "haloweb")

    def stop(self) -> None:
        """At once, whatever is connected."""
        self._run("pg_ctl", "-D", str(self._folder / "db"), "-w", "-m", "fast", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        user = "postgres" if os.getuid() == 0 else None
        subprocess.run(
            [str(self._bin / program), *arguments], check=True, user=user, cwd="/", stdout=subprocess.DEVNULL, env={}
        )


@contextlib.contextmanager
def postgres(address: str = "127.0.0.1") -> Iterator[Postgres]:
    """Running, with an empty database. Skips the test where PostgreSQL is not installed."""
    if not any(BINARIES.glob("*/bin/initdb")):
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    if os.getuid() == 0 and "postgres" not in {entry.pw_name for entry in pwd.getpwall()}:
        pytest.skip("PostgreSQL does not run as root, and there is no user called postgres")
    with tempfile.TemporaryDirectory(prefix="haloweb-postgres-") as folder:  # not beneath pytest's: others can't enter
        Path(folder).chmod(0o755)
        server = Postgres(Path(folder), address)
        server.start()
        try:
            server.create()
            yield server
        finally:
            with contextlib.suppress(subprocess.CalledProcessError):
                server.stop()

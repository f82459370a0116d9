"""``script/server`` and ``script/worker``: check that everything is in place, then become supervisord."""

from __future__ import annotations

import argparse
import fcntl
import os
import shutil
import socket
import sys
from pathlib import Path

from haloweb.addresses import bound_host
from haloweb.database_version import why_too_new
from haloweb.descriptors import raise_descriptor_limit
from haloweb.env import BASE_DIR, Environment, Misconfigured, read_environment

SERVER = Path(__file__).with_name("supervisord.conf")
WORKERS = Path(__file__).with_name("workers.conf")


def main() -> None:
    """Become supervisord, or exit with the reason why the server can't start."""
    parser = argparse.ArgumentParser(prog="server", description=__doc__)
    parser.add_argument("--queue", choices=("gpu", "cpu"), help="run only workers, for a server elsewhere")
    queue = parser.parse_args().queue
    try:
        environment = read_environment()
    except Misconfigured as error:
        sys.exit(f"server: {error}")
    if shutil.which("ffmpeg") is None or shutil.which("ffprobe") is None:
        sys.exit("server: ffmpeg is missing. Run script/bootstrap, or install it (Debian: apt-get install ffmpeg).")
    if queue and environment.database is None:
        sys.exit("worker: Set HALOWEB_DATABASE to the server's PostgreSQL database. See docs/machines.md.")
    run = environment.data / "run"
    try:
        run.mkdir(parents=True, exist_ok=True)
        _lock(run / "lock")
    except OSError as error:
        sys.exit(f"server: Can't use {error.filename} ({error.strerror}). Set HALOWEB_DATA to another folder.")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "haloweb.settings")
    if reason := why_too_new():
        sys.exit(f"{'worker' if queue else 'server'}: {reason}")
    if not queue:
        _check_port(environment)
    os.environ |= {
        "HALOWEB_RUN": str(run),
        "HALOWEB_PYTHON": sys.executable,
        "HALOWEB_QUEUE": queue or "",
        "HALOWEB_RENDERS": str(environment.renders).lower(),
        "HALOWEB_BIND_HOST": bound_host(environment.host),
        "HALOWEB_BIND_PORT": str(environment.port),
        "HALOWEB_PROXIES": ",".join(environment.proxies),
    }
    raise_descriptor_limit()
    os.chdir(BASE_DIR)
    configuration = WORKERS if queue else SERVER
    os.execv(sys.executable, [sys.executable, "-m", "haloweb.supervise", "-c", str(configuration)])


def _lock(path: Path) -> None:
    """Allow one server per data folder. The lock is inherited by supervisord, and held until it ends."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(f"server: Another server uses {path.parent.parent}. Stop it, or set HALOWEB_DATA.")
    os.set_inheritable(descriptor, True)


def _check_port(environment: Environment) -> None:
    try:
        with socket.socket(socket.AF_INET6 if ":" in environment.host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((environment.host, environment.port))
    except OSError as error:
        sys.exit(
            f"server: Can't listen on {environment.host}:{environment.port} ({error.strerror}). "
            "Set HALOWEB_PORT or HALOWEB_HOST."
        )


if __name__ == "__main__":
    main()

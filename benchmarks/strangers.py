"""What can strangers do to a server? Slow connections, bodies that stop short, many log-ins, headers without end.

    python benchmarks/strangers.py [--connections 1100] [--bodies 40] [--headers-mb 60] [--descriptors 1024]

The server is that of script/server; its web process may have as few open files as many systems give by themselves. None
of the strangers is logged in. While each attack lasts, another client asks for a page every second on a connection of
its own; the seconds until its last byte are what is measured. Memory is VmRSS of the web process, and what it keeps in
files that are deleted but open is counted under /proc. Exits with 1 where a page took a second or was not given.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import os
import resource
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from measure import ROOT
from viewers import Memory, web_process

sys.path.insert(0, str(ROOT))

from haloweb.descriptors import raise_descriptor_limit
from tests.e2e.server import Server, running_server

MOST_SECONDS = 1.0
WATCH_SECONDS = 40.0
"""Longer than the server waits for anything."""
PAGE = "/log-in/"
HALF = b"GET / HTTP/1.1\r\nhost: localhost\r\nx-slow: "
POST = "POST {} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n"


@dataclass
class Visitor:
    """Somebody who reads a page every second."""

    address: str
    seconds: list[float] = field(default_factory=list)
    """What each page took."""
    refused: int = 0

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read)

    def __enter__(self) -> Visitor:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _read(self) -> None:
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                with contextlib.closing(http.client.HTTPConnection(self.address, timeout=20)) as connection:
                    connection.request("GET", PAGE)
                    answer = connection.getresponse()
                    answer.read()
                    self.refused += answer.status != 200
            except (OSError, http.client.HTTPException):
                self.refused += 1
            self.seconds.append(time.monotonic() - began)
            self._stop.wait(max(0.0, began + 1 - time.monotonic()))


def deleted_bytes(pid: int) -> int:
    """In files that the process holds open and that have no name any more."""
    total = 0
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            if str(link.readlink()).endswith("(deleted)"):
                total += link.stat().st_size
    return total


@contextlib.contextmanager
def open_each(address: tuple[str, int], count: int, said: bytes) -> Iterator[list[socket.socket]]:
    """So many connections that have said so much, and say nothing more."""
    with contextlib.ExitStack() as opened:
        all_of_them = []
        for _ in range(count):
            with contextlib.suppress(OSError):
                one = opened.enter_context(socket.create_connection(address, timeout=20))
                all_of_them.append(one)
                one.sendall(said)
        yield all_of_them


def still_open(connections: list[socket.socket]) -> int:
    def is_open(one: socket.socket) -> bool:
        one.setblocking(False)
        try:
            while one.recv(65536):
                pass
        except BlockingIOError:
            return True
        except OSError:
            pass
        return False

    return sum(map(is_open, connections))


def wait(pid: int, connections: list[socket.socket]) -> str:
    """Until the server has closed them all, for a while."""
    began, most = time.monotonic(), 0
    while time.monotonic() < began + WATCH_SECONDS and still_open(connections):
        most = max(most, deleted_bytes(pid))
        time.sleep(0.5)
    seconds, closed = time.monotonic() - began, len(connections) - still_open(connections)
    return f"after {seconds:.0f} s {closed} were closed; at most {most / 1e6:.0f} MB in deleted files"


def send_headers(address: tuple[str, int], size: int) -> str:
    sent = 0
    with contextlib.suppress(OSError), socket.create_connection(address, timeout=20) as one:
        one.sendall(b"GET / HTTP/1.1\r\nhost: localhost\r\n")
        while sent < size:
            part = b"".join(b"x-%d: %b\r\n" % (number, b"x" * 1000) for number in range(64))
            one.sendall(part)
            sent += len(part)
    return f"{sent / 1e6:.1f} MB were taken"


def log_in(netloc: str, name: str) -> int:
    """The status of one try, with a wrong password."""
    with contextlib.closing(http.client.HTTPConnection(netloc, timeout=60)) as connection:
        connection.request("GET", PAGE)
        answer = connection.getresponse()
        answer.read()
        token = SimpleCookie(answer.getheader("Set-Cookie"))["csrftoken"].value
        said = urlencode({"username": name, "password": "guess", "csrfmiddlewaretoken": token})
        headers = {"Cookie": f"csrftoken={token}", "Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", PAGE, said, headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status


def many_log_ins(netloc: str, count: int) -> str:
    began = time.monotonic()
    with ThreadPoolExecutor(count) as threads:
        statuses = Counter(threads.map(lambda number: log_in(netloc, f"nobody-{number}"), range(count)))
    told = ", ".join(f"{times} times {status}" for status, times in sorted(statuses.items()))
    return f"{told} in {time.monotonic() - began:.1f} s"


def add_person(server: Server) -> None:
    """Without anybody there is no page to log in."""
    environment = os.environ | {"HALOWEB_DATA": str(server.data), "DJANGO_SUPERUSER_PASSWORD": "warthog-run-2004"}
    create = ["manage.py", "createsuperuser", "--no-input", "--username", "chief", "--email", ""]
    subprocess.run([sys.executable, *create], cwd=ROOT, env=environment, check=True, capture_output=True)


def main() -> int:
    parser = argparse.ArgumentParser(description="Strangers at the web process.")
    parser.add_argument("--connections", type=int, default=1100)
    parser.add_argument("--bodies", type=int, default=40)
    parser.add_argument("--headers-mb", type=int, default=60)
    parser.add_argument("--log-ins", type=int, default=60)
    parser.add_argument("--descriptors", type=int, default=1024, help="that the web process may have")
    options = parser.parse_args()
    raise_descriptor_limit()
    with running_server(HALOWEB_RENDERS="false") as server:
        add_person(server)
        pid = web_process(server)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (options.descriptors, options.descriptors))
        parts = urlsplit(server.url)
        address = (str(parts.hostname), int(parts.port or 0))

        def slow_heads() -> str:
            with open_each(address, options.connections, HALF) as connections:
                return wait(pid, connections)

        def short_bodies(size: int, path: str = "/log-in/") -> str:
            said = POST.format(path, size).encode() + b"x" * (size - 1)
            with open_each(address, options.bodies, said) as connections:
                return wait(pid, connections)

        attacks: dict[str, Callable[[], str]] = {
            "nothing": lambda: time.sleep(10) or "",  # type: ignore[func-returns-value]
            f"{options.connections} connections with half a header": slow_heads,
            f"{options.bodies} bodies of 256 KiB less a byte": lambda: short_bodies(256 * 1024),
            f"{options.bodies} bodies of 8 MiB less a byte": lambda: short_bodies(8 * 1024**2),
            f"{options.log_ins} log-ins at once, each with another name": lambda: many_log_ins(
                parts.netloc, options.log_ins
            ),
            f"{options.headers_mb} MB of headers": lambda: send_headers(address, options.headers_mb * 10**6),
        }
        is_well = True
        print("| attack | pages | refused | slowest | memory at most | what came of it |\n|---|---|---|---|---|---|")
        for name, attack in attacks.items():
            with Memory(pid) as memory, Visitor(parts.netloc) as visitor:
                came = attack()
                time.sleep(3)
            slowest = max(visitor.seconds)
            is_well &= slowest < MOST_SECONDS and not visitor.refused
            figures = f"{len(visitor.seconds)} | {visitor.refused} | {slowest:.2f} s | {memory.most_mib:.0f} MiB"
            print(f"| {name} | {figures} | {came} |", flush=True)
    return 0 if is_well else 1


if __name__ == "__main__":
    raise SystemExit(main())

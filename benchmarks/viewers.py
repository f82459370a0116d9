"""Two hundred pages that watch one job: does each hear all of it, how late, and what does the web process take?

    python benchmarks/viewers.py [--viewers 200] [--seconds 30] [--rate 20]

The server is that of script/server, without its workers' help: a process of its own writes the events of a running job,
``--rate`` of progress a second and at last the end, into the database, as a runner does. Every viewer is a websocket
with the session of the job's owner. Each event carries the time at which it was written, and is late by the time at
which a viewer has it; all clocks are that of this machine. Without another job, nothing else runs on the server.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from measure import ROOT

sys.path.insert(0, str(ROOT))

from websockets.asyncio.client import connect

from tests.e2e.server import Server, running_server

MOST_LATE = 0.5
MOST_MIB = 250
PREPARE = """
import django; django.setup()
from django.test import Client
from django.conf import settings
from tests import factories
from upscaler.models import JobState
user = factories.make_user("chief")
job = factories.make_job(factories.make_video(user), state=JobState.RENDERING)
client = Client()
client.force_login(user)
print(job.pk, f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}")
"""
WRITE = """
import sys, time
import django; django.setup()
from upscaler.jobs import lifecycle
from upscaler.live import log
from upscaler.models import Job, JobState
id, count, rate = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
job = Job.objects.get(pk=id)
began = time.monotonic()
for frame in range(count):
    time.sleep(max(0, began + frame / rate - time.monotonic()))
    log.append(job, {"kind": "progress", "frame": frame, "total": count, "fps": rate, "seconds_left": 1.0,
                     "written": time.time()})
Job.objects.filter(pk=id).update(state=JobState.VERIFYING)
lifecycle.job_finish(job)
print(count / (time.monotonic() - began))
"""


@dataclass
class Heard:
    """By one viewer."""

    late: list[float] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    ended: bool = False


class Memory:
    """The most that a process takes, looked at ten times a second."""

    def __init__(self, pid: int) -> None:
        self._status = Path(f"/proc/{pid}/status")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self.most_mib = 0.0

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stop.wait(0.1):
            line = next(line for line in self._status.read_text().splitlines() if line.startswith("VmRSS"))
            self.most_mib = max(self.most_mib, int(line.split()[1]) / 1024)


def python(server: Server, code: str, *arguments: object) -> subprocess.Popen[str]:
    """A process with Django on the server's data."""
    environment = os.environ | {
        "HALOWEB_DATA": str(server.data),
        "DJANGO_SETTINGS_MODULE": "haloweb.settings",
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)


def web_process(server: Server) -> int:
    """The one that holds the websockets: the descendant of supervisord that is uvicorn."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
    for pid in parents:
        above = pid
        while above in parents and above != server.process.pid:
            above = parents[above]
        try:
            command = Path(f"/proc/{pid}/cmdline").read_text()
        except OSError:
            continue
        if above == server.process.pid and "uvicorn" in command and "haloweb.parent_death" not in command:
            return pid
    raise RuntimeError("the server has no web process")


async def watch(url: str, cookie: str, ready: asyncio.Semaphore, heard: Heard) -> None:
    """One page, from its opening to the job's end."""
    headers = {"Cookie": cookie}
    origin = url.split("/ws", maxsplit=1)[0].replace("ws:", "http:")
    async with connect(url, additional_headers=headers, origin=origin, open_timeout=60) as socket:  # type: ignore[arg-type]
        await socket.recv()
        ready.release()
        async for text in socket:
            message = json.loads(text)
            heard.numbers.append(message["seq"])
            payload = message["payload"]
            if payload["kind"] == "progress":
                heard.late.append(time.time() - payload["written"])
            if payload["kind"] == "finished":
                heard.ended = True
                return


async def all_watch(server: Server, job: str, cookie: str, options: argparse.Namespace) -> list[Heard]:
    url = f"{server.url.replace('http:', 'ws:')}/ws/jobs/{job}/"
    ready = asyncio.Semaphore(0)
    heard = [Heard() for _ in range(options.viewers)]
    tasks = [asyncio.create_task(watch(url, cookie, ready, one)) for one in heard]
    for _ in tasks:
        await asyncio.wait_for(ready.acquire(), 120)
    writer = python(server, WRITE, job, options.seconds * options.rate, options.rate)
    await asyncio.wait(tasks, timeout=options.seconds * 3 + 60)
    for task in tasks:
        task.cancel()
    output, _ = await asyncio.to_thread(writer.communicate)
    print(f"{float(output):.1f} events a second were written")
    return heard


def main() -> int:
    parser = argparse.ArgumentParser(description="Many viewers of one job.")
    parser.add_argument("--viewers", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--rate", type=int, default=20, help="events a second")
    options = parser.parse_args()
    # nothing may take the job, which has no real frames
    with running_server(HALOWEB_RENDERS="0") as server:
        prepare = python(server, PREPARE)
        job, cookie = prepare.communicate()[0].split()
        with Memory(web_process(server)) as memory:
            heard = asyncio.run(all_watch(server, job, cookie, options))
    late = sorted(one for viewer in heard for one in viewer.late)
    whole = sum(bool(one.numbers) and one.numbers == list(range(1, one.numbers[-1] + 1)) for one in heard)
    ended = sum(one.ended for one in heard)
    p50, p99 = (late[int(len(late) * share)] for share in (0.5, 0.99))
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print("| viewers | heard the end | without a gap | messages | p50 | p99 | most | web process, peak |")
    print("|---|---|---|---|---|---|---|---|")
    print(
        f"| {options.viewers} | {ended} | {whole} | {len(late):,} | {p50:.3f} s | {p99:.3f} s | {late[-1]:.3f} s "
        f"| {memory.most_mib:.0f} MiB |"
    )
    is_good = ended == whole == options.viewers and p99 < MOST_LATE and memory.most_mib < MOST_MIB
    return 0 if is_good else 1


if __name__ == "__main__":
    raise SystemExit(main())

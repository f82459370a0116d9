"""A few pictures with long gaps, on the running server: is it planned in bounds or refused, and do others feel it?

    python benchmarks/standing_still.py [--views 6]

Three videos of 64x48 and six hours, each with a picture every ten minutes: the quick frames of one would need 120 a
second (it is refused in a sentence), a lower rate will do for another, and the long stills of the third are written out
as 648,000 frames that repeat each other. Another member's clip is uploaded behind them, and the seconds until it is
ready are counted. Then each page is asked for, once and by six at a time. Exits with 1 where a page takes 0.2 s by
itself, or the web process 250 MB.
"""

from __future__ import annotations

import argparse
import http.client
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

from measure import ROOT
from viewers import Memory, python, web_process

sys.path.insert(0, str(ROOT))

from tests.clips import ffmpeg, make_clip
from tests.e2e.server import Server, running_server
from tests.matroska import pictures_at

MOST_SECONDS, MOST_MB = 0.2, 250.0
PREPARE = """
import sys
import django; django.setup()
from pathlib import Path
from django.test import Client
from tests import factories
from upscaler.jobs import enqueue
from upscaler.models import VideoState
for name, *paths in (("chief", *sys.argv[1:-1]), ("miranda", sys.argv[-1])):
    user = factories.make_user(name)
    for path in paths:
        content = Path(path).read_bytes()
        video = factories.make_video(user, state=VideoState.PROBING, facts_json=None, sha256="", size=len(content),
                                     starts_job=False)
        factories.store(video.key, content)
        enqueue.ring_intake(video.pk)
        client = Client()
        client.force_login(user)
        print(video.pk, client.cookies["sessionid"].value)
"""
ASK = """
import sys
import django; django.setup()
from upscaler.models import Video
for id in sys.argv[1:]:
    video = Video.objects.get(pk=id)
    facts = video.facts
    print(f"{video.state}|{facts.frames if facts else 0}|{facts.rate if facts else 0}|{video.error}")
"""


def clips(folder: Path) -> list[Path]:
    """The three, and a clip of somebody else."""
    every = [599_000 * number for number in range(1, 37)]
    refused = pictures_at([0, 8, 17, *(17 + time for time in every)], folder / "refused.mkv")
    slower = pictures_at([0, 8, *(8 + time for time in every)], folder / "slower.mkv")
    written = folder / "written.mkv"
    ffmpeg("-f", "lavfi", "-i", "color=gray:size=64x48:rate=30:duration=21600", "-c:v", "libx264", "-preset",
           "ultrafast", "-g", "3000", written)  # fmt: skip
    return [refused, slower, written, make_clip(folder / "other.avi", frames=60)]


def answer(process: subprocess.Popen[str]) -> list[str]:
    """The lines that it prints."""
    said, _ = process.communicate(timeout=300)
    if process.returncode:
        raise RuntimeError("a helper of this benchmark failed")
    return said.splitlines()


def page(url: str, id: str, cookie: str) -> float:
    """Seconds from the request to the last byte."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    began = time.monotonic()
    connection.request("GET", f"/videos/{id}/", headers={"Cookie": f"sessionid={cookie}"})
    response = connection.getresponse()
    response.read()
    if response.status != 200:
        raise RuntimeError(f"the page answered {response.status}")
    return time.monotonic() - began


def states(server: Server, ids: list[str]) -> list[list[str]]:
    return [line.split("|") for line in answer(python(server, ASK, *ids))]


def wait(server: Server, ids: list[str], began: float) -> tuple[float, list[list[str]]]:
    """Until all are ready or refused; gives the seconds since ``began`` at which the last one, somebody else's, was."""
    other = 0.0
    while True:
        found = states(server, ids)
        done = [state in ("ready", "refused") for state, *_ in found]
        if done[-1] and not other:
            other = time.monotonic() - began
        if all(done):
            return other, found
        time.sleep(0.5)


def main() -> int:
    parser = argparse.ArgumentParser(description="A few pictures with long gaps on the running server.")
    parser.add_argument("--views", type=int, default=6)
    options = parser.parse_args()
    is_good = True
    with tempfile.TemporaryDirectory(prefix="standing-still-") as name, running_server() as server:
        paths = clips(Path(name))
        rows = [line.split() for line in answer(python(server, PREPARE, *paths))]
        other, found = wait(server, [id for id, _ in rows], time.monotonic())
        print(f"somebody else's clip was ready after {other:.1f} s")
        for path, (id, cookie), (state, frames, rate, error) in zip(paths, rows, found, strict=True):
            with Memory(web_process(server)) as memory:
                page(server.url, id, cookie)
                alone = statistics.median(page(server.url, id, cookie) for _ in range(5))
                with ThreadPoolExecutor(options.views) as pool:
                    together = max(pool.map(page, *zip(*[(server.url, id, cookie)] * options.views, strict=True)))
            is_good &= alone < MOST_SECONDS and memory.most_mib < MOST_MB
            print(
                f"{path.name:12} {path.stat().st_size:>9,} bytes  {state:8} {int(frames):>9,} frames at {rate:>3}/s"
                f"  page {alone:.3f} s, {options.views} at once {together:.3f} s, web process {memory.most_mib:.0f} MiB"
                + (f"\n  {error}" if error else "")
            )
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())

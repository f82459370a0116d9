"""Do thousands of videos feel like ten? Times of the library's pages, by the server and in Chromium.

    python benchmarks/library.py [--videos 10000] [--runs 30] [--postgres] [--json FILE]

The server is a uvicorn as script/server starts it, on data of its own, with nothing else at work. A page's time is that
of a whole request over one connection that stays open; the first paint is Chromium's "first-contentful-paint" of a
browser without anything in its cache. Exits with 1 where a median is above what is wanted.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from measure import ROOT, machine

sys.path.insert(0, str(ROOT))

from playwright.sync_api import sync_playwright

from tests.e2e.conftest import CHROMIUM
from tests.e2e.server import free_port
from tests.faults.postgres import postgres

MOST_MS = 100.0
MOST_PAINT_MS = 1000.0
MAKE_PERSON = """
from django.test import Client
from upscaler.models import Collection, User
client = Client()
client.force_login(User.objects.create_user("chief"))
print(client.cookies["sessionid"].value)
"""
FIND_COLLECTION = "from upscaler.models import Collection; print(Collection.objects.get(name='Best of').pk)"
PAINT = """() => new Promise((resolve) => new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (entry.name === "first-contentful-paint") resolve(entry.startTime);
}).observe({type: "paint", buffered: true}))"""


def manage(environment: dict[str, str], *arguments: str) -> str:
    """What a command of manage.py prints."""
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True).stdout.strip()


@contextlib.contextmanager
def web(environment: dict[str, str]) -> Iterator[str]:
    """The web process alone: the same uvicorn as haloweb/supervisord.conf starts."""
    port = free_port()
    command = [
        "haloweb.asgi:application",
        "--http",
        "haloweb.http_protocol:BoundedH11Protocol",
        "--port",
        str(port),
        "--log-level",
        "warning",
    ]
    process = subprocess.Popen([sys.executable, "-m", "uvicorn", *command], cwd=ROOT, env=environment)
    try:
        while process.poll() is None:
            with contextlib.suppress(OSError), contextlib.closing(http.client.HTTPConnection("127.0.0.1", port)) as one:
                one.request("GET", "/log-in/")
                one.getresponse()
                break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def request_ms(url: str, path: str, session: str, runs: int, **headers: str) -> list[float]:
    """Milliseconds from the question to the last byte of its answer, after two that do not count."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    times = []
    for _ in range(runs + 2):
        began = time.perf_counter()
        connection.request("GET", path, headers={"Cookie": f"sessionid={session}", **headers})
        response = connection.getresponse()
        response.read()
        times.append(1000 * (time.perf_counter() - began))
        if response.status != 200:
            raise RuntimeError(f"{path}: {response.status}")
    connection.close()
    return times[2:]


def paint_ms(url: str, session: str, runs: int) -> list[float]:
    """First paints of the library, each in a browser context that has seen nothing yet."""
    times = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        for _ in range(runs):
            context = browser.new_context(viewport={"width": 1440, "height": 900})
            context.add_cookies([{"name": "sessionid", "value": session, "url": url}])
            page = context.new_page()
            page.goto(url)
            times.append(float(page.evaluate(PAINT)))
            context.close()
        browser.close()
    return times


def measure(environment: dict[str, str], videos: int, runs: int) -> dict[str, list[float]]:
    """Fill a library and time it."""
    manage(environment, "migrate", "--verbosity", "0")
    manage(environment, "collectstatic", "--no-input", "--verbosity", "0")
    session = manage(environment, "shell", "-v", "0", "-c", MAKE_PERSON).splitlines()[-1]
    manage(environment, "make_library", str(videos), "--owner", "chief")
    collection = manage(environment, "shell", "-v", "0", "-c", FIND_COLLECTION).splitlines()[-1]
    last = videos // 48
    pages = {
        "library": "/",
        "search, two words": "/?q=guardian+sniper",
        "search, nothing found": "/?q=guardian+xyzzy",
        "filter: state": "/?state=failed",
        "filter: two tags": "/?tag=lan&tag=sniper",
        "filter: collection": f"/?collection={collection}",
        "everything at once": "/?q=a&game=halo3&state=done&size=480&year=2007&tag=sniper&sort=largest",
        "deep page": f"/?page={last}",
        "deep page by length": f"/?sort=longest&page={last}",
        "as a list": "/?view=list",
    }
    with web(environment) as url:
        found = {name: request_ms(url, path, session, runs) for name, path in pages.items()}
        typed = request_ms(url, pages["search, two words"], session, runs, **{"HX-Request": "true"})
        found["search while typing"] = typed
        found["first paint"] = paint_ms(url, session, runs)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description="The library with thousands of videos.")
    parser.add_argument("--videos", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--postgres", action="store_true", help="on a PostgreSQL server instead of SQLite")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything there too")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        data = stack.enter_context(tempfile.TemporaryDirectory(prefix="library-"))
        environment = os.environ | {"HALOWEB_DATA": data}
        if options.postgres:
            environment["HALOWEB_DATABASE"] = stack.enter_context(postgres()).url
        found = measure(environment, options.videos, options.runs)
    print(f"{options.videos:,} videos, {'PostgreSQL' if options.postgres else 'SQLite'}, {options.runs} runs each\n")
    print("| page | ms, median | slowest |\n|---|---|---|")
    for name, times in found.items():
        print(f"| {name} | {statistics.median(times):.0f} | {max(times):.0f} |")
    if options.json:
        options.json.write_text(json.dumps({"machine": machine(), **found}, indent=2))
    most = {name: MOST_PAINT_MS if name == "first paint" else MOST_MS for name in found}
    return 0 if all(statistics.median(times) <= most[name] for name, times in found.items()) else 1


if __name__ == "__main__":
    raise SystemExit(main())

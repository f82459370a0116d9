"""Does the web app cost time? One clip through script/upscale, and through a whole server, from upload to published.

    python benchmarks/web.py CLIP [--frames 300] [--runs 1] [--json FILE]

The server is that of script/server, with its workers and an empty library. The clip is dropped into Chromium, whose tab
is then closed, because it would compete for the same cores; what is timed ends when the job's page would say "Done".
Both take the precision and the preset that people get without asking.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

from measure import ROOT, machine, make_source, run, upscale_command

sys.path.insert(0, str(ROOT))

from playwright.sync_api import Browser, sync_playwright

from tests.e2e.conftest import CHROMIUM, set_up
from tests.e2e.server import running_server

MOST_SHARE = 1.10
POLL_SECONDS = 0.5


def by_web(browser: Browser, clip: Path) -> float:
    """Seconds from the choice of the file to the finished job, on a server that has just been started."""
    with running_server() as server:
        context = browser.new_context(base_url=server.url)
        page = context.new_page()
        set_up(page, server)
        page.goto("/upload/")
        began = time.monotonic()
        page.locator("#files").set_input_files(clip)
        page.locator(".upload.whole").wait_for(timeout=60_000)
        page.get_by_role("link", name="Open").click()
        job = page.locator("#jobs a").first
        job.wait_for(timeout=60_000)
        address = job.get_attribute("href")
        page.close()
        while (state := context.request.get(f"{address}status.json").json()["state"]) != "done":
            if state in ("failed", "cancelled"):
                raise RuntimeError(f"the job is {state}")
            time.sleep(POLL_SECONDS)
        seconds = time.monotonic() - began
        context.close()
    return seconds


def main() -> int:
    parser = argparse.ArgumentParser(description="The web app against script/upscale.")
    parser.add_argument("clip", type=Path)
    parser.add_argument("--frames", type=int, default=300, help="length of the clip that is made from CLIP")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything there too")
    options = parser.parse_args()
    alone: list[float] = []
    web: list[float] = []
    with tempfile.TemporaryDirectory(prefix="web-") as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        clip = make_source(options.clip, Path(folder, "clip.avi"), options.frames)
        for _ in range(options.runs):
            alone.append(run(upscale_command(clip, Path(folder, "out.mp4"), "--force")).seconds)
            web.append(by_web(browser, clip))
            print(f"script/upscale {alone[-1]:.1f} s, web {web[-1]:.1f} s", file=sys.stderr)
        browser.close()
    share = statistics.median(web) / statistics.median(alone)
    print(f"{options.clip.name}, {options.frames} frames, {options.runs} runs each, in turns\n")
    print("| what | seconds, median (all) |\n|---|---|")
    for name, runs in (("script/upscale", alone), ("web, from upload to published", web)):
        print(f"| {name} | {statistics.median(runs):.1f} ({', '.join(f'{one:.1f}' for one in runs)}) |")
    print(f"\nThe web app takes {share - 1:+.1%} (at most {MOST_SHARE - 1:+.0%} is promised)")
    if options.json:
        options.json.write_text(json.dumps({"machine": machine(), "alone": alone, "web": web}, indent=2))
    return 0 if share <= MOST_SHARE else 1


if __name__ == "__main__":
    raise SystemExit(main())

"""Files dropped onto a page of the app, and what came of them on the server."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.clips import FOOTAGE, make_clip
from tests.e2e.server import Server

CORPUS = (
    "cinepak_240x180_10_pcm8.avi", "mpeg4_319x237_odd.avi", "spark_320x240_30_mp3.flv", "svq1_320x240_15_ima.mov",
    "wmv2_320x240_15_wma.wmv",
)  # fmt: skip
ROW = "li.upload"


def folder_of_five(tmp_path: Path, prefix: str) -> Path:
    """Five videos, two of them in a folder of their own, and two files that are none."""
    folder = tmp_path / "old days"
    (folder / "more").mkdir(parents=True)
    for number, name in enumerate(CORPUS):
        target = (folder / "more" if number > 2 else folder) / f"{prefix} {name}"
        if (FOOTAGE / "old" / name).is_file():
            shutil.copyfile(FOOTAGE / "old" / name, target)
        else:
            make_clip(target.with_suffix(".avi"), frames=60 + number, size="320x240")
    (folder / "readme.txt").write_text("by me")
    (folder / "more" / "cover.jpg").write_bytes(b"a picture")
    return folder


def drop(page: Page, *paths: Path) -> None:
    """As a hand drags files from the desktop: over the page, and let go."""
    client = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver"):
        client.send("Input.dispatchDragEvent", {"type": kind, "x": 200, "y": 200, "data": data})
    expect(page.locator("#drop-overlay")).to_be_visible()
    client.send("Input.dispatchDragEvent", {"type": "drop", "x": 200, "y": 200, "data": data})
    expect(page.locator("#drop-overlay")).to_be_hidden()
    client.detach()


def arrived(server: Server, prefix: str) -> list[tuple[str, str]]:
    """Names and sums of what the server has measured."""
    with sqlite3.connect(server.data / "haloweb.sqlite3", timeout=20) as database:
        return database.execute(
            "select original_name, sha256 from upscaler_video where original_name like ? order by 1", (f"{prefix}%",)
        ).fetchall()


def wait_for(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not come to be"
        time.sleep(0.1)


def open_tray(page: Page) -> None:
    """On a narrow screen it is folded at first."""
    fold = page.locator(".tray-toggle")
    if fold.get_attribute("aria-expanded") == "false":
        fold.click()


def dont_upscale(page: Page) -> None:
    """What these tests send is only to be counted."""
    page.goto("/preferences/")
    box = page.get_by_label("Upscale new videos after upload")
    if box.is_checked():
        box.uncheck()
        page.get_by_role("button", name="Save", exact=True).click()

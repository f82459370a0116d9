"""What is dropped arrives, over other pages, cut lines, a full disk and a server that was killed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import BrowserContext, expect

from tests.e2e.conftest import errors_of
from tests.e2e.dropping import ROW, arrived, dont_upscale, drop, folder_of_five, open_tray, wait_for
from tests.e2e.proxy import Proxy
from tests.e2e.server import Server

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [1440, 390])
def test_a_folder_arrives_whole_over_a_cut_line_and_other_pages(
    through: Callable[..., BrowserContext], proxy: Proxy, server: Server, tmp_path: Path, width: int
) -> None:
    prefix = f"at {width}"
    folder = folder_of_five(tmp_path, prefix)
    files = sorted(folder.rglob(f"{prefix}*"))
    page = through(viewport={"width": width, "height": 844}).new_page()
    errors = errors_of(page)
    dont_upscale(page)
    page.goto("/")
    proxy.bytes_a_second = max(sum(path.stat().st_size for path in files) // 16, 50_000)
    proxy.sent_up = 0

    drop(page, folder)
    expect(page.locator("#tray")).to_be_visible()
    open_tray(page)
    expect(page.locator(ROW)).to_have_count(6)
    expect(page.locator("li.upload[data-state=left]")).to_contain_text("readme.txt")
    expect(page.locator("li.upload[data-state=left]")).to_contain_text("cover.jpg")
    names = [name for name in page.locator("li.upload .name").all_text_contents() if name.startswith(prefix)]
    assert sorted(names) == sorted(path.name for path in files)

    wait_for(lambda: proxy.sent_up > 300_000)
    page.goto("/queue/")
    proxy.cut()
    expect(page.locator(".tray-status")).to_contain_text("can't be reached", timeout=40_000)
    proxy.mend()
    page.goto("/models/")
    sent = proxy.sent_up
    wait_for(lambda: proxy.sent_up > sent + 200_000)
    page.goto("/workers/")
    proxy.bytes_a_second = 0
    expect(page.locator(".tray-status")).to_have_text("5 uploaded", timeout=60_000)

    expected = [(path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in files]
    wait_for(lambda: all(digest for _, digest in arrived(server, prefix)))
    assert arrived(server, prefix) == sorted(expected)
    assert not errors
    assert page.evaluate("document.documentElement.scrollWidth") <= width

    page.locator("li.upload.whole .open").first.click()
    expect(page.locator("#main h1")).to_contain_text(prefix)
    page.get_by_role("button", name="Clear finished").click()
    expect(page.locator("#tray")).to_be_hidden()


def test_while_the_disk_of_the_server_is_full_it_waits_and_says_so(
    through: Callable[..., BrowserContext], server: Server, tmp_path: Path
) -> None:
    clip = tmp_path / "full disk.avi"
    clip.write_bytes(bytes(1024**2))
    page = through().new_page()
    page.goto("/workers/")
    full = "The server's disk is full. The upload resumes automatically when there is space."
    page.route("**/uploads/*-*", lambda route: route.fulfill(status=507, body=full, headers={"Tus-Resumable": "1.0.0"}))

    drop(page, clip)

    expect(page.locator("li.upload .status")).to_have_text(full)
    page.unroute_all()
    expect(page.locator(".tray-status")).to_have_text("1 uploaded", timeout=40_000)
    assert len(arrived(server, "full disk")) == 1


def test_a_line_that_is_dead_is_left_when_the_browser_has_another(
    through: Callable[..., BrowserContext], proxy: Proxy, server: Server, tmp_path: Path
) -> None:
    clip = tmp_path / "dead line.avi"
    clip.write_bytes(bytes(12 * 1024**2))
    page = through().new_page()
    page.goto("/workers/")
    proxy.bytes_a_second = 4 * 1024**2
    drop(page, clip)
    wait_for(lambda: proxy.sent_up > 1024**2)
    proxy.freeze()
    proxy.bytes_a_second = 0

    page.evaluate("dispatchEvent(new Event('online'))")

    expect(page.locator(".tray-status")).to_have_text("1 uploaded", timeout=60_000)
    assert len(arrived(server, "dead line")) == 1


def test_it_goes_on_after_the_server_was_killed_and_came_back(
    through: Callable[..., BrowserContext], proxy: Proxy, server: Server, tmp_path: Path
) -> None:
    clip = tmp_path / "killed server.avi"
    clip.write_bytes(os.urandom(30 * 1024**2))
    page = through().new_page()
    page.goto("/workers/")
    proxy.bytes_a_second = 8 * 1024**2
    offsets: list[int] = []
    page.on(
        "request",
        lambda request: offsets.append(int(request.headers["upload-offset"])) if request.method == "PATCH" else None,
    )
    drop(page, clip)
    wait_for(lambda: proxy.sent_up > 12 * 1024**2)
    for process in psutil.process_iter(["ppid", "cmdline"]):
        if process.info["ppid"] == server.process.pid and "uvicorn" in (process.info["cmdline"] or ()):
            process.kill()
    expect(page.locator(".tray-status")).to_have_text("1 uploaded", timeout=90_000)
    assert offsets.count(0) == 1, "it went on where it was"
    wait_for(lambda: all(digest for _, digest in arrived(server, "killed server")))
    assert arrived(server, "killed server") == [(clip.name, hashlib.sha256(clip.read_bytes()).hexdigest())]

"""The queue of uploads in a real browser: it goes on over other pages, breaks and closed tabs, and is one person's."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.clips import FOOTAGE, make_clip
from tests.e2e.conftest import PASSWORD, errors_of
from tests.e2e.proxy import Proxy, running_proxy
from tests.e2e.server import Server

pytestmark = pytest.mark.browser

CORPUS = (
    "cinepak_240x180_10_pcm8.avi", "mpeg4_319x237_odd.avi", "spark_320x240_30_mp3.flv", "svq1_320x240_15_ima.mov",
    "wmv2_320x240_15_wma.wmv",
)  # fmt: skip
ROW = "li.upload"


@pytest.fixture
def proxy(server: Server) -> Iterator[Proxy]:
    with running_proxy(server.url) as proxy:
        yield proxy


@pytest.fixture
def through(browser: Browser, proxy: Proxy, owner_state: dict) -> Iterator[Callable[..., BrowserContext]]:  # type: ignore[type-arg]
    """Browsers of the owner behind the line that can be cut."""
    made: list[BrowserContext] = []

    def make(**values: object) -> BrowserContext:
        state = {"storage_state": owner_state, "base_url": proxy.url}
        made.append(browser.new_context(**state | values))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for context in made:
        context.close()


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
    expect(page.locator("#veil")).to_be_visible()
    client.send("Input.dispatchDragEvent", {"type": "drop", "x": 200, "y": 200, "data": data})
    expect(page.locator("#veil")).to_be_hidden()
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
    fold = page.locator(".tray-fold")
    if fold.get_attribute("aria-expanded") == "false":
        fold.click()


def dont_upscale(page: Page) -> None:
    """What these tests send is only to be counted."""
    page.goto("/preferences/")
    box = page.get_by_label("Upscale new videos as soon as they are uploaded")
    if box.is_checked():
        box.uncheck()
        page.get_by_role("button", name="Save", exact=True).click()


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
    page.wait_for_function("indexedDB.databases().then((all) => all.length > 0)")
    proxy.cut()
    expect(page.locator(".tray-says")).to_contain_text("can't be reached", timeout=40_000)
    proxy.mend()
    page.goto("/models/")
    sent = proxy.sent_up
    wait_for(lambda: proxy.sent_up > sent + 200_000)
    page.goto("/workers/")
    proxy.bytes_a_second = 0
    expect(page.locator(".tray-says")).to_have_text("5 here", timeout=60_000)

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
    full = "The server's disk is full. The upload goes on by itself when there is room."
    page.route("**/uploads/*-*", lambda route: route.fulfill(status=507, body=full, headers={"Tus-Resumable": "1.0.0"}))

    drop(page, clip)

    expect(page.locator("li.upload .status")).to_have_text(full)
    page.unroute_all()
    expect(page.locator(".tray-says")).to_have_text("1 here", timeout=40_000)
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

    expect(page.locator(".tray-says")).to_have_text("1 here", timeout=60_000)
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
    web = [one for one in psutil.Process(server.process.pid).children(recursive=True) if "uvicorn" in one.cmdline()]
    for process in web:
        process.kill()
    expect(page.locator(".tray-says")).to_have_text("1 here", timeout=90_000)
    assert offsets.count(0) == 1, "it went on where it was"
    wait_for(lambda: all(digest for _, digest in arrived(server, "killed server")))
    assert arrived(server, "killed server") == [(clip.name, hashlib.sha256(clip.read_bytes()).hexdigest())]


def test_it_goes_on_in_a_new_tab_after_the_first_was_closed(
    through: Callable[..., BrowserContext], proxy: Proxy, server: Server, tmp_path: Path
) -> None:
    clip = tmp_path / "closed tab.avi"
    make_clip(clip, frames=30)
    with clip.open("ab") as file:
        file.write(bytes(20 * 1024**2))
    context = through()
    page = context.new_page()
    dont_upscale(page)
    page.goto("/")
    proxy.bytes_a_second = 8 * 1024**2
    drop(page, clip)
    wait_for(lambda: proxy.sent_up > 10 * 1024**2)
    page.close(run_before_unload=False)

    page = context.new_page()
    offsets: list[int] = []
    page.on(
        "request",
        lambda request: offsets.append(int(request.headers["upload-offset"])) if request.method == "PATCH" else None,
    )
    page.goto("/workers/")
    expect(page.locator(".tray-says")).to_have_text("1 here", timeout=60_000)
    assert offsets[0] >= 8 * 1024**2, "it did not begin again"
    assert len(arrived(server, "closed tab")) == 1


@pytest.mark.parametrize("locks", ["with locks", "without locks"])
def test_two_tabs_send_a_file_once_and_both_show_it(
    through: Callable[..., BrowserContext], proxy: Proxy, server: Server, tmp_path: Path, locks: str
) -> None:
    clip = tmp_path / f"two tabs {locks}.avi"
    clip.write_bytes(bytes(12 * 1024**2))
    context = through()
    if locks == "without locks":  # and without a word on room, as a browser has it over plain HTTP
        for name in ("locks", "storage"):
            context.add_init_script(f"Object.defineProperty(navigator, '{name}', {{ value: undefined }})")
    one, other = context.new_page(), context.new_page()
    sent: list[str] = []
    for name, page in (("one", one), ("other", other)):
        page.on("request", lambda request, name=name: sent.append(name) if request.method == "PATCH" else None)
        page.goto("/workers/")
    proxy.bytes_a_second = 4 * 1024**2
    drop(one, clip)
    for page in (one, other):
        expect(page.locator("li.upload .status")).to_contain_text("/s", timeout=20_000)
    one.close()
    expect(other.locator(".tray-says")).to_have_text("1 here", timeout=60_000)
    assert len(arrived(server, f"two tabs {locks}")) == 1
    assert sent == sorted(sent), "the second began when the first had gone"


def test_pause_resume_cancel_and_a_file_that_is_wrong(
    through: Callable[..., BrowserContext], proxy: Proxy, server: Server, tmp_path: Path
) -> None:
    for name in ("a held.avi", "b cancelled.avi"):
        (tmp_path / name).write_bytes(bytes(6 * 1024**2))
    (tmp_path / "c empty.avi").touch()
    page = through().new_page()
    dont_upscale(page)
    proxy.bytes_a_second = 512 * 1024
    drop(page, tmp_path / "a held.avi", tmp_path / "b cancelled.avi", tmp_path / "c empty.avi")
    expect(page.locator("li.upload.wrong")).to_contain_text("The file is empty.")

    page.get_by_role("button", name="Cancel b cancelled.avi").click()
    page.get_by_role("button", name="Pause a held.avi").click()
    expect(page.locator(".tray-says")).to_have_text("1 not sent, 1 paused")
    page.reload()
    expect(page.locator(".tray-says")).to_have_text("1 not sent, 1 paused")
    page.get_by_role("button", name="Remove c empty.avi").click()
    proxy.bytes_a_second = 0
    page.get_by_role("button", name="Resume all").click()
    expect(page.locator(".tray-says")).to_have_text("1 here", timeout=60_000)
    assert len(arrived(server, "a held")) == 1
    assert arrived(server, "b cancelled") == []


def test_a_file_that_the_browser_can_not_keep_is_sent_from_its_page(
    through: Callable[..., BrowserContext], proxy: Proxy, server: Server, tmp_path: Path
) -> None:
    clip = tmp_path / "no room.avi"
    clip.write_bytes(bytes(6 * 1024**2))
    context = through()
    page = context.new_page()
    page.goto("/workers/")
    client = context.new_cdp_session(page)
    client.send("Storage.overrideQuotaForOrigin", {"origin": proxy.url, "quotaSize": 2 * 1024**2})
    proxy.bytes_a_second = 1024**2
    drop(page, clip)
    expect(page.locator("li.upload .status")).to_contain_text("this page has to stay open")

    page.locator("h1").click()  # a browser asks only where somebody has done something
    with page.expect_event("dialog") as asked:
        page.close(run_before_unload=True)
    assert asked.value.type == "beforeunload"
    asked.value.dismiss()

    proxy.bytes_a_second = 0
    expect(page.locator(".tray-says")).to_have_text("1 here", timeout=60_000)
    assert len(arrived(server, "no room")) == 1


def test_one_that_was_lost_with_its_page_says_so_and_goes_on_when_chosen_again(
    through: Callable[..., BrowserContext], proxy: Proxy, server: Server, tmp_path: Path
) -> None:
    clip = tmp_path / "lost.avi"
    clip.write_bytes(bytes(20 * 1024**2))
    context = through()
    page = context.new_page()
    page.goto("/workers/")
    client = context.new_cdp_session(page)
    client.send("Storage.overrideQuotaForOrigin", {"origin": proxy.url, "quotaSize": 2 * 1024**2})
    proxy.bytes_a_second = 8 * 1024**2
    drop(page, clip)
    wait_for(lambda: proxy.sent_up > 12 * 1024**2)
    page.close(run_before_unload=False)
    proxy.bytes_a_second = 0

    page = context.new_page()
    offsets: list[int] = []
    page.on(
        "request",
        lambda request: offsets.append(int(request.headers["upload-offset"])) if request.method == "PATCH" else None,
    )
    page.goto("/upload/")
    expect(page.locator("li.upload.wrong")).to_contain_text("Choose it again")
    page.locator("#files").set_input_files(clip)
    expect(page.locator("li.upload.whole")).to_be_visible(timeout=60_000)
    assert offsets[0] >= 8 * 1024**2, "it went on where it was"
    assert len(arrived(server, "lost")) == 1


def test_nobody_else_sends_it(
    through: Callable[..., BrowserContext], proxy: Proxy, server: Server, tmp_path: Path
) -> None:
    clip = tmp_path / "mine.avi"
    clip.write_bytes(bytes(12 * 1024**2))
    context = through()
    page = context.new_page()
    page.goto("/admin/upscaler/user/add/")
    page.locator("#id_username").fill("arbiter")
    page.locator("#id_password1").fill(PASSWORD)
    page.locator("#id_password2").fill(PASSWORD)
    page.locator("[name=_save]").click()
    page.goto("/workers/")
    proxy.bytes_a_second = 1024**2
    drop(page, clip)
    wait_for(lambda: proxy.sent_up > 1024**2)

    other = context.new_page()
    other.goto("/workers/")
    other.get_by_label("Your account").click()
    other.get_by_role("button", name="Log out").click()
    expect(other.get_by_role("button", name="Log in")).to_be_visible()
    expect(other.locator("#tray")).to_have_count(0)
    expect(page.locator("li.upload .status")).to_contain_text("You are not logged in here", timeout=40_000)

    log_in(other, "arbiter")
    expect(other.locator("#tray")).to_be_hidden()
    with page.expect_response(lambda response: response.status == 401, timeout=40_000):
        pass
    expect(page.locator("li.upload .status")).to_contain_text("You are not logged in here")
    assert arrived(server, "mine") == []

    other.get_by_label("Your account").click()
    other.get_by_role("button", name="Log out").click()
    log_in(other, "chief")
    proxy.bytes_a_second = 0
    expect(other.locator(".tray-says")).to_have_text("1 here", timeout=60_000)
    assert len(arrived(server, "mine")) == 1


def log_in(page: Page, name: str) -> None:
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.goto("/workers/")

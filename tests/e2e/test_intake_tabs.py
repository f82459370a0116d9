"""The queue of uploads over several tabs, closed ones, browsers without room, and people."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Request, expect

from tests.clips import make_clip
from tests.e2e.conftest import PASSWORD
from tests.e2e.dropping import arrived, dont_upscale, drop, wait_for
from tests.e2e.proxy import Proxy
from tests.e2e.server import Server

pytestmark = pytest.mark.browser


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
    expect(page.locator(".tray-status")).to_have_text("1 uploaded", timeout=60_000)
    assert offsets[0] >= 8 * 1024**2, "it did not begin again"
    assert len(arrived(server, "closed tab")) == 1


def note_patch(sent: list[str], name: str, request: Request) -> None:
    if request.method == "PATCH":
        sent.append(name)


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
        page.on("request", partial(note_patch, sent, name))
        page.goto("/workers/")
    proxy.bytes_a_second = 4 * 1024**2
    drop(one, clip)
    for page in (one, other):
        expect(page.locator("li.upload .status")).to_contain_text("/s", timeout=20_000)
    one.close()
    expect(other.locator(".tray-status")).to_have_text("1 uploaded", timeout=60_000)
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
    expect(page.locator(".tray-status")).to_have_text("1 failed, 1 paused")
    page.reload()
    expect(page.locator(".tray-status")).to_have_text("1 failed, 1 paused")
    page.get_by_role("button", name="Remove c empty.avi").click()
    proxy.bytes_a_second = 0
    page.get_by_role("button", name="Resume all").click()
    expect(page.locator(".tray-status")).to_have_text("1 uploaded", timeout=60_000)
    assert len(arrived(server, "a held")) == 1
    assert arrived(server, "b cancelled") == []


def test_who_cancels_by_keyboard_goes_on_with_the_next_one(
    through: Callable[..., BrowserContext], proxy: Proxy, tmp_path: Path
) -> None:
    names = [f"key {number}.avi" for number in range(4)]
    for name in names:
        (tmp_path / name).write_bytes(bytes(1024**2))
    page = through().new_page()
    page.goto("/workers/")
    proxy.bytes_a_second = 16 * 1024
    drop(page, *(tmp_path / name for name in names))
    expect(page.locator("li.upload")).to_have_count(4)
    for name, following in pairwise(names):
        page.get_by_role("button", name=f"Cancel {name}").press("Enter")
        expect(page.get_by_role("button", name=f"Pause {following}")).to_be_focused()
    page.get_by_role("button", name=f"Cancel {names[-1]}").click()
    expect(page.locator("#tray")).to_be_hidden()


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
    expect(page.locator("li.upload .status")).to_contain_text("keep this page open")

    page.locator("h1").click()  # a browser asks only where somebody has done something
    with page.expect_event("dialog") as asked:
        page.close(run_before_unload=True)
    assert asked.value.type == "beforeunload"
    asked.value.dismiss()

    proxy.bytes_a_second = 0
    expect(page.locator(".tray-status")).to_have_text("1 uploaded", timeout=60_000)
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
    expect(page.locator("li.upload.wrong")).to_contain_text("Choose the file again")
    page.locator("#files").set_input_files(clip)
    expect(page.locator("li.upload.whole")).to_be_visible(timeout=60_000)
    assert offsets[0] >= 8 * 1024**2, "it went on where it was"
    assert len(arrived(server, "lost")) == 1


def test_a_drop_after_the_log_in_expired_says_so(
    through: Callable[..., BrowserContext], server: Server, tmp_path: Path
) -> None:
    clip = tmp_path / "too late.avi"
    clip.write_bytes(bytes(1024))
    context = through()
    page = context.new_page()
    page.goto("/workers/")
    context.clear_cookies(name="sessionid")

    drop(page, clip)

    expect(page.locator(".tray-status")).to_have_text("You're logged out. Log in again, then add the files again.")
    expect(page.get_by_role("link", name="Log in again")).to_be_visible()
    assert arrived(server, "too late") == []


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
    expect(page.locator("li.upload .status")).to_contain_text("You're logged out", timeout=40_000)

    log_in(other, "arbiter")
    expect(other.locator("#tray")).to_be_hidden()
    with page.expect_response(lambda response: response.status == 401, timeout=40_000):
        pass
    expect(page.locator("li.upload .status")).to_contain_text("You're logged out")
    assert arrived(server, "mine") == []

    other.get_by_label("Your account").click()
    other.get_by_role("button", name="Log out").click()
    log_in(other, "intake_tabs")
    proxy.bytes_a_second = 0
    expect(other.locator(".tray-status")).to_have_text("1 uploaded", timeout=60_000)
    assert len(arrived(server, "mine")) == 1


def log_in(page: Page, name: str) -> None:
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.goto("/workers/")

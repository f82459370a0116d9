"""Uploads in a real browser: several at once, resumed after the tab was killed, refused in words."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, StorageState, expect

from tests.clips import make_clip
from tests.e2e.server import Server

pytestmark = pytest.mark.browser

CHUNK = 8 * 1024**2


@pytest.fixture
def long_file(tmp_path: Path) -> Path:
    """A real video of more than three chunks: what follows its frames is ballast."""
    clip = make_clip(tmp_path / "long one.avi", frames=30)
    with clip.open("ab") as file:
        file.write(os.urandom(3 * CHUNK + 12345))
    return clip


def test_an_upload_goes_on_after_its_tab_was_killed(context: BrowserContext, server: Server, long_file: Path) -> None:
    first = context.new_page()
    offsets: list[int] = []

    def let_two_chunks_through(route: Route) -> None:
        if route.request.method != "PATCH":
            return route.continue_()
        offsets.append(int(route.request.headers["upload-offset"]))
        if len(offsets) <= 2:
            return route.continue_()
        return route.abort()  # the tab dies while it tries again; one that is held would be let go with its tab

    first.route("**/uploads/*", let_two_chunks_through)
    first.goto("/upload/")
    first.get_by_text("Upscale after upload").click()
    with first.expect_request(lambda request: request.headers.get("upload-offset") == str(2 * CHUNK)):
        first.locator("#files").set_input_files(long_file)
    first.close(run_before_unload=False)

    second = context.new_page()
    resumed: list[int] = []
    second.on(
        "request",
        lambda request: resumed.append(int(request.headers["upload-offset"])) if request.method == "PATCH" else None,
    )
    second.goto("/upload/")
    second.locator(".upload.whole").wait_for()
    assert resumed[0] == 2 * CHUNK, "it began again where it was"

    second.get_by_role("link", name="Open").click()
    shown = second.locator(".facts .code")
    expect(shown).to_have_text(hashlib.sha256(long_file.read_bytes()).hexdigest())
    with sqlite3.connect(server.data / "haloweb.sqlite3") as database:
        stored = database.execute("select sha256 from upscaler_video where title = 'long one'").fetchall()
    assert stored == [(hashlib.sha256(long_file.read_bytes()).hexdigest(),)]


def test_several_files_go_up_at_once_each_with_its_bar(page: Page, tmp_path: Path) -> None:
    clips = [make_clip(tmp_path / name, frames=10) for name in ("one.avi", 'it\'s "two".avi', "%d.avi")]
    page.goto("/upload/")
    page.get_by_text("Upscale after upload").click()
    page.locator("#files").set_input_files(clips)
    expect(page.locator(".upload.whole")).to_have_count(3)
    page.goto("/")
    for title in ("one", 'it\'s "two"', "%d"):
        expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()


def test_a_phone_is_not_asked_to_drop(browser: Browser, server: Server, owner_state: StorageState) -> None:
    context = browser.new_context(storage_state=owner_state, base_url=server.url, has_touch=True, is_mobile=True)
    page = context.new_page()

    page.goto("/upload/")

    expect(page.locator("#dropzone strong")).to_have_text("Choose videos", use_inner_text=True)
    context.close()


def test_what_is_no_video_is_refused_in_one_sentence(page: Page, tmp_path: Path) -> None:
    text = tmp_path / "notes.avi"
    text.write_text("not a video")
    empty = tmp_path / "empty.avi"
    empty.touch()
    page.goto("/upload/")
    page.locator("#files").set_input_files(empty)
    expect(page.locator("li.upload.wrong .status")).to_contain_text("The file is empty.")
    page.locator("#files").set_input_files(text)
    page.get_by_role("link", name="Open").click()
    expect(page.get_by_role("alert")).to_contain_text("This isn't a video that HaloWeb can read.")

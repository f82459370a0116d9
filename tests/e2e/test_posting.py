"""A clip to post: made on the comparison's page and downloaded, on a desk and on a phone."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, StorageState, expect

from tests.e2e.axe import violations
from tests.e2e.conftest import errors_of, open_comparison, upload
from tests.e2e.layout_shift import ADDS_UP, MAX_SHIFT
from tests.e2e.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.network]


@pytest.fixture(scope="module")
def compared(browser: Browser, server: Server, owner_state: StorageState, small_clip: Path) -> str:
    """The address of the comparison of a clip of two seconds, with all that belongs to it."""
    context = browser.new_context(storage_state=owner_state, base_url=server.url)
    page = context.new_page()
    upload(page, small_clip)
    page.locator("#jobs a").click()
    open_comparison(page)
    address = page.url.split("?")[0]
    context.close()
    return address


@pytest.mark.parametrize(("width", "height", "form"), [(1440, 900, "Wipe"), (390, 844, "Side by side")])
def test_a_clip_is_made_and_downloaded(
    browser: Browser,
    owner_state: StorageState,
    compared: str,
    tmp_path: Path,
    width: int,
    height: int,
    form: str,
) -> None:
    context = browser.new_context(
        storage_state=owner_state,
        viewport={"width": width, "height": height},
        reduced_motion="reduce",
    )
    page = context.new_page()
    errors = errors_of(page)
    page.add_init_script(ADDS_UP)
    page.goto(f"{compared}?t=0.5")
    page.wait_for_function("() => document.querySelector('compare-player').frame === 15")

    page.get_by_role("button", name="Use this moment", exact=True).click()
    expect(page.get_by_label("Starts at")).to_have_value("0:00.50")
    page.get_by_label("Seconds").fill("1")
    page.get_by_label("Style", exact=True).select_option(form)
    page.get_by_role("button", name="Create clip").click()
    row = page.locator(".post").first
    expect(row).to_contain_text(f"{form}, 1 s from 0:0")
    expect(page.get_by_text("Added to the list.")).to_be_visible()
    page.evaluate("window.shifts = []")
    download = row.get_by_role("link", name="Download")
    expect(download).to_be_visible(timeout=60_000)
    shifts = page.evaluate("window.shifts")
    assert sum(value for value, _ in shifts) <= MAX_SHIFT, shifts

    with page.expect_download() as waited:
        download.click()
    assert waited.value.suggested_filename == f"small clip - {form.lower()}.mp4"
    path = tmp_path / "post.mp4"
    waited.value.save_as(path)
    assert frames_in(path) == 30
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width

    page.reload()
    expect(row).to_contain_text(form)
    row.get_by_role("button", name="Delete").click()
    page.locator("#confirm [value=yes]").click()
    expect(page.locator(".post")).to_have_count(0)
    assert page.evaluate("document.activeElement.id") == "post-title"
    assert not errors
    context.close()


def test_a_deletion_that_failed_is_asked_about_again(page: Page, compared: str) -> None:
    page.goto(compared)
    page.get_by_label("Seconds").fill("1")
    page.get_by_role("button", name="Create clip").click()
    row = page.locator(".post").first
    expect(row.get_by_role("link", name="Download")).to_be_visible(timeout=60_000)
    asked: list[str] = []

    def fail(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(status=503)

    page.route("**/posts/*/delete/", fail)
    delete, question = row.get_by_role("button", name="Delete"), page.locator("#confirm")
    delete.click()
    question.locator("[value=yes]").click()
    expect(page.locator("#post-status")).to_have_text("The server isn't responding. Try again in a moment.")

    delete.click()

    expect(question).to_be_visible()
    assert len(asked) == 1
    page.unroute("**/posts/*/delete/")
    question.locator("[value=yes]").click()
    expect(row).to_have_count(0)


def test_what_does_not_go_together_can_not_be_chosen(page: Page, compared: str) -> None:
    page.goto(compared)
    page.evaluate("document.cookie = `csrftoken=${'a'.repeat(32)}; path=/`")  # logged in again in another tab
    page.get_by_label("Maximum size").select_option("50 MB")
    page.get_by_label("File type").select_option("GIF")
    expect(page.get_by_label("Maximum size")).to_have_value("10")
    expect(page.get_by_label("With sound")).to_be_disabled()
    page.get_by_label("File type").select_option("MP4")
    expect(page.get_by_label("With sound")).to_be_enabled()

    page.get_by_label("Starts at").fill("9:00")
    page.get_by_role("button", name="Create clip").click()
    expect(page.get_by_text(re.compile("The result ends at 0:02"))).to_be_visible()
    page.get_by_role("button", name="Use this moment", exact=True).click()
    expect(page.get_by_label("Starts at")).not_to_have_value("9:00")
    expect(page.get_by_label("Starts at")).to_have_value(re.compile(r"^0:0\d\.\d\d$"))


def test_it_goes_without_scripts(browser: Browser, owner_state: StorageState, compared: str) -> None:
    context = browser.new_context(storage_state=owner_state, java_script_enabled=False)
    page = context.new_page()
    page.goto(compared)
    page.get_by_label("Style", exact=True).select_option("Before, then after")
    page.get_by_label("File type").select_option("Animated WebP")
    page.get_by_role("button", name="Create clip").click()
    expect(page.get_by_text("Before, then after, 2 s from 0:00, Animated WebP")).to_be_visible()
    context.close()


def frames_in(path: Path) -> int:
    command: list[str | Path] = ["ffprobe", "-v", "error", "-count_frames", "-select_streams", "v", "-show_streams"]
    command += ["-of", "json", path]
    found = json.loads(subprocess.check_output(command, timeout=60))
    return int(found["streams"][0]["nb_read_frames"])

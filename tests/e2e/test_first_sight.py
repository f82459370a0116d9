"""The first minute: the example of an empty library, and an upscale made elsewhere beside its original."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from tests.clips import ffmpeg
from tests.e2e.conftest import upload, wait_for_comparison
from tests.e2e.server import Server

pytestmark = pytest.mark.browser

LINK_PREVIEW = "document.querySelector('compare-player').stage.view.split"
PLAYS = "document.querySelector('compare-player').isPlaying"
LEVELS = """player => {
    const { canvas } = player;
    const context = canvas.getContext('2d');
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    return new Set(data.filter((value, at) => at % 404 === 0)).size;
}"""


@pytest.mark.parametrize(("width", "scheme"), [(1440, "dark"), (390, "light")])
def test_an_empty_library_plays_its_example_until_it_is_touched(
    browser: Browser, server: Server, owner_state: StorageState, width: int, scheme: Literal["dark", "light"]
) -> None:
    context = browser.new_context(
        storage_state=owner_state, base_url=server.url, viewport={"width": width, "height": 900}, color_scheme=scheme
    )
    page = context.new_page()
    page.goto("/")
    page.locator("compare-player").scroll_into_view_if_needed()
    page.wait_for_function(f"() => {PLAYS} && document.querySelector('compare-player').frame > 5")
    assert page.evaluate("document.querySelector('compare-player').moving.master.muted")
    assert page.locator("compare-player").evaluate(LEVELS) > 30, "the canvas shows pictures"
    before = page.evaluate(LINK_PREVIEW)
    page.wait_for_function(f"(before) => Math.abs({LINK_PREVIEW} - before) > 0.1", arg=before)
    assert page.evaluate("document.documentElement.scrollWidth") <= width

    page.locator("compare-player canvas").click(position={"x": 60, "y": 60})
    held = page.evaluate(LINK_PREVIEW)
    page.evaluate("new Promise((done) => setTimeout(done, 400))")
    assert page.evaluate(LINK_PREVIEW) == held
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    context.close()


def test_who_prefers_stillness_sees_a_still(browser: Browser, server: Server, owner_state: StorageState) -> None:
    context = browser.new_context(storage_state=owner_state, base_url=server.url, reduced_motion="reduce")
    page = context.new_page()
    page.goto("/")
    page.wait_for_function(f"() => ({LEVELS})(document.querySelector('compare-player')) > 30")
    assert not page.evaluate(PLAYS)
    assert page.evaluate(LINK_PREVIEW) == 0.5
    context.close()


def test_the_example_is_added_to_the_library(page: Page) -> None:
    page.goto("/preferences/")
    page.evaluate("document.querySelector('[name=auto_upscale]').checked = false")
    page.locator("form:has([name=auto_upscale]) button").first.click()
    page.goto("/")
    page.get_by_role("button", name="Add this video to your library").click()
    expect(page.get_by_role("heading", name="OpenArena, three seconds")).to_be_visible()
    expect(page.locator("#viewer video")).to_be_visible(timeout=60_000)
    page.goto("/")
    expect(page.locator(".first-sight")).to_have_count(0)


def test_an_upscale_made_elsewhere_is_compared(page: Page, small_clip: Path, tmp_path: Path) -> None:
    made = tmp_path / "topaz.mp4"
    ffmpeg("-i", small_clip, "-vf", "scale=256:192:flags=lanczos", "-c:v", "libx264", "-pix_fmt", "yuv420p", made)
    upload(page, small_clip)
    page.get_by_text("Import a result made elsewhere").click()
    page.get_by_label("Made with").fill("Topaz, 2024")
    page.get_by_label("File", exact=True).set_input_files(made)
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(page.locator("#import-status")).to_contain_text("Uploaded. HaloWeb is analysing the file")
    found = page.locator("#jobs .job", has_text="Topaz, 2024")
    expect(found.locator(".state")).to_have_text("Done", timeout=60_000)
    found.locator("a").click()
    wait_for_comparison(page)
    expect(page.locator(".thumb").nth(4)).to_be_visible()
    assert page.locator("compare-player").evaluate(LEVELS) > 30
    page.get_by_role("link", name="About this result").click()
    expect(page.get_by_role("heading", name="Result made elsewhere")).to_be_visible()

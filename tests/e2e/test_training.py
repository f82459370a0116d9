"""A run in Chromium: started, watched as its curve moves, scrubbed, published, used; paused, resumed and cancelled."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.clips import make_clip
from tests.e2e.conftest import set_up
from tests.e2e.dataset import make_dataset
from tests.e2e.server import Server, running_server

pytestmark = pytest.mark.browser

FRAMES = 24
PATIENCE = 240_000
"""Milliseconds: two processes load torch in this time, and train beside other tests."""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running_server() as started:
        yield started


@pytest.fixture(scope="module")
def page(browser: Browser, server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    folder = tmp_path_factory.mktemp("captures")
    captures = [
        make_clip(folder / f"{name}.avi", frames=FRAMES, size="256x192", sound=None) for name in ("wizard", "longest")
    ]
    context = browser.new_context(base_url=server.url, reduced_motion="reduce")
    page = context.new_page()
    set_up(page, server)
    make_dataset(server, "chief", captures, FRAMES)
    yield page
    context.close()


def start(page: Page, name: str, steps: int) -> None:
    page.goto("/training/")
    page.get_by_role("link", name="New run").first.click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Base model", exact=True).select_option(label="None: train from scratch")
    page.get_by_label("Network", exact=True).select_option(label="Custom: set under Advanced")
    page.get_by_label("How long").fill("1")
    page.get_by_label("Unit", exact=True).select_option("minutes")
    page.get_by_text("Advanced", exact=True).click()
    fields = {"Features": 4, "Blocks": 1, "Steps": steps, "Batch": 2, "Patch in pixels": 16}
    fields |= {"Degradations per burst": 2, "Samples per degradation": 12}
    for label, value in fields.items():
        page.get_by_label(label, exact=True).fill(str(value))
    page.get_by_role("button", name="Start run").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def picture(page: Page) -> Locator:
    return page.locator("#slider .after")


def test_a_run_is_watched_scrubbed_published_and_used(page: Page, server: Server) -> None:
    start(page, "first light", 600)
    expect(page.locator("#label")).to_have_text("Training", timeout=PATIENCE)
    expect(page.locator("#losses canvas")).to_be_visible(timeout=PATIENCE)
    first = page.locator("#count").inner_text()
    expect(page.locator("#count")).not_to_have_text(first, timeout=PATIENCE)
    expect(page.locator("#label")).to_have_text("Done", timeout=PATIENCE)
    expect(page.locator("#scores canvas")).to_be_visible()
    expect(page.locator("#score")).to_have_text(re.compile(r"\d\d\.\d\d dB"))
    expect(page.locator("#publish-step")).to_have_text("600")
    expect(picture(page)).to_have_attribute("src", re.compile("00000600.webp"))
    page.get_by_label("Truth").check(force=True)
    expect(page.locator("#slider .before")).to_have_attribute("src", re.compile("truth.webp"))
    expect(page.locator("#slider .tag.left")).to_have_text("Truth")

    expect(page.get_by_label("Name and version")).to_have_value("h1v1")
    page.get_by_label("Licence").fill("CC0-1.0")
    page.get_by_role("button", name="Publish").click()
    expect(page.locator("#versions")).to_contain_text("h1v1")
    page.get_by_role("button", name="Use it").click(timeout=PATIENCE)
    expect(page.get_by_text("New upscales use h1v1 by default.")).to_be_visible()
    expect(page.locator("#versions")).to_contain_text("Your default model")
    expect(page.get_by_label("Name and version")).to_have_value("h1v2")


def test_a_run_is_paused_resumed_scrubbed_and_cancelled(page: Page) -> None:
    start(page, "slow burn", 10_000_000)
    expect(page.locator("#label")).to_have_text("Training", timeout=PATIENCE)
    expect(page.locator("#losses canvas")).to_be_visible(timeout=PATIENCE)
    expect(page.locator("#count")).to_have_text(re.compile("^[1-9]"), timeout=PATIENCE)
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#label")).to_have_text("Paused")
    page.get_by_role("button", name="Resume").click()
    expect(page.locator("#label")).to_have_text("Training", timeout=PATIENCE)
    expect(page.locator("#log")).to_contain_text("Continues from step", timeout=PATIENCE)
    scrub = page.get_by_role("slider", name="Snapshot")
    expect(scrub).to_have_attribute("max", re.compile("[1-9]"), timeout=PATIENCE)
    newest = page.locator("#publish-step").inner_text()
    scrub.focus()
    page.keyboard.press("Home")
    expect(page.locator("#publish-step")).not_to_have_text(newest)
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Cancel run").click()
    expect(page.locator("#label")).to_have_text("Cancelled")
    page.get_by_role("button", name="Delete").click()
    page.locator("#confirm [value=yes]").click()
    expect(page.get_by_text("Deleted the run “slow burn”.")).to_be_visible()
    expect(page.locator(".run-row")).to_have_count(1)

"""Datasets, in the browser: a capture is uploaded and harvested, a frame is excluded, and a friend adds another."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import errors_of
from tests.e2e.server import Server
from tests.training.recordings import gliding, record

pytestmark = [pytest.mark.browser]

HARVEST_MS = 120_000


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two captures of 60 frames that differ."""
    folder = tmp_path_factory.mktemp("captures")
    return [record(folder / f"Run_{seed}.mkv", gliding(seed, 60, 160, 120)) for seed in (1, 2)]


def test_a_dataset_grows_by_its_owner_and_by_a_friend(
    page: Page, browser: Browser, server: Server, recordings: list[Path]
) -> None:
    page.goto("/datasets/")
    page.get_by_label("Name").fill("h1v1")
    page.get_by_role("button", name="Create").click()
    page.locator("#main[data-live=live]").wait_for()  # its scripts have loaded
    page.locator("#files").set_input_files(recordings[0])
    row = page.locator(".capture", has_text="Run 1")
    expect(row.locator(".label")).to_have_text("Ready", timeout=HARVEST_MS)
    expect(row.locator(".kept")).to_have_text("60")
    expect(page.locator("#missing")).to_contain_text("No capture is held out")
    dataset = page.url

    page.get_by_text("New capture link").click()
    page.locator("#new-link-licence").fill("CC0-1.0")
    page.locator("#new-link-max_captures").fill("1")
    page.get_by_role("button", name="Create link").click()
    link = page.locator(".share-url").input_value()

    exclude_frames(page)
    page.goto(dataset)
    expect(page.locator(".kept")).to_have_text("58")
    add_as_friend(browser, link, recordings[1])
    friends = page.locator(".capture", has_text="from Cortana")  # without a reload
    expect(friends.locator(".label")).to_have_text("Ready", timeout=HARVEST_MS)
    expect(friends).to_contain_text("Sidewinder")
    page.reload()
    expect(page.locator("#links")).to_contain_text("1 of 1 captures")


def exclude_frames(page: Page) -> None:
    """One by a click, one by the keyboard; what was excluded stays so."""
    page.locator(".capture a").click()
    frames = page.locator(".frame")
    expect(frames).to_have_count(60)
    assert page.evaluate("getComputedStyle(document.querySelector('.frame')).backgroundImage").endswith('.jpg?v=60")')
    frames.nth(3).click()
    expect(page.locator("#used")).to_have_text("59")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(page.locator("#used")).to_have_text("58")
    page.reload()
    expect(page.locator(".frame[aria-pressed=false]")).to_have_count(2)
    page.get_by_role("link", name="Your choices").click()
    expect(page.locator(".frame")).to_have_count(2)
    assert [frame.get_attribute("data-frame") for frame in page.locator(".frame").all()] == ["3", "4"]


def add_as_friend(browser: Browser, link: str, recording: Path) -> None:
    """In a browser without an account: the page asks for a name and the licence first."""
    context = browser.new_context()
    page = context.new_page()
    errors = errors_of(page)
    page.goto(link)
    page.locator("#files").set_input_files(recording)
    expect(page.locator("#wrong")).to_have_text("Enter your name.")
    page.get_by_label("Your name").fill("Cortana")
    page.get_by_label("Map").fill("Sidewinder")
    page.get_by_label("I made these captures").check()
    page.locator("#files").set_input_files(recording)
    expect(page.locator(".upload.whole")).to_contain_text("Uploaded. Thank you.")
    expect(page.locator("#wrong")).to_be_hidden()
    page.reload()
    expect(page.locator("h1")).to_have_text("This link has received all the captures that it accepts.")
    assert not errors
    context.close()

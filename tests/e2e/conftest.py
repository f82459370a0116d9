"""A real server and a real Chromium."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, expect, sync_playwright

from tests.clips import make_clip
from tests.e2e.proxy import Proxy, running_proxy
from tests.e2e.server import Server, running_server

CHROMIUM = "/usr/bin/chromium"
PASSWORD = "pillar-of-autumn"

expect.set_options(timeout=20_000)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Ends with the module: Playwright's event loop would be in the way of asyncio tests."""
    if not Path(CHROMIUM).exists() and shutil.which("chromium") is None:
        pytest.skip("chromium is not installed; script/bootstrap --tests installs it")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One for the tests of a module, with nobody and nothing in it."""
    with running_server() as server:
        yield server


@pytest.fixture(scope="module")
def owner_state(browser: Browser, server: Server) -> StorageState:
    """The cookies of the owner, whose account is made here."""
    context = browser.new_context()
    set_up(context.new_page(), server)
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def context(browser: Browser, server: Server, owner_state: StorageState) -> Iterator[BrowserContext]:
    """A browser in which the owner is logged in."""
    context = browser.new_context(storage_state=owner_state, base_url=server.url)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A tab whose errors fail the test."""
    page = context.new_page()
    errors = errors_of(page)
    yield page
    assert not errors


@pytest.fixture
def proxy(server: Server) -> Iterator[Proxy]:
    with running_proxy(server.url) as proxy:
        yield proxy


@pytest.fixture
def through(browser: Browser, proxy: Proxy, owner_state: StorageState) -> Iterator[Callable[..., BrowserContext]]:
    """Browsers of the owner behind the line that can be cut."""
    made: list[BrowserContext] = []

    def make(**values: Any) -> BrowserContext:
        made.append(browser.new_context(**{"storage_state": owner_state, "base_url": proxy.url} | values))
        return made[-1]

    yield make
    for context in made:
        context.close()


@pytest.fixture(scope="session")
def small_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of 64x48: rendered by the real network in a few seconds."""
    return make_clip(tmp_path_factory.mktemp("e2e") / "small clip.avi", frames=60, rate="30", size="64x48")


def errors_of(page: Page) -> list[str]:
    """A list that fills with the errors of the page's scripts."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    return errors


def set_up(page: Page, server: Server) -> None:
    """What a first visitor does."""
    page.goto(server.url)
    page.get_by_label("Set-up token").fill(server.token)
    page.get_by_label("Username").fill("chief")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Repeat password").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("heading", name="Old game videos, sharper")).to_be_visible()


def upload(page: Page, clip: Path) -> None:
    """Choose a file on the upload page, wait until it is there, and open its video."""
    page.goto("/upload/")
    page.locator("#files").set_input_files(clip)
    page.get_by_role("link", name=f"Open {clip.name}").click()


def open_comparison(page: Page) -> None:
    """Go from a job's page to its comparison, as soon as there is one, and wait until all of it is made."""
    page.get_by_role("link", name="Compare").click(timeout=300_000)
    wait_for_comparison(page)


def wait_for_comparison(page: Page) -> None:
    """The page loads itself anew when all is made: the load is waited for, as before it there is no player."""
    page.wait_for_url("**/compare/*")
    expect(page.locator("#preparing")).to_have_count(0, timeout=180_000)
    page.wait_for_load_state()
    expect(page.locator(".thumb").first).to_be_visible()


def play(page: Page, selector: str) -> dict[str, float]:
    """Play a video to its end; gives what the browser says of it."""
    video = page.locator(selector)
    return dict(
        video.evaluate(
            """async (video) => {
                video.muted = true;
                const ended = new Promise((resolve, reject) => {
                    video.onended = resolve;
                    video.onerror = () => reject(new Error(video.error?.message ?? "error"));
                    setTimeout(() => reject(new Error(`still at ${video.currentTime}`)), 40000);
                });
                await video.play();
                await ended;
                return {
                    width: video.videoWidth, height: video.videoHeight, seconds: video.duration,
                    frames: video.getVideoPlaybackQuality().totalVideoFrames,
                };
            }"""
        )
    )

"""A real server and a real Chromium."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, StorageState, expect, sync_playwright

from tests.clips import make_clip
from tests.e2e.proxy import Proxy, running_proxy
from tests.e2e.server import Server, running_server

CHROMIUM = "/usr/bin/chromium"
CHROMIUM_OPTIONS = ["--no-sandbox", "--disable-gpu"]
PASSWORD = "pillar-of-autumn"

# nothing that passes takes so long on a quiet machine; on a busy one it may
expect.set_options(timeout=60_000)
TIMEOUT_MS = 90_000


class Shared:
    """What the modules of this folder use one after the other: Playwright, a browser, and a server."""

    def __init__(self) -> None:
        self._open = contextlib.ExitStack()
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None
        self._server: Server | None = None

    def playwright(self) -> Playwright:
        if self._playwright is None:
            if not Path(CHROMIUM).exists():
                pytest.skip("chromium is not installed; script/bootstrap --tests installs it")
            self._playwright = self._open.enter_context(sync_playwright())
        return self._playwright

    def browser(self) -> Browser:
        if self._browser is None or not self._browser.is_connected():
            self._browser = self.playwright().chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_OPTIONS)
            self._open.callback(self._browser.close)
        return self._browser

    def server(self) -> Server:
        if self._server is None or self._server.process.poll() is not None:
            self._server = self._open.enter_context(running_server())
        return self._server

    def close(self) -> None:
        self._playwright = self._browser = self._server = None
        self._open.close()


SHARED = Shared()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """End what is shared behind the last module here: Playwright's event loop would be in the way of asyncio tests."""
    if nextitem is None or Path(__file__).parent not in nextitem.path.parents:
        SHARED.close()


def pytest_sessionfinish() -> None:
    SHARED.close()


@pytest.fixture(scope="module")
def browser() -> Browser:
    return SHARED.browser()


@pytest.fixture(scope="module")
def server() -> Server:
    """A server that modules share. Those that need an empty one, or other settings, have a fixture of their own."""
    return SHARED.server()


@pytest.fixture(scope="module")
def owner_name(request: pytest.FixtureRequest) -> str:
    """The name of an owner's account that is this module's alone."""
    return str(request.path.stem.removeprefix("test_"))


@pytest.fixture(scope="module")
def owner_state(server: Server, owner_name: str) -> StorageState:
    """The cookies of the owner, whose account is made here."""
    return server.log_in(owner_name, PASSWORD)


@pytest.fixture
def context(browser: Browser, server: Server, owner_state: StorageState) -> Iterator[BrowserContext]:
    """A browser in which the owner is logged in."""
    context = browser.new_context(storage_state=owner_state, base_url=server.url)
    context.set_default_timeout(TIMEOUT_MS)
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
        made[-1].set_default_timeout(TIMEOUT_MS)
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
    """Choose a file on the upload page, wait until it is there, and open its video. The page waits for work."""
    page.set_default_timeout(TIMEOUT_MS)
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

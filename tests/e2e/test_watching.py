"""What is rendered of a job plays while the rest is rendered, and its card plays a sweep of it afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.clips import make_clip
from tests.e2e.conftest import errors_of, upload
from tests.e2e.server import Server, running_server

pytestmark = [pytest.mark.browser, pytest.mark.network]

HEIGHT = "player => player.getBoundingClientRect().height"

FIRST_PART_SECONDS = 2


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """With short segments, of two seconds: the first is there soon."""
    with running_server(HALOWEB_SEGMENT_FRAMES="60") as server:
        yield server


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixteen seconds, that take longer to be rendered than to be looked at."""
    return make_clip(tmp_path_factory.mktemp("watching") / "Lockout.avi", frames=480, rate="30", size="128x96")


def complaints(page: Page) -> list[str]:
    """Errors of scripts, and of what the content security policy forbade."""
    found = errors_of(page)
    page.on("console", lambda message: found.append(message.text) if "Content Security" in message.text else None)
    return found


def watch(page: Page, seconds: float) -> None:
    """Press the button, and look until so much was played."""
    page.get_by_role("button", name="Watch").click()
    plays_to(page, seconds)


def plays_to(page: Page, seconds: float) -> None:
    page.wait_for_function(
        "(seconds) => document.querySelector('#watch video').currentTime >= seconds", arg=seconds, timeout=90_000
    )
    shown = page.locator("#watch video").evaluate("(video) => [video.videoWidth, video.videoHeight]")
    assert shown == [512, 384]


def test_a_job_is_watched_while_it_renders(
    browser: Browser, server: Server, context: BrowserContext, page: Page, clip: Path
) -> None:
    said = complaints(page)
    upload(page, clip)
    page.locator("#jobs a").click()
    expect(page.get_by_text("Available once the first segment is rendered.")).to_be_visible()
    expect(page.get_by_role("button", name="Watch")).to_be_disabled()
    page.wait_for_load_state()  # with its styles
    height = page.locator("#watch").evaluate(HEIGHT)

    expect(page.get_by_role("button", name="Watch")).to_be_enabled(timeout=90_000)
    expect(page.locator("#label")).to_have_text("Upscaling")
    assert page.locator("#watch").evaluate(HEIGHT) == height
    page.route("**/live.m3u8", lambda route: route.abort())
    for _ in range(2):  # then the player gives up
        with page.expect_event("requestfailed", lambda request: request.url.endswith("live.m3u8")):
            if page.locator("#watch-stage").is_hidden():
                page.get_by_role("button", name="Watch").click()
    page.unroute_all()
    plays_to(page, 0.5)  # with the next part that is told of
    plays_to(page, FIRST_PART_SECONDS + 0.5)
    assert page.locator("#label").inner_text() == "Upscaling", "it went on with a part that came while it played"

    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#label")).to_have_text("Paused")
    page.get_by_text("Options for the new link").click()
    page.get_by_label("Show progress while rendering").check()
    page.get_by_role("button", name="Create link").click()
    link = page.locator(".share-url").first.input_value()
    visitors = browser.new_context(viewport={"width": 390, "height": 844})
    visitor = visitors.new_page()
    said_to_visitor = complaints(visitor)
    visitor.goto(link)
    watch(visitor, FIRST_PART_SECONDS + 0.5)
    assert visitor.evaluate("document.documentElement.scrollWidth <= innerWidth")

    page.get_by_role("button", name="Resume").click()
    watch(page, 0.5)
    expect(page.locator("#label")).to_have_text("Done", timeout=120_000)
    expect(page.locator("#result")).to_be_visible()
    expect(page.locator("#watch")).to_have_count(0)
    page.wait_for_function("() => document.querySelector('#result').currentTime > 0.5")
    expect(visitor.locator("compare-player")).to_be_visible()
    visitors.close()
    assert not said + said_to_visitor


def test_afterwards_its_card_plays_a_sweep_under_the_mouse(page: Page) -> None:
    page.goto("/")
    for _ in range(60):
        if page.locator("[data-hover]").count():
            break
        page.wait_for_timeout(500)
        page.reload()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/media/" in request.url else None)

    page.locator(".card").hover()
    page.wait_for_function("() => document.querySelector('.card .sweep')?.currentTime > 0.3")
    assert len(set(asked)) == 1
    page.mouse.move(2, 2)
    page.locator(".card > a").evaluate("(link) => link.blur()")
    expect(page.locator(".sweep")).to_have_count(0)

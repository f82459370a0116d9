"""The whole way of a stranger: set up, upload, watch, play, compare, share, revoke."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, WebSocket, expect

from tests.clips import FOOTAGE
from tests.e2e.conftest import errors_of, play, set_up, upload
from tests.e2e.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.network]


@pytest.fixture(scope="module")
def clip(small_clip: Path) -> Path:
    """The smallest clip of the corpus, or one that is made where there is none."""
    real = FOOTAGE / "old" / "cinepak_240x180_10_pcm8.avi"
    return real if real.is_file() else small_clip


def test_a_clip_goes_in_and_a_comparison_comes_out(browser: Browser, server: Server, clip: Path) -> None:
    context = browser.new_context(base_url=server.url)
    page = context.new_page()
    errors = errors_of(page)
    polled: list[str] = []
    page.on("request", lambda request: polled.append(request.url) if "status.json" in request.url else None)
    heard: list[dict] = []
    page.on("websocket", lambda socket: _listen(socket, heard))

    set_up(page, server)
    assert page.request.get("/setup/").status == 404, "the set-up is closed for good"

    upload(page, clip)
    page.locator("#jobs a").click()
    expect(page.locator("#main")).to_have_attribute("data-live", "live")

    # it moves, by the websocket alone
    expect(page.locator("#frame")).not_to_have_text("0", timeout=60_000)
    expect(page.locator("#frames")).to_be_visible()
    before, after = (
        page.locator(f"#slider .{side}").evaluate(
            """async (image) => {
                while (!image.naturalWidth) await new Promise(requestAnimationFrame);
                return [image.src, image.naturalWidth];
            }"""
        )
        for side in ("before", "after")
    )
    assert before[0] != after[0]
    assert after[1] == 4 * before[1] > 0

    expect(page.locator("#label")).to_have_text("Done", timeout=120_000)
    kinds = [message["payload"]["kind"] for message in heard]
    assert {"progress", "pair", "finished"} <= set(kinds)
    frames = [message["payload"]["frame"] for message in heard if message["payload"]["kind"] == "progress"]
    assert frames == sorted(frames)
    assert len(set(frames)) > 2
    job_id = re.search(r"/jobs/([^/]+)/", page.url)
    assert job_id
    assert not [url for url in polled if job_id[1] in url], "the job page polled although its websocket was up"

    played = play(page, "#result")
    total = int(page.locator("#bar").get_attribute("max") or 0)
    assert played["frames"] >= total - 1
    assert played["width"] == after[1]

    page.get_by_role("link", name="Compare").click()
    expect(page.locator(".thumb").nth(4)).to_be_visible()
    _drag_the_slider(page)
    page.locator(".thumb").nth(3).click()
    expect(page.locator("#stage .after")).to_have_attribute(
        "src", page.locator(".thumb").nth(3).get_attribute("data-after") or ""
    )
    assert play(page, "#video-before")["frames"] >= total - 1

    page.get_by_role("button", name="Make a link").click()
    link = page.locator(".share-url").input_value()

    stranger = browser.new_context()
    visit = stranger.new_page()
    visit.goto(link)
    expect(visit.get_by_role("heading", name="Before and after")).to_be_visible()
    assert visit.locator("#stage .after").evaluate("async i => { await i.decode(); return i.naturalWidth }") == after[1]
    assert play(visit, "#video-after")["frames"] >= total - 1
    text = visit.content()
    assert clip.stem not in text
    assert "chief" not in text
    picture = visit.locator("#stage .after").evaluate("i => i.src")
    film = visit.locator("#video-after").evaluate("v => v.currentSrc")

    page.get_by_role("button", name="Revoke").click()
    page.locator("#confirm").get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("The link no longer works.")).to_be_visible()
    for url in (link, picture, film):
        assert stranger.request.get(url).status == 404, url
    assert not errors
    stranger.close()
    context.close()


def _drag_the_slider(page: Page) -> None:
    stage = page.locator("#stage")
    stage.evaluate("() => customElements.whenDefined('compare-slider').then(() => true)")
    box = stage.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + 40, steps=4)
    page.mouse.up()
    split = stage.evaluate("s => parseFloat(s.style.getPropertyValue('--split'))")
    assert 20 < split < 30


def _listen(socket: WebSocket, heard: list[dict]) -> None:
    if "/ws/jobs/" in socket.url:
        socket.on("framereceived", lambda frame: heard.append(json.loads(frame)))

"""The whole way of a stranger: set up, upload, watch, play, compare, share, revoke."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, WebSocket, expect

from tests.clips import FOOTAGE
from tests.e2e.conftest import errors_of, open_comparison, play, set_up, upload
from tests.e2e.server import Server, running_server

pytestmark = [pytest.mark.browser, pytest.mark.network]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server that nobody has set up."""
    with running_server() as server:
        yield server


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
    heard: list[dict[str, Any]] = []
    page.on("websocket", lambda socket: _listen(socket, heard))

    set_up(page, server)
    assert page.request.get("/setup/").status == 404, "the set-up is closed for good"

    upload(page, clip)
    page.locator("#jobs a").click()
    expect(page.locator("#main")).to_have_attribute("data-live", "live")

    # it moves, by the websocket alone
    expect(page.locator("#frame")).not_to_have_text("0", timeout=60_000)
    expect(page.locator("#pair-frame")).to_have_text(re.compile(r"\d"))
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
    for _ in range(100):
        kinds = {message["payload"]["kind"] for message in heard}
        if "finished" in kinds:
            break
        page.wait_for_timeout(100)
    assert {"progress", "pair", "finished"} <= kinds
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

    open_comparison(page)
    expect(page.locator(".thumb").nth(4)).to_be_visible()
    _drag_the_line(page)
    assert _played(page) == total - 1

    page.get_by_role("button", name="Create link").click()
    link = page.locator(".share-url").input_value()

    stranger = browser.new_context()
    visit = stranger.new_page()
    visit.goto(link)
    expect(visit.get_by_role("heading", name="Before and after")).to_be_visible()
    assert _played(visit) == total - 1
    text = visit.content()
    assert clip.stem not in text
    assert "chief" not in text
    data = json.loads(visit.locator("#player").text_content() or "{}")
    picture, film = (f"{server.url}{path}" for path in (data["poster"]["after"], data["clip"]["url"]))
    assert stranger.request.get(film).status == 200

    page.get_by_role("button", name="Revoke").click()
    page.locator("#confirm").get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("Link revoked.")).to_be_visible()
    for url in (link, picture, film):
        assert stranger.request.get(url).status == 404, url
    assert not errors
    stranger.close()
    context.close()


def _drag_the_line(page: Page) -> None:
    canvas = page.locator("compare-player canvas")
    box = canvas.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + 40, steps=4)
    page.mouse.up()
    split = page.locator("compare-player").evaluate("player => player.stage.view.split")
    assert split == pytest.approx(0.25, abs=0.02)


def _played(page: Page) -> int:
    """The last frame that the comparison shows after playing it from its beginning."""
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function("() => document.querySelector('compare-player').moving.master.ended")
    frame = page.locator("compare-player").evaluate("player => player.frame")
    return int(frame)


def _listen(socket: WebSocket, heard: list[dict[str, Any]]) -> None:
    if "/ws/jobs/" in socket.url:
        socket.on("framereceived", lambda frame: heard.append(json.loads(frame)))

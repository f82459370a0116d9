"""A clip is trimmed on the scrubber, by keyboard alone, and upscaled with a filter of one's own choice."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, WebSocketRoute, expect

from tests.e2e.conftest import play

pytestmark = [pytest.mark.browser, pytest.mark.network]

SHOWS = """(frame) => {
    const video = document.querySelector("#viewer video");
    return !video.seeking && Math.floor(video.currentTime * 30 + 0.001) === frame;
}"""
PASSES_THE_FILM = """(head) => {
    const [line, film] = [head, head.parentElement].map((one) => one.getBoundingClientRect());
    return line.top < film.top && line.bottom > film.bottom;
}"""


def test_what_is_chosen_on_the_scrubber_is_what_comes_out(page: Page, small_clip: Path) -> None:
    _upload_without_a_job(page, small_clip)
    start, end = page.get_by_role("slider", name="Start"), page.get_by_role("slider", name="End")
    page.locator("#viewer video").wait_for(timeout=60_000)
    expect(page.locator("trim-bar .strip span").first).to_be_visible()
    assert page.locator("trim-bar .head").evaluate(PASSES_THE_FILM)

    start.focus()
    expect(page.locator("trim-bar .peek")).to_be_visible()
    for key in ("Shift+ArrowRight", "ArrowLeft", "ArrowLeft", "ArrowRight"):
        page.keyboard.press(key)
    expect(page.get_by_label("First frame")).to_have_value("29")
    expect(start).to_have_attribute("aria-valuetext", "Frame 29, 0:00.29")
    page.wait_for_function(SHOWS, arg=29)  # the player shows that frame
    end.focus()
    for key in ("Home", "End", "ArrowLeft", "Shift+ArrowLeft", "Shift+ArrowLeft", "Shift+ArrowRight"):
        page.keyboard.press(key)
    # two seconds back stop at the start, one goes on from there
    expect(page.get_by_label("End frame (exclusive)")).to_have_value("60")
    for _ in range(18):
        page.keyboard.press("ArrowLeft")
    expect(page.get_by_label("End frame (exclusive)")).to_have_value("42")
    page.wait_for_function(SHOWS, arg=41)  # the last frame that is kept
    expect(page.locator("#trim-summary")).to_contain_text("13 frames")

    page.locator("#filters summary").press("Enter")
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_in_viewport(ratio=1)
    page.get_by_label("Denoising").select_option("light")
    expect(page.locator("#filters-summary")).to_have_text("Denoising")
    page.get_by_label("Size").select_option("2x")
    expect(page.locator("#size-help")).to_have_text("128 × 96")  # noqa: RUF001
    page.get_by_role("button", name="Start", exact=True).press("Enter")

    expect(page.locator(".done")).to_contain_text("Trimmed to frames 29 to 41")
    expect(page.locator(".done")).to_contain_text("Denoised (light)")
    expect(page.locator("#label")).to_have_text("Done", timeout=120_000)
    played = play(page, "#result")
    assert played["frames"] in (12, 13), "a browser may leave the last one uncounted"
    assert (played["width"], played["height"]) == (128, 96)
    assert _is_within_a_phone(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="JSON").click()
    assert '"frames_out": 13' in Path(download.value.path()).read_text()


def test_buttons_take_the_frame_that_the_player_shows(page: Page, small_clip: Path) -> None:
    _upload_without_a_job(page, small_clip)
    page.locator("#viewer video").wait_for(timeout=60_000)

    page.get_by_role("slider", name="End").focus()
    page.locator("#filters summary").click()
    assert _is_within_a_phone(page), "with its filters open, and a picture over the handle"
    _show_frame(page, 12)
    page.get_by_role("button", name="Set start here").click()
    _show_frame(page, 40)
    page.get_by_role("button", name="Set end here").click()
    expect(page.locator("#trim-summary")).to_have_text("0:00.12 to 0:01.11 · 29 frames")

    page.get_by_label("First frame").fill("50")
    expect(page.locator("#trim-summary")).to_have_text("The end must be after the start.")
    page.get_by_label("First frame").press("Tab")
    expect(page.get_by_label("First frame")).to_have_value("40")  # brought back before the end
    page.get_by_role("button", name="Whole video").click()
    expect(page.locator("#trim-summary")).to_contain_text("60 frames, the whole video")


def test_handles_are_dragged(page: Page, small_clip: Path) -> None:
    _upload_without_a_job(page, small_clip)
    page.locator("#viewer video").wait_for(timeout=60_000)
    bar = page.locator("trim-bar")
    bar.scroll_into_view_if_needed()
    box = bar.bounding_box()
    assert box
    middle = box["y"] + box["height"] / 2

    page.mouse.move(box["x"] - 5, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 4, middle, steps=4)
    page.mouse.up()
    expect(page.get_by_label("First frame")).to_have_value("15")
    page.mouse.move(box["x"] + box["width"] + 5, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, middle, steps=4)
    expect(page.locator("trim-bar .peek")).to_contain_text("29")
    page.mouse.move(box["x"] - 50, middle, steps=4)
    page.mouse.up()
    expect(page.get_by_label("End frame (exclusive)")).to_have_value("16")  # the other handle is never passed


def test_the_player_stays_in_place_when_it_is_announced_after_the_page_was_loaded(page: Page, small_clip: Path) -> None:
    _upload_without_a_job(page, small_clip)
    page.locator("#viewer video").wait_for(timeout=60_000)
    expect(page.locator("trim-bar .strip span").first).to_be_visible()
    sockets: list[WebSocketRoute] = []
    page.route_web_socket("**/ws/videos/**", lambda socket: sockets.append(socket))  # noqa: PLW0108 - Playwright takes no bound method of a list
    page.route(page.url, _with_copies_still_in_the_making)
    page.reload()
    page.get_by_role("slider", name="Start").focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.wait_for_function(SHOWS, arg=5)
    (socket,) = sockets

    with page.expect_response(page.url):
        socket.send('{"seq": 1000, "payload": {"kind": "stage", "state": "ready", "label": "Ready"}}')
    expect(page.locator("#main")).to_have_attribute("data-live", "live")
    page.evaluate("() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))")
    page.wait_for_function(SHOWS, arg=5)
    expect(page.get_by_label("First frame")).to_have_value("5")
    expect(page.get_by_role("slider", name="Start")).to_be_focused()


def _with_copies_still_in_the_making(route: Route) -> None:
    """The page as it is between the publication of the copies and the event that announces them."""
    response = route.fetch()
    text = response.text()
    if '"is_complete": true' in text:
        text = text.replace('"is_complete": true', '"is_complete": false')
    route.fulfill(response=response, body=text)


def _upload_without_a_job(page: Page, clip: Path) -> None:
    page.goto("/upload/")
    page.get_by_label("Upscale after upload").uncheck()
    page.locator("#files").set_input_files(clip)
    page.locator(".upload.whole").wait_for()
    page.get_by_role("link", name="Open").click()


def _is_within_a_phone(page: Page) -> bool:
    """Nothing has to be scrolled sideways on 390 pixels."""
    before = page.viewport_size
    assert before
    page.set_viewport_size({"width": 390, "height": 844})
    page.evaluate("() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))")
    width = int(page.evaluate("document.scrollingElement.scrollWidth"))
    page.set_viewport_size(before)
    return width <= 390


def _show_frame(page: Page, frame: int) -> None:
    page.locator("#viewer video").evaluate(
        """(video, frame) => new Promise((resolve) => {
            video.onseeked = resolve;
            video.currentTime = (frame + 0.5) / 30;
        })""",
        frame,
    )

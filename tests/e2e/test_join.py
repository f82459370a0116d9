"""Parts that were dropped together become one film, in the order that was chosen."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Route, expect

from tests.clips import make_clip

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("parts")
    return [make_clip(folder / f"Warthog part {number}.avi", frames=10 * number) for number in (1, 2, 3)]


def test_parts_are_joined_in_the_order_that_was_chosen(page: Page, parts: list[Path]) -> None:
    page.goto("/upload/")
    page.get_by_label("Upscale after upload").uncheck()
    page.locator("#files").set_input_files(parts)
    expect(page.locator(".upload.whole")).to_have_count(3)
    page.get_by_role("link", name="Join into one video").click()
    expect(page.get_by_label("Title of the joined video")).to_have_value("Warthog")
    assert titles(page) == ["Warthog part 1", "Warthog part 2", "Warthog part 3"]

    # by keyboard: the last one up to the top
    page.get_by_role("button", name="Move Warthog part 3 up").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert titles(page) == ["Warthog part 3", "Warthog part 1", "Warthog part 2"]
    expect(page.locator("#moved")).to_have_text("Warthog part 3 is now 1 of 3")
    expect(page.get_by_role("button", name="Move Warthog part 3 down")).to_be_focused()

    # by pointer: the first one to the end
    grip, last = page.locator(".part .grip").first.bounding_box(), page.locator(".part").last.bounding_box()
    assert grip
    assert last
    page.mouse.move(grip["x"] + 10, grip["y"] + 10)
    page.mouse.down()
    page.mouse.move(grip["x"] + 10, last["y"] + last["height"] - 5, steps=12)
    page.mouse.up()
    expect(page.locator("#parts .part strong")).to_have_text(["Warthog part 1", "Warthog part 2", "Warthog part 3"])
    page.get_by_role("button", name="Remove Warthog part 2").click()

    expect(page.locator("[data-waiting]")).to_have_count(0, timeout=60_000)
    page.get_by_label("Upscale after joining").uncheck()
    page.get_by_role("button", name="Join").click()

    expect(page.get_by_role("heading", name="Warthog", exact=True)).to_be_visible()
    expect(page.locator("#viewer")).to_be_visible(timeout=60_000)
    expect(page.locator("#trim-summary")).to_contain_text("40 frames")
    assert page.locator(".part-links a").all_inner_texts() == ["Warthog part 1", "Warthog part 3"]
    page.get_by_role("link", name="Warthog part 3", exact=True).click()
    expect(page.locator(".part-of")).to_have_text("Part of Warthog")


def test_parts_are_chosen_in_the_library(page: Page, parts: list[Path]) -> None:
    page.goto("/")
    page.get_by_role("link", name="Select", exact=True).click()
    expect(page.get_by_role("button", name="Join into one video")).to_be_disabled()
    for part in parts[:2]:
        page.get_by_role("checkbox", name=part.stem).press("Space")
    expect(page.locator("#selected-count")).to_have_text("2 selected")

    page.get_by_role("button", name="Join into one video").click()

    expect(page.locator(".part strong")).to_have_text(["Warthog part 1", "Warthog part 2"])

    # the answer that a part is measured is lost, and asked for again
    answers = iter(["waiting", "lost"])

    def answer(route: Route) -> None:
        kind = next(answers, "measured")
        if kind == "lost":
            route.abort()
            return
        response = route.fetch()
        text = response.text()
        if kind == "waiting":
            text = text.replace('<li class="panel part"', '<li class="panel part" data-waiting', 1)
            text = text.replace(
                '<p class="visually-hidden" id="moved"', '<p id="waiting"></p><p class="visually-hidden" id="moved"'
            )
        route.fulfill(response=response, body=text)

    page.route(lambda url: urlsplit(url).path == "/join/", answer)
    page.reload()
    expect(page.get_by_role("button", name="Join", exact=True)).to_be_disabled()
    expect(page.get_by_role("button", name="Join", exact=True)).to_be_enabled()


def titles(page: Page) -> list[str]:
    return page.locator(".part strong").all_inner_texts()

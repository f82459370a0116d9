"""A library of many: found by typing, by filters and by keys; thrown away and had back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from tests.e2e.conftest import PASSWORD
from tests.e2e.server import Server, running_server

pytestmark = pytest.mark.browser

COUNT = 120


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server in whose queue are only these jobs."""
    with running_server() as server:
        yield server


@pytest.fixture(scope="module", autouse=True)
def library(server: Server, owner_name: str, owner_state: StorageState) -> None:
    server.manage("make_library", str(COUNT), "--owner", owner_name)


@pytest.fixture(params=[(1440, 900), (390, 844)], ids=["desktop", "telephone"])
def sized(page: Page, request: pytest.FixtureRequest) -> Page:
    width, height = request.param
    page.set_viewport_size({"width": width, "height": height})
    page.goto("/")
    expect(page.locator("#count")).to_have_text(re.compile(r"^\s*\d+ videos\s*$"))
    return page


def says(page: Page, /, **wanted: str) -> None:
    """Wait until the address says so: what is typed is looked for in between, too."""
    page.wait_for_url(lambda url: dict(parse_qsl(urlsplit(url).query, keep_blank_values=True)) == wanted)


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.closest('.card')?.dataset.video ?? ''"))


def ids(page: Page) -> list[str]:
    return [card.get_attribute("data-video") or "" for card in page.locator(".card").all()]


def test_a_search_is_shown_while_it_is_typed_and_stands_in_the_address(sized: Page) -> None:
    page = sized
    page.evaluate("window.mark = 'same page'")
    page.keyboard.press("/")
    expect(page.locator("#find_q")).to_be_focused()

    page.keyboard.type("halo sniper", delay=20)
    expect(page.locator("#count")).to_have_text(re.compile(r"^\s*\d+ videos? found\s*$"))
    expect(page.locator("#find_q")).to_be_focused()
    says(page, q="halo sniper")
    page.keyboard.press("Enter")
    expect(page.locator("#results-status")).to_have_text(page.locator("#count").inner_text())
    page.get_by_label("State").select_option("done")
    expect(page.get_by_role("link", name="Remove filter Done")).to_be_visible()
    says(page, q="halo sniper", state="done")
    page.locator(".tags-menu summary").click()
    page.get_by_role("checkbox", name="sample").check()
    expect(page.get_by_role("link", name="Remove filter #sample")).to_be_visible()
    page.locator(".tags-menu summary").click()
    assert page.evaluate("window.mark") == "same page", "only the list was swapped"
    assert fits(page)

    found = ids(page)
    assert found
    page.reload()
    assert ids(page) == found, "the address is all that is needed"
    expect(page.locator("#find_q")).to_have_value("halo sniper")
    expect(page.get_by_label("State")).to_have_value("done")

    page.go_back()
    expect(page.get_by_role("link", name="Remove filter #sample")).to_have_count(0)
    says(page, q="halo sniper", state="done")
    page.get_by_role("link", name="Clear").click()
    expect(page.locator("#count")).to_have_text(f"{COUNT} videos")


def test_keys_go_from_card_to_card_choose_and_open(sized: Page) -> None:
    page = sized
    cards = ids(page)
    columns = 4 if page.viewport_size and page.viewport_size["width"] > 1000 else 2
    page.locator("#find_q").focus()

    page.keyboard.press("ArrowDown")
    assert focused(page) == cards[0]
    for key, place in (
        ("ArrowRight", 1),
        ("ArrowDown", 1 + columns),
        ("ArrowLeft", columns),
        ("ArrowUp", 0),
        ("End", 47),
    ):
        page.keyboard.press(key)
        assert focused(page) == cards[place], key
    expect(page.locator(".card").nth(47)).to_be_in_viewport()
    page.keyboard.press("Home")

    page.keyboard.press("x")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("x")
    expect(page.locator("#selected-count")).to_have_text("2 selected")
    page.keyboard.press("x")
    expect(page.locator("#selected-count")).to_have_text("1 selected")
    expect(page.get_by_role("button", name="Join into one video")).to_be_disabled()
    assert fits(page)
    page.keyboard.press("Escape")
    expect(page.locator("#selection")).to_be_hidden()

    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/videos/{cards[1]}/"))


def test_what_is_chosen_on_two_pages_is_edited_at_once(sized: Page) -> None:
    page = sized
    page.locator("#select").click()
    page.locator(".card > a").nth(3).click()
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_text("Page 2 of 3")).to_be_visible()
    says(page, page="2")
    page.locator(".card > a").nth(5).click()
    expect(page.locator("#selected-count")).to_have_text("2 selected")
    page.locator("#selection").get_by_role("button", name="Edit").click()
    expect(page.get_by_role("heading", name="Edit 2 videos")).to_be_visible()

    page.get_by_label("Add tags").fill("two pages")
    page.get_by_role("button", name="Edit 2 videos").click()
    expect(page.get_by_text("Changed 2 videos.")).to_be_visible()
    page.goto("/?tag=two+pages")
    expect(page.locator(".card")).to_have_count(2)

    # a view of it, and away again
    page.get_by_text("Save view").click()
    page.get_by_label("View name").fill("Both pages")
    page.get_by_role("button", name="Save", exact=True).click()
    page.goto("/")
    page.get_by_role("link", name="Both pages").click()
    expect(page.locator(".card")).to_have_count(2)
    page.get_by_role("button", name="Delete the saved view Both pages").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("link", name="Both pages")).to_have_count(0)
    page.goto("/bulk/edit/?all=1&query=tag%3Dtwo%2Bpages")
    page.get_by_label("Remove tags").fill("two pages")
    page.get_by_role("button", name="Edit 2 videos").click()
    expect(page.get_by_text("Changed 2 videos.")).to_be_visible()


def test_a_video_goes_into_the_trash_and_comes_back(sized: Page) -> None:
    page = sized
    first = page.locator(".card").first
    title = first.locator("h2").inner_text()
    first.locator("a").click()
    page.get_by_role("button", name="Delete").click()
    page.locator("#confirm").get_by_role("button", name="Delete").click()
    expect(page.get_by_text(f"Moved “{title}” to the trash.")).to_be_visible()
    expect(page.locator("#count")).to_have_text(f"{COUNT - 1} videos")

    page.get_by_role("link", name="Trash 1").click()
    expect(page.get_by_text("Will be permanently deleted on")).to_be_visible()
    assert fits(page)
    page.get_by_role("button", name=f"Restore {title}").click()
    expect(page.get_by_text("The trash is empty")).to_be_visible()
    page.get_by_role("link", name="Library").last.click()
    expect(page.locator("#count")).to_have_text(f"{COUNT} videos")
    expect(page.locator(".card h2").first).to_have_text(title)


def test_a_card_follows_its_job(page: Page) -> None:
    page.goto("/?state=paused")
    card = page.locator(".card[data-active]").first
    video = card.get_attribute("data-video")
    other = page.context.new_page()
    other.goto(f"/videos/{video}/")
    other.locator("#jobs [data-active] a").first.click()
    other.get_by_role("button", name="Cancel").click()
    other.get_by_role("button", name="Cancel job").click()
    expect(other.locator("#label")).to_have_text("Cancelled")
    other.close()

    expect(page.locator(f".card[data-video='{video}'] .label")).to_have_text("Cancelled")
    expect(page.locator(f".card[data-video='{video}']")).not_to_have_attribute("data-active", "")


def test_the_jobs_of_a_video_are_asked_for_under_the_hand_that_is_on_them(page: Page) -> None:
    page.goto("/?state=paused")
    page.locator(".card[data-active] > a").first.click()
    link = page.locator("#jobs [data-active] a").first
    link.focus()
    link.evaluate("(link) => { window.link = link; link.querySelector('.state').lastChild.nodeValue = 'Old' }")

    expect(link.locator(".state")).to_contain_text("Paused")

    expect(link).to_be_focused()
    assert page.evaluate("window.link.isConnected"), "a link that is replaced can't be clicked"


def test_who_is_not_logged_in_any_more_is_led_to_log_in_and_back(page: Page, owner_name: str) -> None:
    page.goto("/?state=done")
    page.context.clear_cookies(name="sessionid")
    page.locator("#find_q").fill("sniper")

    expect(page.get_by_role("button", name="Log in")).to_be_visible()
    expect(page.locator("#results")).to_have_count(0)
    log_in(page, owner_name)
    says(page, state="done")


def test_the_queue_says_what_it_could_not_do(page: Page, owner_name: str) -> None:
    page.goto("/queue/")
    row = page.locator("#queued .queue-row").last
    name = row.locator(".title").inner_text()

    def stop() -> None:
        row.get_by_role("button", name=f"Cancel {name}").click()
        page.get_by_role("button", name="Cancel job").click()

    page.route("**/cancel/", lambda route: route.abort())
    stop()
    expect(page.locator("#refused")).to_have_text("Couldn't do that. Try again in a moment.")
    page.unroute_all()

    page.context.clear_cookies(name="sessionid")
    stop()
    again = page.get_by_role("link", name="Log in again")
    expect(again).to_have_attribute("href", re.compile("/log-in/.next=%2Fqueue%2F$"))
    other = page.context.new_page()
    other.goto("/log-in/")
    log_in(other, owner_name)
    other.close()
    expect(again).to_be_hidden()

    before = page.locator("#queued .queue-row").count()
    stop()  # with a token that is newer than the page's
    expect(page.locator("#queued .queue-row")).to_have_count(before - 1)
    expect(page.locator("#refused")).to_be_hidden()


def log_in(page: Page, name: str) -> None:
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("#results")).to_be_visible()


def test_without_scripts_everything_is_reached_by_links_and_buttons(
    browser: Browser, server: Server, owner_state: StorageState
) -> None:
    context = browser.new_context(storage_state=owner_state, base_url=server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    page.get_by_label("Search").fill("sniper")
    page.get_by_label("State").select_option("done")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#count")).to_have_text(re.compile(r"found\s*$"))
    page.get_by_role("link", name="Select").click()
    page.locator(".select-box input").first.check()
    page.locator("#selection").get_by_role("button", name="Edit").click()
    expect(page.get_by_role("heading", name="Edit 1 video")).to_be_visible()
    context.close()

"""Dates say whose time they are in: the reader's own, or UTC where no script runs."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from tests.e2e.conftest import errors_of
from tests.e2e.server import Server

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module", autouse=True)
def library(server: Server, owner_name: str, owner_state: StorageState) -> None:
    server.manage("make_library", "1", "--owner", owner_name)


def open_about(page: Page) -> datetime:
    """The page about a clip; gives when that was uploaded."""
    page.goto("/")
    page.goto(f"{page.locator('.card a').first.get_attribute('href')}about/")
    return datetime.fromisoformat(page.locator("time").get_attribute("datetime") or "")


@pytest.mark.parametrize(
    ("zone", "called"), [("Asia/Tokyo", "GMT+9"), ("Asia/Kolkata", "GMT+5:30"), ("Pacific/Honolulu", "GMT-10")]
)
def test_a_date_is_in_the_time_of_whoever_reads_it(
    browser: Browser,
    server: Server,
    owner_state: StorageState,
    zone: str,
    called: str,
) -> None:
    context = browser.new_context(storage_state=owner_state, base_url=server.url, timezone_id=zone)
    page = context.new_page()
    errors = errors_of(page)
    here = open_about(page).astimezone(ZoneInfo(zone))

    expect(page.locator("time")).to_have_text(f"{here:%-d %B %Y, %H:%M} {called}")
    assert not errors

    page.goto("/")
    page.locator(".card a").first.click()
    page.get_by_role("button", name="Delete").click()
    with page.expect_navigation():
        page.locator("#confirm").get_by_role("button", name="Delete").click()
    page.goto("/trash/")
    gone = datetime.fromisoformat(page.locator("time").get_attribute("datetime") or "").astimezone(ZoneInfo(zone))
    line = page.get_by_text("Will be permanently deleted on")
    expect(line).to_contain_text(f"Will be permanently deleted on {gone:%-d %B %Y} ·")
    page.get_by_role("button", name="Restore").click()
    expect(page.get_by_text("The trash is empty")).to_be_visible()
    context.close()


def test_without_a_script_it_says_that_it_is_utc(browser: Browser, server: Server, owner_state: StorageState) -> None:
    context = browser.new_context(
        storage_state=owner_state,
        base_url=server.url, timezone_id="Asia/Tokyo", java_script_enabled=False,
    )  # fmt: skip
    page = context.new_page()
    uploaded = open_about(page)

    expect(page.locator("time")).to_have_text(f"{uploaded:%-d %B %Y, %H:%M} UTC")
    context.close()

"""After a log-out, *Back* shows nothing of what was open: the browser keeps whole pages here, as it does for people."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import CHROMIUM, CHROMIUM_OPTIONS, PASSWORD, SHARED, set_up
from tests.e2e.server import Server, running_server


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running_server(HALOWEB_RENDERS="false") as server:
        yield server


@pytest.fixture
def page(server: Server) -> Iterator[Page]:
    browser = SHARED.playwright().chromium.launch(
        executable_path=CHROMIUM,
        args=CHROMIUM_OPTIONS,
        ignore_default_args=["--disable-back-forward-cache"],
    )
    page = browser.new_context(base_url=server.url).new_page()
    set_up(page, server)
    yield page
    browser.close()


def is_kept(page: Page) -> bool:
    """Is it the very page that was marked, and not a new one from the same address?"""
    return bool(page.evaluate("window.isMarked === true"))


def back(page: Page, heading: str) -> None:
    page.evaluate("history.back()")
    expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()


def test_back_after_a_log_out_leads_to_log_in(page: Page) -> None:
    page.goto("/preferences/")
    page.evaluate("window.isMarked = true")
    page.get_by_role("link", name="Models").click()
    page.wait_for_url("**/models/")
    back(page, "Preferences")
    assert is_kept(page), "while somebody is logged in, a page is as it was"

    page.get_by_label("Your account").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_label("Username")).to_be_visible()
    page.evaluate("history.back()")

    page.wait_for_url("**/log-in/?next=/preferences/")
    expect(page.get_by_label("Username")).to_be_visible()
    assert page.get_by_role("heading", name="Preferences").count() == 0

    page.get_by_label("Username").fill("chief")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Preferences", exact=True)).to_be_visible()

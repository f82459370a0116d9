"""What ended elsewhere is told at the edge of another page: in one tab, and until it is dismissed."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.axe import violations
from tests.e2e.conftest import upload

pytestmark = [pytest.mark.browser, pytest.mark.network]

ROUND_SECONDS = 17
"""Within which each tab asks once."""


def test_a_job_that_ends_is_told_in_one_tab_and_goes_along_until_it_is_dismissed(
    context: BrowserContext, page: Page, small_clip: Path
) -> None:
    second = context.new_page()
    second.goto("/workers/")
    upload(page, small_clip)
    job = page.locator("#jobs a").first.get_attribute("href") or ""
    page.goto("/models/")
    tabs = (page, second)

    until = time.monotonic() + 120
    while not any(tab.locator(".toast").count() for tab in tabs):
        assert time.monotonic() < until, "nobody was told"
        page.wait_for_timeout(200)
    page.wait_for_timeout(ROUND_SECONDS * 1000)

    telling = [tab for tab in tabs if tab.locator(".toast").count()]
    assert [tab.locator(".toast").count() for tab in telling] == [1]
    teller = telling[0]
    teller.goto("/queue/")
    toast = teller.locator(".toast")
    expect(toast).to_contain_text("small clip is upscaled")
    assert violations(teller) == []
    assert toast.get_by_role("link").get_attribute("href") == job
    toast.get_by_role("button", name="Dismiss").press("Enter")
    expect(toast).to_have_count(0)
    expect(teller.locator("#main")).to_be_focused()
    teller.reload()
    expect(teller.locator("#main")).to_be_visible()
    expect(toast).to_have_count(0)
    second.close()

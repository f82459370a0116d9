"""What ended elsewhere is told at the edge of another page: in one tab, and until it is dismissed."""

from __future__ import annotations

import json
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.e2e.axe import violations
from tests.e2e.conftest import upload

pytestmark = [pytest.mark.browser, pytest.mark.network]

ROUND_SECONDS = 17
"""Within which each tab asks once."""

NOTIFICATIONS = """(options) => {
    window.notified = [];
    window.Notification = class {
        static permission = options.permission;
        constructor(text) {
            if (options.throws) throw new TypeError("Illegal constructor");
            window.notified.push(text);
        }
    };
    if (options.hidden) Object.defineProperty(document, "hidden", { value: true, configurable: true });
}"""
"""A browser that has them, or as Chrome on Android throws where a page makes one; and a tab in the background."""


def with_notifications(page: Page, **options: object) -> None:
    page.add_init_script(f"({NOTIFICATIONS})({json.dumps(options)})")


@pytest.fixture
def ended(context: BrowserContext) -> list[int]:
    """How long the jobs took that ended elsewhere, in the order of their events; none so far."""
    seconds: list[int] = []

    def answer(route: Route) -> None:
        after = parse_qs(urlsplit(route.request.url).query).get("after", [str(len(seconds))])[0]
        jobs = [
            {"number": number, "job": str(number), "seconds": took, "is_done": True, "title": f"Clip {number}"}
            | {"text": "is done", "url": f"/jobs/{number}/"}
            for number, took in enumerate(seconds, start=1)
        ]
        route.fulfill(json={"last": len(jobs), "ended": jobs[int(after) :]})

    context.route("**/notifications.json*", answer)
    return seconds


def open_at_rest(tab: Page) -> None:
    """With a clock that can be turned on; it has asked once."""
    tab.clock.install()
    with tab.expect_response("**/notifications.json*"):
        tab.goto("/workers/")
    tab.wait_for_function("() => JSON.parse(sessionStorage.getItem('notifications'))?.last === 0")


def ask(tab: Page) -> str:
    """A round later; gives what it asked for."""
    with tab.expect_response("**/notifications.json*") as answered:
        tab.clock.fast_forward(20_000)
    return answered.value.url


def test_a_tab_in_the_background_notifies_and_takes_nothing_from_the_one_that_is_seen(
    context: BrowserContext, page: Page, ended: list[int]
) -> None:
    hidden = context.new_page()
    with_notifications(page, permission="granted")
    with_notifications(hidden, permission="granted", hidden=True)
    open_at_rest(hidden)
    open_at_rest(page)
    ended.extend([30, 90])

    ask(hidden)
    hidden.wait_for_function("() => window.notified.length > 0")
    ask(page)

    expect(page.locator(".toast")).to_have_count(2)
    assert hidden.evaluate("window.notified") == ["Clip 2 is done"]
    assert hidden.locator(".toast").count() == 0
    assert page.evaluate("window.notified") == []
    hidden.evaluate("Object.defineProperty(document, 'hidden', { value: false, configurable: true })")
    assert ask(hidden).endswith("after=0"), "what it was told in the background it has not shown"
    hidden.close()


def test_where_a_page_can_not_notify_nothing_is_promised_and_toasts_go_on(page: Page, ended: list[int]) -> None:
    with_notifications(page, permission="granted", throws=True, hidden=True)
    open_at_rest(page)
    ended.append(90)

    ask(page)
    page.wait_for_function("() => localStorage.getItem('haloweb-can-not-notify')")
    page.evaluate("Object.defineProperty(document, 'hidden', { value: false, configurable: true })")
    ask(page)
    expect(page.locator(".toast")).to_have_count(1)

    page.evaluate("localStorage.clear(); Notification.permission = 'default'")
    page.evaluate(
        "document.querySelector('h1').innerHTML = '<button id=notify class=is-offered><span></span></button>'"
    )
    page.evaluate("import('/static/upscaler/js/notify-button.js').then(() => null)")
    expect(page.locator("#notify")).not_to_contain_class("is-offered")


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
    expect(toast).to_contain_text("small clip is done")
    assert violations(teller) == []
    assert toast.get_by_role("link").get_attribute("href") == job
    toast.get_by_role("button", name="Dismiss").press("Enter")
    expect(toast).to_have_count(0)
    expect(teller.locator("#main")).to_be_focused()
    teller.reload()
    expect(teller.locator("#main")).to_be_visible()
    expect(toast).to_have_count(0)
    second.close()

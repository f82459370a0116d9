"""A page whose websocket is blocked, as some proxies do."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.conftest import upload

pytestmark = [pytest.mark.browser, pytest.mark.network]


def test_without_a_websocket_the_page_still_finishes_by_polling(page: Page, small_clip: Path) -> None:
    page.route_web_socket("**/ws/**", lambda socket: socket.close())
    polled: list[str] = []
    page.on(
        "request",
        lambda request: (
            polled.append(request.url) if "/jobs/" in request.url and "status.json" in request.url else None
        ),
    )
    upload(page, small_clip)
    page.add_init_script(
        """addEventListener("DOMContentLoaded", () => {
            const label = document.getElementById("label");
            if (!label) return;
            window.said = [label.textContent];
            const hear = () => window.said.push(label.textContent);
            new MutationObserver(hear).observe(label, { childList: true, characterData: true, subtree: true });
        });"""
    )
    page.locator("#jobs a").click()
    page.wait_for_url("**/jobs/*/")
    failed: list[str] = []

    def fail_once(route: Route) -> None:
        if failed:
            route.fallback()
        else:
            failed.append(route.request.url)
            route.abort()

    page.route(page.url, fail_once)  # which the script asks for when the job is done
    expect(page.locator("#main")).to_have_attribute("data-live", "polling")
    expect(page.get_by_text("Connection lost; checking every 3 seconds")).to_be_visible()
    expect(page.get_by_role("status").get_by_text("Done", exact=True)).to_be_visible(timeout=90_000)
    expect(page.locator("#result")).to_be_visible()
    assert polled
    assert failed
    said = page.evaluate("window.said")
    assert all(one != other for one, other in pairwise(said)), "it is read out once"

"""A link with a password, on a large and on a small screen; a comparison in a page of another site."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, StorageState, expect

from tests.e2e.conftest import errors_of, open_comparison, upload
from tests.e2e.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.network]

SECRET = "the cole protocol"
WIDTHS = (1440, 390)


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Says nothing."""


@contextlib.contextmanager
def other_site(folder: Path) -> Iterator[str]:
    """Serves a folder on a port of its own: to a browser, somebody else's site."""
    site = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=site.serve_forever)
    thread.start()
    try:
        yield f"http://localhost:{site.server_address[1]}"
    finally:
        site.shutdown()
        thread.join()
        site.server_close()


@pytest.fixture(scope="module")
def compared(browser: Browser, server: Server, owner_state: StorageState, small_clip: Path) -> str:
    """Where the comparison of a clip is that was upscaled."""
    context = browser.new_context(storage_state=owner_state, base_url=server.url)
    page = context.new_page()
    upload(page, small_clip)
    page.locator("#jobs a").click()
    open_comparison(page)
    address = page.url
    context.close()
    return address


def test_a_link_with_a_password_opens_for_whoever_knows_it(
    browser: Browser, server: Server, context: BrowserContext, page: Page, compared: str
) -> None:
    page.goto(compared)
    page.get_by_text("Options for the new link").click()
    page.get_by_label("Title", exact=True).fill("Warthog run")
    page.get_by_label("Password").fill(SECRET)
    page.get_by_role("button", name="Create link").click()
    expect(page.get_by_text("Shows the comparison to anyone with the password")).to_be_visible()
    link = page.locator(".share-url").first.input_value()
    assert page.get_by_text("Embed in a web page").count() == 0

    for width in WIDTHS:
        visitors = browser.new_context(viewport={"width": width, "height": 900})
        visitor = visitors.new_page()
        errors = errors_of(visitor)
        visitor.goto(link)
        expect(visitor.get_by_role("heading", name="This link is password-protected")).to_be_visible()
        assert "Warthog" not in visitor.content()
        assert fits(visitor)
        visitor.get_by_label("Password").fill("sesame")
        visitor.get_by_role("button", name="Open").click()
        expect(visitor.get_by_text("Wrong password.")).to_be_visible()
        visitor.get_by_label("Password").fill(SECRET)
        visitor.keyboard.press("Enter")
        expect(visitor.get_by_role("heading", name="Warthog run")).to_be_visible()
        assert width_shown(visitor.locator("compare-player")) > 0
        assert fits(visitor)
        visitor.reload()
        expect(visitor.get_by_role("heading", name="Warthog run")).to_be_visible()
        assert not errors
        visitors.close()

    page.reload()
    expect(page.get_by_text(f"{len(WIDTHS)} visitors")).to_be_visible()
    page.get_by_role("button", name="Revoke").click()
    page.locator("#confirm").get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("Link revoked.")).to_be_visible()
    answer = browser.new_page().goto(link)
    assert answer is not None and answer.status == 404


def test_a_comparison_is_shown_in_a_page_of_another_site(
    browser: Browser, page: Page, compared: str, tmp_path: Path
) -> None:
    page.goto(compared)
    page.get_by_role("button", name="Create link").click()
    page.get_by_text("Embed in a web page").click()
    snippet = page.get_by_label("HTML code").input_value()
    link = page.locator(".share-url").first.input_value()
    (tmp_path / "index.html").write_text(f"<!doctype html><h1>My old films</h1>{snippet}")
    (tmp_path / "whole.html").write_text(f'<!doctype html><iframe src="{link}"></iframe>')

    with other_site(tmp_path) as address:
        visitors = browser.new_context()
        visitor = visitors.new_page()
        errors = errors_of(visitor)
        visitor.goto(address)
        frame = visitor.frame_locator("iframe")
        expect(frame.get_by_role("heading", name="Before and after")).to_be_visible()
        expect(frame.locator("compare-player canvas")).to_be_visible()
        assert width_shown(frame.locator("compare-player")) > 0
        assert not errors

        visitor.goto(f"{address}/whole.html")
        expect(visitor.frame_locator("iframe").get_by_role("heading")).to_have_count(0)
        visitors.close()


def width_shown(player: Locator) -> int:
    """Of the picture after of the still that the player shows first, in pixels."""
    expect(player.locator("canvas")).to_be_visible()
    return int(player.evaluate("player => player.still.ready.then((still) => still.pictures.after.naturalWidth)"))


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))

"""Every page is for everybody: by axe's rules, by keyboard, and on a narrow screen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState

from tests.clips import make_clip
from tests.e2e import keyboard
from tests.e2e.axe import violations
from tests.e2e.every_page import AS_VISITOR, NAMES, Pages, come_to_rest, fill
from tests.e2e.server import Server, running_server

pytestmark = [pytest.mark.browser, pytest.mark.network]

WIDTHS = {1440: 900, 390: 844}
SCHEMES: tuple[Literal["dark", "light"], ...] = ("dark", "light")
NARROW = 360
LONG_TITLE = "SidewinderCaptureTheFlag" * 8
WITH_TITLES = [name for name in NAMES if name not in {"log-in", "nowhere", "models", "preferences", "share locked"}]
ASK_ALL = """(forms) => forms.map((form) => {
    const dialog = document.getElementById("confirm");
    form.requestSubmit();
    const { left, right } = dialog.getBoundingClientRect();
    const isWide = left < 0 || right > innerWidth || dialog.scrollWidth > dialog.clientWidth;
    dialog.close();
    return isWide ? form.dataset.confirm : "";
}).filter(Boolean)"""
"""Press every button that asks first; gives the questions that do not fit."""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server that nobody has set up, with nothing in it."""
    with running_server() as server:
        yield server


@pytest.fixture(scope="module")
def pages(
    browser: Browser,
    server: Server,
    owner_name: str,
    owner_state: StorageState,
    small_clip: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Pages:
    long = make_clip(tmp_path_factory.mktemp("long") / "long clip.avi", frames=900, size="160x120")
    context = browser.new_context(storage_state=owner_state, base_url=server.url)
    found = fill(context.new_page(), server, owner_name, small_clip, long)
    context.close()
    return found


@pytest.fixture(scope="module")
def tabs(browser: Browser, server: Server, owner_state: StorageState) -> Iterator[dict[bool, Page]]:
    """One of a visitor (True), one of the owner; without motion, so that nothing is looked at half faded in."""
    contexts = {
        True: browser.new_context(base_url=server.url, reduced_motion="reduce"),
        False: browser.new_context(storage_state=owner_state, base_url=server.url, reduced_motion="reduce"),
    }
    yield {is_visitor: context.new_page() for is_visitor, context in contexts.items()}
    for context in contexts.values():
        context.close()


def test_the_first_page_of_a_new_server_keeps_nobody_out(browser: Browser, server: Server) -> None:
    context = browser.new_context(base_url=server.url, reduced_motion="reduce")
    page = context.new_page()
    page.goto("/setup/")
    assert page.get_by_label("Set-up token").is_visible()
    assert in_every_look(page) == {}
    assert keyboard.out_of_reach(page) == []
    assert fits(page)
    context.close()


def test_an_empty_library_keeps_nobody_out(context: BrowserContext, page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto("/")
    assert in_every_look(page) == {}
    assert keyboard.out_of_reach(page) == []
    assert fits(page)


@pytest.mark.parametrize("name", NAMES)
def test_a_page_fits_a_narrow_screen_keeps_axe_s_rules_and_is_reached_by_keyboard(
    tabs: dict[bool, Page], pages: Pages, name: str
) -> None:
    page = tabs[name in AS_VISITOR]
    page.set_viewport_size({"width": NARROW, "height": 740})
    page.goto(pages.of[name])
    come_to_rest(page)
    too_wide = [] if fits(page) else keyboard.too_wide(page) or ["the page"]
    looks = in_every_look(page)
    page.set_viewport_size({"width": 1440, "height": 900})
    assert {"too wide": too_wide, "axe": looks, "keyboard": keyboard.out_of_reach(page)} == {
        "too wide": [],
        "axe": {},
        "keyboard": [],
    }


def test_a_long_title_without_spaces_makes_no_page_wider(tabs: dict[bool, Page], pages: Pages, server: Server) -> None:
    script = (
        "from upscaler.models import Share, Video\n"
        f"Video.objects.update(title={LONG_TITLE!r})\nShare.objects.update(title={LONG_TITLE!r})"
    )
    server.manage("shell", "-c", script)
    wide = {}
    for name in WITH_TITLES:
        page = tabs[name in AS_VISITOR]
        page.set_viewport_size({"width": NARROW, "height": 740})
        page.goto(pages.of[name])
        come_to_rest(page)
        if not fits(page):
            wide[name] = keyboard.too_wide(page)
        questions = page.locator("form[data-confirm]").evaluate_all(ASK_ALL)
        if questions:
            wide[f"{name}, asked"] = questions
    assert wide == {}


def in_every_look(page: Page) -> dict[str, list[str]]:
    """What axe finds, by colour scheme and width; nothing where it finds nothing."""
    found = {}
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for width, height in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            found[f"{scheme} {width}"] = violations(page)
    return {look: lines for look, lines in found.items() if lines}


def fits(page: Page) -> bool:
    page.set_viewport_size({"width": NARROW, "height": 740})
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))

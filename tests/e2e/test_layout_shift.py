"""Nothing on a job's page jumps under the pointer while the job goes on and ends."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.clips import make_clip
from tests.e2e.conftest import upload
from tests.e2e.layout_shift import ADDS_UP, MAX_SHIFT

pytestmark = [pytest.mark.browser, pytest.mark.network]

BOX = "one => [one.getBoundingClientRect().left, one.getBoundingClientRect().width]"


@pytest.mark.parametrize(("width", "height", "size"), [(1440, 900, "160x120"), (390, 844, "192x108")])
def test_a_job_page_stays_in_place_from_the_first_frame_to_the_result(
    page: Page, tmp_path: Path, width: int, height: int, size: str
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    upload(page, make_clip(tmp_path / f"{width}.avi", frames=120, size=size))
    page.add_init_script(ADDS_UP)
    page.locator("#jobs a").click()

    expect(page).to_have_title(re.compile(r"^\d+ % · "), timeout=60_000)
    assert (page.locator("link[rel=icon]").get_attribute("href") or "").startswith("data:image/png")
    expect(page.locator("#pair-frame")).to_have_text(re.compile(r"\d"), timeout=60_000)
    before = page.locator("#slider").evaluate(BOX)
    expect(page.locator("#result")).to_be_visible(timeout=120_000)
    assert page.locator("#result").evaluate(BOX) == pytest.approx(before, abs=1), "no black beside it"
    page.wait_for_load_state("networkidle")

    shifts = page.evaluate("window.shifts")
    assert sum(value for value, _ in shifts) <= MAX_SHIFT, shifts
    expect(page).not_to_have_title(re.compile("%"))
    assert (page.locator("link[rel=icon]").get_attribute("href") or "").endswith(".svg")

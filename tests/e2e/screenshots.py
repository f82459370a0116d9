"""Pictures of every page, for the documentation and for a look before a change is called done."""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.clips import FOOTAGE, ffmpeg, make_clip
from tests.data_folder import ROOT
from tests.e2e.conftest import CHROMIUM, open_comparison, set_up, upload
from tests.e2e.dataset import make_dataset
from tests.e2e.server import Server, running_server

TARGET = ROOT / "docs" / "screenshots"
WIDTHS = {1440: 900, 390: 844}
SCHEMES: tuple[Literal["dark", "light"], ...] = ("dark", "light")
WITHOUT_STICKING = """(isPart) => {
    document.querySelector("#upscale > .button")?.style.setProperty("position", "static");
    document.querySelector(".top")?.style.setProperty("visibility", isPart ? "hidden" : "visible");
}"""
"""What sticks to an edge of the window would lie across a picture that is higher than the window."""


def shoot(page: Page, name: str, part: str | None = None) -> None:
    """The page as it is now, or one part of it, in both schemes and at both widths."""
    page.evaluate(WITHOUT_STICKING, part is not None)
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        for width, height in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            path = TARGET / f"{name}-{scheme}-{width}.jpg"
            if part is not None:
                page.locator(part).screenshot(path=path, type="jpeg", quality=84)
                continue
            page.evaluate("scrollTo(0, 0)")  # or the header is seen in the middle of the page
            page.screenshot(path=path, type="jpeg", quality=84, full_page=True)
    page.evaluate(WITHOUT_STICKING, False)
    page.set_viewport_size({"width": 1440, "height": 900})


def visit(page: Page, path: str, name: str) -> None:
    page.goto(path)
    page.wait_for_load_state("networkidle")
    shoot(page, name)


def take_all(browser: Browser, server: Server, clips: list[Path], scratch: Path) -> None:
    context = browser.new_context(base_url=server.url, reduced_motion="reduce")
    page = context.new_page()
    visit(page, "/setup/", "setup")
    set_up(page, server)
    visit(page, "/", "library-empty")
    visit(page, "/upload/", "upload-empty")
    visit(page, "/queue/", "queue-empty")

    upload(page, clips[0])
    page.locator("#jobs a").click()
    expect(page.locator("#pair-frame")).to_have_text(re.compile(r"\d"), timeout=90_000)
    expect(page.locator("#left")).to_contain_text(":", timeout=60_000)
    shoot(page, "job")
    job = page.url

    page.goto("/upload/")
    page.get_by_text("Upscale after upload").click()
    broken = scratch / "not a video.wmv"
    broken.write_text("These are not the frames you are looking for.")
    page.locator("#files").set_input_files([*clips[1:], broken])
    expect(page.locator(".upload.whole")).to_have_count(len(clips))
    shoot(page, "upload")
    page.get_by_role("button", name="Clear finished").click()
    page.goto("/")
    expect(page.locator(".card").get_by_text("Refused")).to_be_visible(timeout=60_000)
    visit(page, "/", "library")
    if len(clips) > 1:
        with_a_queue(page, len(clips) - 1)
    page.goto("/")
    page.get_by_text("not a video").click()
    shoot(page, "video-refused")

    page.goto("/?select=1")
    for box in page.locator(".select-box [data-joins]").all()[:2]:
        box.check()
    shoot(page, "library-select")
    page.get_by_role("button", name="Join into one video").click()
    page.wait_for_load_state("networkidle")
    shoot(page, "join")

    page.goto(job)
    expect(page.locator("#label")).to_have_text("Done", timeout=600_000)
    expect(page.locator("#result")).to_be_visible()
    shoot(page, "job-done")
    open_comparison(page)
    page.get_by_role("button", name="Create link").click()
    page.wait_for_load_state("networkidle")
    shoot(page, "compare")
    link = page.locator(".share-url").input_value()
    page.get_by_role("button", name="Create clip").click()
    expect(page.locator(".post").get_by_role("link", name="Download")).to_be_visible(timeout=120_000)
    shoot(page, "post", "#post")
    page.locator(".crumb a").click()
    page.locator("#viewer video").wait_for()
    shoot(page, "video")
    page.get_by_role("slider", name="Start").press("Shift+ArrowRight")
    page.locator("#filters summary").click()
    shoot(page, "video-filters")

    with_a_full_library(page, server)
    text = scratch / "readme.pth"
    text.write_text("These are my weights.")
    page.goto("/models/")
    page.locator("#files").set_input_files(text)
    expect(page.get_by_text("This isn't a weights file")).to_be_visible(timeout=60_000)
    shoot(page, "models")
    with_a_run(page, server)
    visit(page, "/preferences/", "preferences")
    visit(page, "/preferences/password/", "password")
    visit(page, "/nowhere/", "not-found")

    stranger = browser.new_context(base_url=server.url).new_page()
    visit(stranger, with_a_dataset(page, scratch), "capture-link")
    visit(stranger, link, "share")
    visit(stranger, f"{link}embed/", "share-embed")
    visit(stranger, "/log-in/", "log-in")
    page.goto("/preferences/")
    page.get_by_label("Public gallery").check()
    page.get_by_role("button", name="Save server settings").click()
    page.goto(f"{job}compare/")
    change_link(page, check="Show in the gallery")
    visit(stranger, "/gallery/", "gallery")
    change_link(page, fill="Password")
    visit(stranger, link, "share-locked")


def with_a_dataset(page: Page, scratch: Path) -> str:
    """A dataset of two captures, one of them held out; returns the URL of its capture link."""
    found = sorted((FOOTAGE / "captures").glob("*.mkv"))[:2]
    made = [scratch / f"capture {number}.mkv" for number in (1, 2)]
    page.goto("/datasets/")
    page.get_by_label("Name").fill("Anniversary, h1v1")
    page.get_by_role("button", name="Create").click()
    page.locator("#main[data-live=live]").wait_for()
    page.locator("#files").set_input_files(found or [make_clip(path, frames=120, size="640x480") for path in made])
    expect(page.locator(".capture[data-state=ready]")).to_have_count(2, timeout=600_000)
    dataset = page.url
    page.locator(".capture a").first.click()
    page.get_by_label("Map").fill("Blood Gulch")
    page.get_by_label("Used for").select_option("held-out")
    page.get_by_role("button", name="Save").click()
    page.locator(".frame").nth(3).click()
    page.wait_for_load_state("networkidle")
    shoot(page, "capture")
    page.goto(dataset)
    page.get_by_text("New capture link").click()
    page.locator("#new-link-licence").fill("CC-BY-4.0")
    page.locator("#new-link-note").fill("Play at 1440p, 60 frames per second.")
    page.get_by_role("button", name="Create link").click()
    page.wait_for_load_state("networkidle")
    shoot(page, "dataset")
    link = page.locator(".share-url").input_value()
    visit(page, "/datasets/", "datasets")
    return link


def change_link(page: Page, check: str = "", fill: str = "") -> None:
    """Of the first link of a comparison, tick a box or fill a field."""
    page.get_by_text("Change", exact=True).click()
    form = page.locator(".share-list .share-form").first
    if check:
        form.get_by_label(check).check()
    if fill:
        form.get_by_label(fill).fill("keyes-loop")
    form.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Link changed.")).to_be_visible()


def with_a_queue(page: Page, count: int) -> None:
    """Start jobs on all others in the library, pause the last one, look, and cancel them again."""
    cards = page.locator(".card").filter(has_text="Not upscaled yet").locator("a")
    expect(cards).to_have_count(count, timeout=180_000)
    for address in [card.get_attribute("href") or "" for card in cards.all()]:
        page.goto(address)
        page.get_by_role("button", name="Start", exact=True).click()
        expect(page.get_by_role("button", name="Cancel")).to_be_visible()
    page.goto("/queue/")
    page.locator(".pause-form button").last.click()
    expect(page.locator(".label").filter(has_text="Paused")).to_be_visible()
    expect(page.locator(".queue-row .left").filter(has_text="left")).to_be_visible(timeout=120_000)
    shoot(page, "queue")
    page.goto("/workers/")
    expect(page.locator(".tasks").filter(has_text="Upscaling")).to_be_visible(timeout=60_000)
    expect(page.locator(".worker-row .network").filter(has_text=re.compile("32|16"))).to_be_visible(timeout=60_000)
    shoot(page, "workers")
    page.goto("/queue/")
    for button in reversed(page.locator("#queued .cancel button").all()[-count:]):
        button.click()
        page.get_by_role("button", name="Cancel job").click()
        expect(button).to_be_hidden()


def with_a_full_library(page: Page, server: Server) -> None:
    """Hundreds of videos, and all that is done with them."""
    server.manage("make_library", "300", "--owner", "chief")
    visit(page, "/?q=blood&game=ce&tag=sample&sort=title", "library-search")
    visit(page, "/?view=list", "library-list")
    visit(page, "/collections/", "collections")
    page.goto("/?q=sniper&select=1")
    for box in page.locator(".select-box input").all()[:3]:
        box.check()
    page.locator("#selection").get_by_role("button", name="Edit").click()
    page.wait_for_load_state("networkidle")
    shoot(page, "bulk-edit")
    page.goto("/bulk/trash/?all=1&query=q%3Dgriffball%26game%3Dhalo2")
    page.get_by_role("button", name="Delete").click()
    visit(page, "/trash/", "trash")
    page.goto("/?q=guardian&game=halo3")
    page.locator(".card a").first.click()
    page.get_by_role("link", name="Edit").first.click()
    page.wait_for_load_state("networkidle")
    shoot(page, "about")


def with_a_run(page: Page, server: Server) -> None:
    """Train for a few minutes on captures of the corpus, if it is there, and publish the result."""
    captures = sorted((FOOTAGE / "captures").glob("*.mkv"))[:3]
    if not captures:
        return
    make_dataset(server, "chief", captures, 24)
    visit(page, "/training/new/", "training-new")
    page.get_by_text("Advanced", exact=True).click()
    page.get_by_label("Network", exact=True).select_option("24x8")
    fields = {"Steps": 300, "Batch": 4, "Patch in pixels": 32, "Degradations per burst": 4}
    for label, value in (fields | {"Samples per degradation": 60}).items():
        page.get_by_label(label, exact=True).fill(str(value))
    page.get_by_role("button", name="Start run").click()
    expect(page.locator("#label")).to_have_text("Done", timeout=1_200_000)
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("button", name="Use it")).to_be_visible(timeout=120_000)
    shoot(page, "run")
    visit(page, "/training/", "training")


def main(clips: list[Path]) -> None:
    TARGET.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, running_server() as server, sync_playwright() as playwright:
        scratch = Path(folder)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        take_all(browser, server, clips or default_clips(scratch), scratch)
        browser.close()


def default_clips(scratch: Path) -> list[Path]:
    """From the corpus: six seconds of a WMV to upscale, and others to fill the library. Else a test picture."""
    old = FOOTAGE / "old"
    if not old.is_dir():
        return [make_clip(scratch / "test picture.avi", frames=60, size="160x120")]
    first = scratch / "Lava arena 2003.wmv"
    ffmpeg(
        "-ss",
        "1",
        "-i",
        old / "wmv2_320x240_15_wma.wmv",
        "-t",
        "3",
        "-c:v",
        "wmv2",
        "-q:v",
        "2",
        "-c:a",
        "wmav2",
        first,
    )
    names = ("xvid_320x240_letterbox16x9.avi", "spark_320x240_30_mp3.flv", "mpeg2_720x480_dvd_sar.mpg")
    return [first, *(old / name for name in names), old / "svq1_320x240_15_ima.mov"]


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])

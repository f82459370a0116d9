"""A server with something on every page, and where each page is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.clips import make_clip
from tests.e2e.conftest import open_comparison, upload
from tests.e2e.dataset import make_run
from tests.e2e.server import Server

MODES = ("wipe", "wipe-down", "side", "flip", "difference")
AS_VISITOR = frozenset({"log-in", "share", "share locked", "share embed", "gallery", "capture link"})
NAMES = (
    *("library", "library list", "library select", "library search", "library nothing", "collections", "trash"),
    *("upload", "join", "video", "video new", "about", "bulk edit", "bulk trash", "job at work", "job done"),
    *(f"compare {mode}" for mode in MODES),
    *("datasets", "dataset", "dataset edit", "dataset add", "capture", "training", "training new", "run"),
    *("queue", "workers", "models", "preferences", "password", "nowhere", *sorted(AS_VISITOR)),
)
SECRET = "the cole protocol"


@dataclass(frozen=True)
class Pages:
    """Addresses by name."""

    of: dict[str, str]


def fill(page: Page, server: Server, owner: str, small: Path, long: Path) -> Pages:
    """Upload, render, compare, share, put away; gives the pages. The long clip's job is paused."""
    found = dict.fromkeys(NAMES, "")
    upload(page, small)
    found["video"] = page.url
    page.locator("#jobs a").click()
    found["job done"] = page.url
    expect(page.locator("#label")).to_have_text("Done", timeout=120_000)
    open_comparison(page)
    for mode in MODES:
        found[f"compare {mode}"] = f"{page.url.split('?')[0]}?m={mode}"
    page.get_by_role("button", name="Create clip").click()
    expect(page.locator(".post").get_by_role("link", name="Download")).to_be_visible(timeout=60_000)
    comparison = found["compare wipe"]
    found |= _links(page, comparison)

    upload(page, long)
    found["video new"] = page.url
    page.locator("#jobs a").click()
    found["job at work"] = page.url
    expect(page.locator("#pair-frame")).to_have_text(re.compile(r"\d"), timeout=120_000)
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#label")).to_have_text("Paused")

    server.manage("make_library", "12", "--owner", owner)
    page.goto("/collections/")
    page.get_by_label("New collection name").fill("Montages")
    page.get_by_role("button", name="Create").click()
    page.goto("/?q=sample")
    page.locator(".card a").first.click()
    page.get_by_role("button", name="Delete").first.click()
    page.locator("#confirm [value=yes]").click()
    expect(page.get_by_text(re.compile("Moved “.*” to the trash"))).to_be_visible()
    ids = [found[name].rstrip("/").rsplit("/", 1)[1] for name in ("video", "video new")]
    chosen = "&".join(f"video={id}" for id in ids)
    found |= {
        "about": f"{found['video']}about/",
        "join": f"/join/?{chosen}",
        "bulk edit": f"/bulk/edit/?{chosen}",
        "bulk trash": f"/bulk/trash/?{chosen}",
        "library": "/",
        "library list": "/?view=list",
        "library select": "/?select=1",
        "library search": "/?q=sample&tag=sample&sort=title",
        "library nothing": "/?q=nothingofthekind",
        "password": "/preferences/password/",
        "nowhere": "/nowhere/",
    }
    found |= _dataset(page, make_clip(small.with_name("capture.avi"), frames=40, size="160x120", sound=None))
    make_run(server, owner)
    page.goto("/training/")
    page.get_by_role("link", name="first light").click()
    expect(page.locator("#moment")).to_contain_text("Step 400")
    found |= {"training new": "/training/new/", "run": page.url}
    for name in (
        "collections",
        "datasets",
        "training",
        "trash",
        "upload",
        "queue",
        "workers",
        "models",
        "preferences",
        "log-in",
        "gallery",
    ):
        found[name] = f"/{name}/"
    return Pages(found)


def _dataset(page: Page, clip: Path) -> dict[str, str]:
    """A dataset with a capture and a capture link."""
    page.goto("/datasets/")
    page.get_by_label("Name").fill("Anniversary")
    page.get_by_role("button", name="Create").click()
    page.locator("#main[data-live=live]").wait_for()
    dataset = page.url
    page.locator("#files").set_input_files(clip)
    expect(page.locator(".capture .label")).to_have_text("Ready", timeout=120_000)
    page.get_by_text("New capture link").click()
    page.locator("#new-link-licence").fill("CC0-1.0")
    page.get_by_role("button", name="Create link").click()
    link = page.locator(".share-url").input_value()
    page.locator(".capture a").click()
    return {
        "dataset": dataset,
        "dataset edit": f"{dataset}edit/",
        "dataset add": f"{dataset}add/",
        "capture": page.url,
        "capture link": link,
    }


def _links(page: Page, comparison: str) -> dict[str, str]:
    """An open link that is in the gallery, and one with a password."""
    page.goto("/preferences/")
    page.get_by_label("Public gallery").check()
    page.get_by_role("button", name="Save").last.click()
    page.goto(comparison)
    page.get_by_text("Options for the new link").click()
    page.get_by_label("Show in the gallery").check()
    page.get_by_role("button", name="Create link").click()
    share = page.locator(".share-url").first.input_value()
    page.goto(comparison)
    page.get_by_text("Options for the new link").click()
    page.locator("#new-link").get_by_label("Password").fill(SECRET)
    page.get_by_role("button", name="Create link").click()
    expect(page.locator(".share-url")).to_have_count(2)
    links = [field.input_value() for field in page.locator(".share-url").all()]
    locked = next(link for link in links if link != share)
    return {"share": share, "share embed": f"{share}embed/", "share locked": locked}


def come_to_rest(page: Page) -> None:
    """Wait until what comes behind the page is there: modules, pictures, fonts."""
    page.wait_for_load_state("load")
    page.evaluate("async () => { await document.fonts.ready; await new Promise(requestAnimationFrame); }")

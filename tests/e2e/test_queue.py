"""The queue as it is seen and ordered: live on every page, by pointer and by keys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.clips import make_clip
from tests.e2e.conftest import errors_of, upload
from tests.e2e.server import Server, running_server

pytestmark = pytest.mark.browser

NAMES = ["Sidewinder", "Zanzibar", "Lockout"]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """With short segments: what is moved in front begins soon."""
    with running_server(HALOWEB_SEGMENT_FRAMES="60") as server:
        yield server


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Long enough that none is done while a test looks at it."""
    folder = tmp_path_factory.mktemp("long")
    return [make_clip(folder / f"{name}.avi", frames=900, size="160x120") for name in NAMES]


@pytest.fixture
def second(context: BrowserContext) -> Iterator[Page]:
    """Another tab of the same person."""
    page = context.new_page()
    errors = errors_of(page)
    page.on("console", lambda message: errors.append(message.text) if "Content Security" in message.text else None)
    yield page
    assert not errors


def open_job(page: Page, clip: Path) -> None:
    """Upload, and open the page of the job that is started by itself."""
    upload(page, clip)
    page.goto(page.locator("#jobs a").get_attribute("href") or "")  # the list is drawn anew while the job goes on
    expect(page.locator("#label")).to_have_text("Upscaling", timeout=60_000)


def names(page: Page) -> list[str]:
    return page.locator("#queued .title").all_inner_texts()


def end_all(page: Page) -> None:
    """Cancel what is in the queue, as a person does."""
    page.goto("/queue/")
    for name in names(page):
        page.get_by_role("button", name=f"Cancel {name}").click()
        page.get_by_role("button", name="Cancel job").click()
        expect(page.get_by_text(name, exact=True)).to_have_count(0)
    expect(page.get_by_role("heading", name="The queue is empty")).to_be_visible()


def say_that_it_waits(server: Server, title: str, reason: str) -> None:
    """As a worker would whose disk is full."""
    script = (
        "from upscaler.jobs.actions import lifecycle\nfrom upscaler.models import Job\n"
        f"lifecycle.job_wait(Job.objects.get(video__title={title!r}), {reason!r})"
    )
    server.manage("shell", "-c", script)


def test_a_job_is_paused_and_goes_on_on_every_page_at_once(
    server: Server, page: Page, second: Page, context: BrowserContext, clips: list[Path]
) -> None:
    open_job(page, clips[0])
    second.goto(page.url)
    queue = context.new_page()
    queue.goto("/queue/")
    for watching in (second, queue):
        watching.evaluate("window.stayed = true")

    page.get_by_role("button", name="Pause").click()

    for watching in (page, second):
        expect(watching.locator("#label")).to_have_text("Paused")
        expect(watching.locator("#left")).not_to_contain_text(":")
        expect(watching.get_by_role("button", name="Resume")).to_be_visible()
        expect(watching.get_by_role("button", name="Pause")).to_be_hidden()
    expect(queue.locator(".queue-row .label")).to_have_text("Paused")
    expect(queue.get_by_role("button", name="Resume Sidewinder")).to_be_visible()

    queue.get_by_role("button", name="Resume Sidewinder").press("Enter")

    expect(queue.get_by_role("button", name="Pause Sidewinder")).to_be_focused()
    for watching in (page, second):
        expect(watching.locator("#label")).to_have_text("Upscaling", timeout=30_000)
        expect(watching.get_by_role("button", name="Pause")).to_be_visible()
        expect(watching.get_by_role("button", name="Resume")).to_be_hidden()
    assert second.evaluate("window.stayed") and queue.evaluate("window.stayed")
    queue.close()

    # another one waits behind it, and says why
    upload(second, clips[1])
    second.locator("#jobs a").click()
    expect(second.locator("#label")).to_have_text("Queued")
    say_that_it_waits(server, "Zanzibar", "The disk is full.")
    expect(second.locator("#waits")).to_have_text("The disk is full.")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Cancel job").click()
    expect(second.locator("#label")).to_have_text("Upscaling", timeout=60_000)
    expect(second.locator("#waits")).to_be_hidden()
    end_all(page)


def test_jobs_are_put_in_order_by_dragging_and_by_keys(page: Page, second: Page, clips: list[Path]) -> None:
    for clip in clips:
        open_job(page, clip)
        page.get_by_role("button", name="Pause").click()
        expect(page.locator("#label")).to_have_text("Paused")
    page.get_by_role("link", name="Queue").click()
    second.goto("/queue/")
    expect(page.locator("#queued .title")).to_have_text(NAMES)

    # by keys: the last one up to the top
    page.get_by_role("button", name="Move Lockout up").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Move Lockout down")).to_be_focused()
    expect(page.locator("#moved")).to_have_text("Lockout is now 1 of 3")
    assert names(page) == ["Lockout", "Sidewinder", "Zanzibar"]
    expect(second.locator("#queued .title")).to_have_text(["Lockout", "Sidewinder", "Zanzibar"])

    # by pointer: the first one to the end, held for longer than a round of asking
    grip, last = page.locator(".grip").first.bounding_box(), page.locator("#queued .queue-row").last.bounding_box()
    assert grip
    assert last
    page.mouse.move(grip["x"] + 10, grip["y"] + 20)
    page.mouse.down()
    page.mouse.move(grip["x"] + 10, last["y"] + last["height"] - 6, steps=15)
    with page.expect_response("**/queue.json"):
        pass
    with page.expect_response("**/queue/order/"):
        page.mouse.up()
    expect(page.locator("#queued .title")).to_have_text(["Sidewinder", "Zanzibar", "Lockout"])
    expect(second.locator("#queued .title")).to_have_text(["Sidewinder", "Zanzibar", "Lockout"])
    second.get_by_role("button", name="Move Zanzibar up").click()
    expect(page.locator("#queued .title")).to_have_text(["Zanzibar", "Sidewinder", "Lockout"])
    page.reload()
    assert names(page) == ["Zanzibar", "Sidewinder", "Lockout"]

    # the order is the one in which they are done
    for name in reversed(NAMES):
        page.get_by_role("button", name=f"Resume {name}").click()
        expect(page.get_by_role("button", name=f"Pause {name}")).to_be_visible()
    expect(page.locator("#queued .label").first).to_have_text("Upscaling", timeout=60_000)

    page.goto("/workers/")
    expect(page.locator(".tasks").filter(has_text="Upscaling Zanzibar, segment")).to_have_count(1)
    end_all(page)

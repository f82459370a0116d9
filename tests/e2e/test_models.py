"""Own models, in the browser: a checkpoint of RRDBNet goes in and renders; what is none is refused."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.clips import FOOTAGE, ffmpeg, shared_weights
from tests.e2e.conftest import play

pytestmark = [pytest.mark.browser, pytest.mark.network]


def test_an_uploaded_rrdbnet_upscales_eight_frames(page: Page, small_clip: Path, tmp_path: Path) -> None:
    import torch

    from upscaler.pipeline.networks.weights import read

    checkpoint = tmp_path / "net_g_latest.pth"
    torch.save({"params_ema": read(shared_weights("RealESRGAN_x4plus.fp16.safetensors"))}, checkpoint)
    page.goto("/models/")
    page.locator("#files").set_input_files(checkpoint)
    model = page.locator(".model", has_text="net g latest")
    expect(model.locator(".label")).to_have_text("Ready", timeout=120_000)
    expect(model).to_contain_text("ESRGAN")

    source = FOOTAGE / "old" / "xvid_320x240_30_mp3.avi"
    clip = tmp_path / "eight.avi"
    # RRDBNet costs 29 times the small network: a corner of the picture keeps the test short
    ffmpeg(
        "-i",
        source if source.is_file() else small_clip,
        "-vf",
        "crop=32:24",
        "-frames:v",
        "8",
        "-an",
        "-c:v",
        "mpeg4",
        "-q:v",
        "3",
        clip,
    )
    page.goto("/upload/")
    page.get_by_text("Upscale after upload").click()
    page.locator("#files").set_input_files(clip)
    page.locator(".upload.whole").wait_for()
    page.get_by_role("link", name="Open").click()
    page.get_by_label("Model").select_option(label="net g latest")
    page.get_by_label("Speed").select_option("fp32")  # then no quicker engine is looked for
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.locator("#label")).to_have_text("Done", timeout=120_000)
    assert play(page, "#result")["frames"] == 8


@pytest.fixture
def own_model(page: Page, tmp_path: Path) -> Locator:
    """On the models page, one that the owner brought."""
    checkpoint = tmp_path / "mine.pth"
    checkpoint.write_text("These are my weights.")
    page.goto("/models/")
    with page.expect_event("load"):
        page.locator("#files").set_input_files(checkpoint)
    model = page.locator(".model", has=page.get_by_role("heading", name="mine", exact=True)).first
    expect(model.locator(".label")).to_have_text("Refused", timeout=60_000)
    return model


def test_a_text_can_be_dragged_into_the_notes(page: Page, own_model: Locator) -> None:
    own_model.get_by_text("Edit").click()
    notes = own_model.get_by_label("Notes")
    notes.scroll_into_view_if_needed()
    box = notes.bounding_box()
    assert box is not None
    place = {"x": box["x"] + 20, "y": box["y"] + 20}
    data = {"items": [{"mimeType": "text/plain", "data": "trained at home"}], "files": [], "dragOperationsMask": 1}
    client = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        client.send("Input.dispatchDragEvent", {"type": kind, **place, "data": data})

    expect(notes).to_have_value("trained at home")


def test_files_that_are_chosen_while_one_is_sent_wait_for_their_turn(page: Page, tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("first.pth", "second.pth", "third.pth")]
    for path in paths:
        path.write_text(f"These are my weights: {path.stem}.")
    held: list[Route] = []
    page.goto("/models/")
    page.route("**/uploads/*", lambda route: held.append(route) if not held else route.continue_())
    page.locator("#files").set_input_files(paths[0])
    rows = page.locator("div.panel:has(progress):visible")
    expect(rows).to_have_count(1)
    for path in paths[1:]:
        page.locator("#files").set_input_files(path)

    expect(rows.locator(".name")).to_have_text(["first.pth", "second.pth", "third.pth"])
    expect(rows.locator(".status")).to_have_text(["Uploading", "Queued", "Queued"])
    with page.expect_event("load"):
        held[0].continue_()
    for path in paths:
        model = page.locator(".model", has=page.get_by_role("heading", name=path.stem, exact=True))
        expect(model.locator(".label")).to_have_text("Refused", timeout=60_000)


class Evil:
    """Unpickled carelessly, it would leave a file behind."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return (open, (str(self.trace), "w"))


def test_what_is_no_generator_is_refused_with_its_reason(page: Page, tmp_path: Path) -> None:
    import torch

    from tests.pipeline.networks.networks_of import discriminator

    trace = tmp_path / "trace"
    evil = tmp_path / "evil.pth"
    with evil.open("wb") as file:
        pickle.dump({"params": Evil(trace)}, file, protocol=2)
    net_d = tmp_path / "net_d_latest.pth"
    torch.save({"params": discriminator(features=8)}, net_d)
    text = tmp_path / "readme.pth"
    text.write_text("These are my weights.")

    expected = {
        "evil": "contains code",
        "net d latest": "This is a discriminator",
        "readme": "This isn't a weights file",
    }
    for path in (evil, net_d, text):
        page.goto("/models/")
        with page.expect_event("load"):
            page.locator("#files").set_input_files(path)
    for name, reason in expected.items():
        model = page.locator(".model", has=page.get_by_role("heading", name=name, exact=True))
        expect(model.locator(".label")).to_have_text("Refused", timeout=60_000)
        expect(model.get_by_role("alert")).to_contain_text(reason)
    assert not trace.exists()

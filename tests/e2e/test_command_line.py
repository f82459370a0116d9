"""What script/upscale writes plays in a browser: from the first frame to the last, picture and sound."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.cli.commandline import upscale
from tests.clips import corpus, truth_of
from tests.e2e.conftest import errors_of, play

FRAMES = 90


@pytest.mark.parametrize("name", ["wmv2_320x240_30_wma.wmv", "xvid_320x240_30_mp3.avi", "spark_320x240_30_mp3.flv"])
def test_the_result_plays_in_chromium(browser: Browser, name: str, tmp_path: Path) -> None:
    target = tmp_path / "out.mp4"
    finished = upscale(corpus(name), target, "--frames", f"0:{FRAMES}")
    assert finished.returncode == 0, finished.stderr
    (tmp_path / "page.html").write_text('<!doctype html><video src="out.mp4" preload="auto"></video>')
    page = browser.new_page()
    errors = errors_of(page)
    page.goto((tmp_path / "page.html").as_uri())
    played = play(page, "video")
    assert (played["width"], played["height"]) == (1280, 960)
    assert played["seconds"] == pytest.approx(FRAMES / truth_of(name)["nominal_fps"], abs=0.1)
    assert page.locator("video").evaluate("video => video.webkitAudioDecodedByteCount") > 0
    assert not errors
    page.close()

"""What every preset gives a browser: the result itself, or the copy that is made in the same pass."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.e2e.conftest import errors_of, play
from tests.pipeline.outputs_of import FRAMES, LIMITS, clip_of, result_of, segments_of, sound, work_of
from upscaler.pipeline.core.presets import PRESETS, Preset
from upscaler.pipeline.core.recipe import Recipe
from upscaler.pipeline.output.assemble import assemble_playable
from upscaler.pipeline.render import encoders
from upscaler.pipeline.render.encode import playable_path, playable_size


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clip_of(tmp_path_factory.mktemp("presets"), sound="libmp3lame")


@pytest.mark.parametrize("chosen", PRESETS.values(), ids=lambda one: one.name)
def test_every_preset_is_played_in_chromium(browser: Browser, chosen: Preset, clip: Path, tmp_path: Path) -> None:
    if reason := encoders.check(chosen):
        pytest.skip(reason)
    work = work_of(clip, Recipe(preset=chosen.name), audio=(sound("mp3"),))
    if chosen.plays:
        film, size = result_of(work, tmp_path, chosen.container), work.plan.output
    else:
        film, size = tmp_path / "playable.mp4", playable_size(work.plan)
        copies = [playable_path(segment) for segment in segments_of(work, tmp_path, with_playable=True)]
        assemble_playable(work.source, work.facts, work.plan, copies, film, LIMITS)
    (tmp_path / "page.html").write_text(f'<!doctype html><video src="{film.name}" preload="auto"></video>')
    page = browser.new_page()
    errors = errors_of(page)
    page.goto((tmp_path / "page.html").as_uri())
    played = play(page, "video")
    assert (played["width"], played["height"]) == (size.width, size.height)
    assert played["seconds"] == pytest.approx(float(FRAMES / work.plan.rate), abs=0.15)
    assert page.locator("video").evaluate("video => video.webkitAudioDecodedByteCount") > 0
    assert not errors
    page.close()

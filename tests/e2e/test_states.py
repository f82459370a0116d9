"""A state has its colour wherever it is shown: at work, well ended, badly ended, or waiting."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from upscaler.models import JobState, ModelState, VideoState

pytestmark = pytest.mark.browser

RESTING: dict[str, set[str]] = {
    "muted": {JobState.QUEUED, JobState.CANCELLED},
    "good": {JobState.DONE, VideoState.READY},
    "bad": {JobState.FAILED, VideoState.REFUSED},
    "warn": {JobState.PAUSED},
}
COLOUR_OF = """(state) => {
    const shown = document.createElement("p");
    shown.className = "state";
    shown.dataset.state = state;
    document.getElementById("main").append(shown);
    const colour = getComputedStyle(shown).color;
    shown.remove();
    return colour;
}"""
TOKEN = """(name) => {
    const shown = document.createElement("p");
    shown.style.color = `var(--${name})`;
    document.getElementById("main").append(shown);
    const colour = getComputedStyle(shown).color;
    shown.remove();
    return colour;
}"""


def test_whatever_is_at_work_has_the_colour_of_work(page: Page) -> None:
    page.goto("/models/")
    colours = {name: page.evaluate(TOKEN, name) for name in ("accent", *RESTING)}
    assert len(set(colours.values())) == 5
    for state in {*JobState.values, *ModelState.values, *VideoState.values}:
        meant = next((name for name, states in RESTING.items() if state in states), "accent")
        assert page.evaluate(COLOUR_OF, state) == colours[meant], state

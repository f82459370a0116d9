"""What tests see of a page is what a person sees of it."""

from __future__ import annotations

import pytest

from tests.page import Page

PAGE = Page(
    """<!doctype html><title>Queue</title><main id="main">
    <h1>Queue</h1><p>Frame <b>7</b>, before
      and after</p><p hidden id="waits">The disk is full.<span hidden>Nothing</span></p>
    <ul><li>One<li data-id="2">Two &amp; &lt;b&gt;</ul>
    <script>const secret = 1;</script><template><li>Three</li></template>
    </main>"""
)


def test_its_text_has_no_line_breaks_and_nothing_that_is_hidden() -> None:
    assert PAGE.text() == "Queue Frame 7, before and after One Two & <b>"
    assert PAGE.text("title") == "Queue"


def test_what_is_hidden_is_read_when_it_is_asked_for() -> None:
    assert (PAGE.text("#waits"), PAGE.one("#waits").is_hidden) == ("The disk is full.", True)


def test_one_element_is_neither_none_nor_two() -> None:
    assert PAGE.one("li[data-id]")["data-id"] == "2"
    assert PAGE.one("ul").texts("li") == ["One", "Two & <b>"]
    for selector in ("li", "table", "main main"):
        with pytest.raises(AssertionError, match=f"elements fit {selector}"):
            PAGE.one(selector)


def test_a_sentence_is_not_looked_up_in_an_element_by_accident() -> None:
    with pytest.raises(KeyError):
        assert "Queue" not in PAGE.one("h1")  # type: ignore[operator]  # that is what must not pass

"""The comparison: both halves are of the same frame, the one asked for; by keyboard, mouse and touch."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, expect

from tests.e2e.conftest import errors_of, open_comparison, upload
from tests.e2e.server import Server
from tests.numbered import centres, make_numbered

pytestmark = [pytest.mark.browser, pytest.mark.network]

RATE = 30
USUAL_SECONDS, USUAL_SEEKS = 6, 5
LONG_SEEKS = 20
GOLDEN = 0.618
"""Of the clip, from one seek to the next: they fall everywhere."""

WATCH = """(bits) => {
    const player = document.querySelector("compare-player");
    const seen = (window.seen = []);
    const { stage, canvas } = player;
    const probe = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const read = (half) => bits[half].reduce((number, [x, y], bit) => {
        const at = (Math.floor(y * probe.canvas.height) * probe.canvas.width + Math.floor(x * probe.canvas.width)) * 4;
        return number + (window.pixels[at] > 128 ? 2 ** bit : 0);
    }, 0);
    const render = stage.render.bind(stage);
    stage.render = (source) => {
        render(source);
        [probe.canvas.width, probe.canvas.height] = [canvas.width, canvas.height];
        probe.drawImage(canvas, 0, 0);
        window.pixels = probe.getImageData(0, 0, canvas.width, canvas.height).data;
        seen.push([read(0), read(1), player.frame]);
    };
}"""


@pytest.fixture(scope="module")
def seconds(request: pytest.FixtureRequest) -> int:
    """Of playback: few in every run of the tests, 60 by ``--playback 60``."""
    return int(request.config.getoption("playback") or USUAL_SECONDS)


@pytest.fixture(scope="module")
def compared(
    browser: Browser,
    server: Server,
    owner_state: StorageState,
    seconds: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> str:
    """The address of the comparison of a clip with numbered frames, with its clip and stills made."""
    clip = make_numbered(tmp_path_factory.mktemp("numbered") / "numbered.avi", (seconds + 6) * RATE)
    context = browser.new_context(storage_state=owner_state, base_url=server.url)
    page = context.new_page()
    upload(page, clip)
    page.locator("#jobs a").click()
    open_comparison(page)
    address = page.url.split("?")[0]
    context.close()
    return address


@pytest.fixture
def open_page(context: BrowserContext, compared: str) -> Iterator[Any]:
    """Opens the comparison; the scripts of its pages must not fail."""
    errors: list[str] = []

    def open_it(query: str = "", *, with_pair: bool = False, is_secure: bool = True) -> Page:
        page = context.new_page()
        errors.extend(errors_of(page))
        if not is_secure:  # as over plain http from another machine
            page.add_init_script("delete window.VideoFrame")
        if with_pair:
            page.route(re.compile(r"/compare/(\?|$)"), _with_two_videos)
        page.goto(f"{compared}{query}")
        page.evaluate("() => customElements.whenDefined('compare-player').then(() => true)")
        return page

    yield open_it
    assert not errors


def _with_two_videos(route: Any) -> None:
    """The page as it is for a result that has no comparison clip."""
    response = route.fetch()
    text = response.text()
    begin = text.index('<script id="player"')
    begin = text.index(">", begin) + 1
    end = text.index("</script>", begin)
    player = json.loads(text[begin:end])
    after = text[text.index('class="button" href="') :].split('"')[3].split("?")[0]
    player |= {"clip": None, "pair": {"before": player["soundBefore"], "after": {"url": after, "start": 0}}}
    route.fulfill(response=response, body=text[:begin] + json.dumps(player) + text[end:])


@pytest.mark.parametrize("is_secure", [True, False])
@pytest.mark.parametrize("mode", ["one decoder", "two videos"])
def test_both_halves_show_the_frame_that_was_asked_for(
    open_page: Any, mode: str, is_secure: bool, seconds: int
) -> None:
    page: Page = open_page(with_pair=mode == "two videos", is_secure=is_secure)
    expected = "ClipSource" if mode == "one decoder" else "PairSource"
    assert page.evaluate("document.querySelector('compare-player').moving.constructor.name") == expected
    page.evaluate(WATCH, [centres(0), centres(1)])
    seeks = LONG_SEEKS if seconds >= 60 else USUAL_SEEKS

    asked = []
    for turn in range(seeks):
        wanted = int(turn * GOLDEN * seconds * RATE + 13) % (seconds * RATE)
        shown = page.evaluate(
            """async ([frame, milliseconds]) => {
                const player = document.querySelector("compare-player");
                player.moving.pause();
                await player.seek(frame);
                await new Promise(requestAnimationFrame);
                await new Promise(requestAnimationFrame);
                const shown = window.seen.at(-1);
                await player.toggle();
                await new Promise((resolve) => setTimeout(resolve, milliseconds));
                return shown;
            }""",
            [wanted, 1000 * seconds / seeks],
        )
        asked.append((wanted, shown))
    seen = page.evaluate("window.seen")
    frames = {left for left, _, _ in seen}
    apart = [one for one in seen if one[0] != one[1]]
    missed = [(wanted, shown) for wanted, shown in asked if shown[:2] != [wanted, wanted]]
    print(f"\n{mode}: {len(seen)} pictures of {len(frames)} frames in {seconds} s with {seeks} seeks; ", end="")
    print(f"{len(apart)} with other frames in their halves, {len(missed)} seeks that missed")
    assert apart == []
    assert missed == []
    assert len(frames) > 5 * seconds, "it did not play"


def test_a_link_holds_time_mode_and_the_place_of_the_line(open_page: Any) -> None:
    page: Page = open_page("?t=2.5&x=0.25&m=wipe-down")

    player = "document.querySelector('compare-player')"
    state = f"(p => [p.frame, p.stage.view.split, p.stage.view.mode])({player})"
    page.wait_for_function(f"() => {state}[0] === 75")
    assert page.evaluate(state) == [75, 0.25, "wipe-down"]

    page.keyboard.press(".")
    page.keyboard.press("3")
    page.keyboard.press("]")
    page.wait_for_url("**t=2.533**m=side**")
    assert "x=0.27" in page.url


def test_everything_is_done_by_keyboard(open_page: Any) -> None:
    page: Page = open_page("?t=1")
    player = "document.querySelector('compare-player')"
    page.wait_for_function(f"() => {player}.frame === 30")
    view = f"{player}.stage.view"

    for key, expression in (
        (".", f"{player}.frame === 31"), (",", f"{player}.frame === 30"), ("ArrowRight", f"{player}.frame === 31"),
        ("l", f"{player}.frame === 181"), ("j", f"{player}.frame === 31"),
        ("2", f"{view}.mode === 'wipe-down'"), ("3", f"{view}.mode === 'side'"), ("4", f"{view}.mode === 'flip'"),
        ("5", f"{view}.mode === 'difference'"), ("1", f"{view}.mode === 'wipe'"),
        ("]", f"{view}.split === 0.52"), ("[", f"{view}.split === 0.5"),
        ("z", f"{view}.loupe !== null"), ("z", f"{view}.loupe === null"),
        ("+", f"{view}.zoom === 1.25"), ("-", f"{view}.zoom === 1"), ("p", f"{view}.pixels"),
        ("<", f"{player}.speed === 0.5"), (">", f"{player}.speed === 1"),
        ("m", f"{player}.moving.master.muted"), ("m", f"!{player}.moving.master.muted"),
        ("i", f"{player}.loop.from === 31"), (".", f"{player}.frame === 32"), ("o", f"{player}.loop.to === 32"),
        (" ", f"{player}.isPlaying"), ("x", f"{player}.loop.from === null"), ("k", f"!{player}.isPlaying"),
        ("f", f"document.fullscreenElement === {player}"), ("f", "!document.fullscreenElement"),
        ("?", f"{player}.help.open"),
    ):  # fmt: skip
        page.keyboard.press(key)
        page.wait_for_function(f"() => {expression}", timeout=5000)
    page.keyboard.press("Escape")
    page.keyboard.down("b")
    page.wait_for_function(f"() => {view}.flipped === 'before'")
    page.keyboard.up("b")
    page.wait_for_function(f"() => {view}.flipped === ''")
    page.keyboard.down("a")
    page.wait_for_function(f"() => {view}.flipped === 'after'")
    page.evaluate("dispatchEvent(new Event('blur'))")  # the key is let go in another window
    page.wait_for_function(f"() => {view}.flipped === ''")
    page.keyboard.up("a")
    page.get_by_label("Position of the divider").focus()
    page.keyboard.press("Home")
    page.wait_for_function(f"() => {view}.split === 0")


@pytest.mark.parametrize("with_pair", [False, True])
def test_after_the_server_was_away_it_plays_from_where_it_was(
    context: BrowserContext, open_page: Any, with_pair: bool
) -> None:
    player = "document.querySelector('compare-player')"
    context.route("**/media/**", lambda route: route.abort())
    page: Page = open_page("?t=2", with_pair=with_pair)
    note = page.locator("compare-player .drift")
    expect(note).to_have_text("The server can't be reached. Press play to retry.")
    with page.expect_event("requestfailed"):
        page.keyboard.press("k")
    expect(note).to_contain_text("reached")
    context.unroute_all()
    page.keyboard.press("k")
    page.wait_for_function(f"() => {player}.isPlaying && {player}.frame > 60")
    expect(note).not_to_contain_text("reached")


def test_a_file_that_can_not_be_played_is_said_to_be_one(context: BrowserContext, open_page: Any) -> None:
    context.route("**/media/**", lambda route: route.fulfill(body="no film", content_type="video/mp4"))
    page: Page = open_page()
    expect(page.locator("compare-player .drift")).to_contain_text("This browser can't play the comparison.")


def test_a_player_that_leaves_the_page_stops_and_ignores_keys(open_page: Any) -> None:
    page = open_page()
    player = page.evaluate_handle("document.querySelector('compare-player')")
    player.evaluate("(it) => { it.moving.master.muted = true; return it.moving.play().then(() => it.remove()); }")

    page.keyboard.press("3")

    assert player.evaluate("(it) => [it.moving.master.paused, it.stage.view.mode]") == [True, "wipe"]


def test_play_on_a_still_begins_there(open_page: Any) -> None:
    page: Page = open_page()
    thumb = page.locator(".thumb").nth(2)
    frame = int(thumb.get_attribute("data-frame") or -1)
    assert frame > 30
    thumb.click()
    player = "document.querySelector('compare-player')"
    page.wait_for_function(f"() => {player}.still?.frame === {frame} && {player}.still.pictures")

    first = page.evaluate(
        f"""async () => {{
            await {player}.toggle();
            await new Promise((resolve) => {player}.moving.video.requestVideoFrameCallback(resolve));
            return {player}.frame;
        }}"""
    )

    assert frame <= first <= frame + 30


def test_the_line_follows_a_finger_and_two_come_closer(
    browser: Browser, owner_state: StorageState, compared: str
) -> None:
    context = browser.new_context(
        storage_state=owner_state,
        viewport={"width": 390, "height": 844},
        has_touch=True,
        is_mobile=True,
    )
    page = context.new_page()
    errors = errors_of(page)
    page.goto(compared)
    canvas = page.locator("compare-player canvas")
    box = canvas.bounding_box()
    assert box
    view = "document.querySelector('compare-player').stage.view"

    page.touchscreen.tap(box["x"] + box["width"] * 0.2, box["y"] + box["height"] / 2)
    page.wait_for_function(f"() => Math.abs({view}.split - 0.2) < 0.02")
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    canvas.evaluate(
        """(canvas, [x, y]) => {
            const say = (kind, id, at) => canvas.dispatchEvent(new PointerEvent(kind, {
                pointerId: id, clientX: at, clientY: y, pointerType: "touch", buttons: 1, bubbles: true,
            }));
            canvas.setPointerCapture = () => {};
            say("pointerdown", 1, x - 20); say("pointerdown", 2, x + 20);
            say("pointermove", 1, x - 60); say("pointermove", 2, x + 60);
            say("pointerup", 1, x - 60); say("pointerup", 2, x + 60);
        }""",
        middle,
    )
    assert page.evaluate(f"{view}.zoom") == pytest.approx(3, abs=0.01)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert not errors
    context.close()


def test_stills_are_shown_and_saved(open_page: Any, tmp_path: Path) -> None:
    page: Page = open_page()
    thumb = page.locator(".thumb").nth(2)
    thumb.click()
    frame = int(thumb.get_attribute("data-frame") or -1)
    page.wait_for_function(f"() => document.querySelector('compare-player').still?.frame === {frame}")
    page.wait_for_function("() => document.querySelector('compare-player').still.pictures")

    save = page.locator(".still").nth(2).locator("details")
    save.locator("summary").click()
    names = {}
    for words in ("Before, PNG", "After, PNG", "Both in one image"):
        with page.expect_download() as waited:
            save.get_by_text(words).click()
        path = tmp_path / f"{words}.png"
        waited.value.save_as(path)
        names[words] = path.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n", int.from_bytes(path.read_bytes()[16:20])
    assert names == {"Before, PNG": (True, 128), "After, PNG": (True, 512), "Both in one image": (True, 1024)}

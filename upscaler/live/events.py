"""Everything that a page can be told while it watches, each kind a typed payload.

To add one: a payload here, and a handler of the same name in static/upscaler/js/live.js.
"""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from upscaler.models import Event
from upscaler.site_urls import comparison_url, media_url


class Stage(TypedDict):
    """The subject has entered a state; ``label`` is what a person reads."""

    kind: Literal["stage"]
    state: str
    label: str


class Progress(TypedDict):
    """Frames rendered so far. ``fps`` and ``seconds_left`` are null until they can be told."""

    kind: Literal["progress"]
    frame: int
    total: int
    fps: float | None
    seconds_left: float | None


class FramePair(TypedDict):
    """The same frame before and after, as ids of two artifacts. Pages get their URLs, see ``payload_for_page``."""

    kind: Literal["pair"]
    frame: int
    before: str
    after: str


class Watchable(TypedDict):
    """So many seconds from the beginning are rendered without a gap, and can be watched."""

    kind: Literal["watchable"]
    seconds: float


class LogLine(TypedDict):
    """One line for the job's log."""

    kind: Literal["log"]
    text: str


class Waits(TypedDict):
    """Why nobody works on a job that is wanted; an empty ``text`` when somebody does again."""

    kind: Literal["waits"]
    text: str


class Fetched(TypedDict):
    """Bytes of a video that are here from its address; ``total`` is null where the site does not say it."""

    kind: Literal["fetched"]
    bytes: int
    total: int | None


class Finished(TypedDict):
    """The result is published. Pages get the comparison's URL, see ``payload_for_page``."""

    kind: Literal["finished"]


class Failed(TypedDict):
    """It ended without a result; ``error`` says why and what to try."""

    kind: Literal["failed"]
    error: str


Payload = Stage | Progress | FramePair | Watchable | LogLine | Waits | Fetched | Finished | Failed


def payload_for_page(event: Event) -> dict[str, Any]:
    """Return the payload of a stored event as a page gets it: with URLs for what it names.

    Rows of versions before 0.3 hold URLs already; they are returned as they are.
    """
    payload: dict[str, Any] = event.payload
    if event.kind == "finished":
        return payload | {"url": comparison_url(event.subject)}
    if event.kind == "pair":
        urls = {side: payload[side] for side in ("before", "after")}
        return payload | {side: id if id.startswith("/") else media_url(id) for side, id in urls.items()}
    return payload


KEPT = {"progress": 200, "pair": 10, "watchable": 10, "fetched": 20}
"""How many of a kind are kept for a subject; the others are kept whole."""

"""Everything that a page can be told while it watches, each kind a typed payload.

To add one: a payload here, and a handler of the same name in static/upscaler/js/live.js.
"""

from __future__ import annotations

from typing import Literal, TypedDict


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
    """The same frame before and after, as addresses of two pictures."""

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
    """The result is published; ``url`` is where it can be compared."""

    kind: Literal["finished"]
    url: str


class Failed(TypedDict):
    """It ended without a result; ``error`` says why and what to try."""

    kind: Literal["failed"]
    error: str


Payload = Stage | Progress | FramePair | Watchable | LogLine | Waits | Fetched | Finished | Failed

KEPT = {"progress": 200, "pair": 10, "watchable": 10, "fetched": 20}
"""How many of a kind are kept for a subject; the others are kept whole."""

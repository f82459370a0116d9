"""The events that live pages receive, each kind a typed payload.

To add one: a payload here, and a handler of the same name in the page's module.
"""

from __future__ import annotations

from typing import Literal, TypedDict


class Stage(TypedDict):
    """The subject has entered a state; ``label`` is shown."""

    kind: Literal["stage"]
    state: str
    label: str


class Progress(TypedDict):
    """Frames rendered so far. ``fps`` and ``seconds_left`` are null until they are known."""

    kind: Literal["progress"]
    frame: int
    total: int
    fps: float | None
    seconds_left: float | None


class FramePair(TypedDict):
    """The same frame before and after, as URLs of two pictures."""

    kind: Literal["pair"]
    frame: int
    before: str
    after: str


class Watchable(TypedDict):
    """The seconds from the start that are rendered without a gap and can be watched."""

    kind: Literal["watchable"]
    seconds: float


class LogLine(TypedDict):
    """One line of the job's log."""

    kind: Literal["log"]
    text: str


class Waits(TypedDict):
    """Why no worker can run a job; ``text`` is empty once one runs it again."""

    kind: Literal["waits"]
    text: str


class Fetched(TypedDict):
    """Bytes downloaded of an imported video; ``total`` is null if the site doesn't give it."""

    kind: Literal["fetched"]
    bytes: int
    total: int | None


class Finished(TypedDict):
    """The result is published; ``url`` is its comparison page."""

    kind: Literal["finished"]
    url: str


class Failed(TypedDict):
    """The subject failed; ``error`` says why and what to do."""

    kind: Literal["failed"]
    error: str


Payload = Stage | Progress | FramePair | Watchable | LogLine | Waits | Fetched | Finished | Failed

KEPT = {"progress": 200, "pair": 10, "watchable": 10, "fetched": 20}
"""How many events of a kind are stored per subject; of other kinds, all are."""

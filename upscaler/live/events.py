"""The events that live pages receive, each kind a typed payload.

To add one: a payload here, and a handler of the same name in the page's module.
"""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from upscaler.models import Event
from upscaler.site_urls import comparison_url, media_url


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
    """The same frame before and after, as ids of two artifacts. Pages get their URLs, see ``payload_for_page``."""

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
    """The result is published. Pages get the comparison's URL, see ``payload_for_page``."""

    kind: Literal["finished"]


class CaptureChange(TypedDict):
    """The state of one capture of a dataset, with its frames so far. ``total`` is 0 until it is known."""

    kind: Literal["capture"]
    id: str
    state: str
    label: str
    seen: int
    total: int
    kept: int


class DatasetWork(TypedDict):
    """The leak check or the export of a dataset has come into a state, or further."""

    kind: Literal["work"]
    of: Literal["leaks", "export"]
    state: str


class Failed(TypedDict):
    """The subject failed; ``error`` says why and what to do."""

    kind: Literal["failed"]
    error: str


class Samples(TypedDict):
    """Shards of a training run's samples that are prepared."""

    kind: Literal["samples"]
    done: int
    total: int


class TrainingPoint(TypedDict):
    """A point of a training run's curves. ``total`` is 0 until the speed is known; ``score`` is a held-out PSNR."""

    kind: Literal["point"]
    step: int
    total: int
    seconds: float
    seconds_left: float | None
    loss: float | None
    rate: float
    score: float | None
    note: str
    has_snapshot: bool
    has_pictures: bool


class Rewound(TypedDict):
    """A training run continues from this step: what it had reported after it is trained again."""

    kind: Literal["rewound"]
    step: int


class Shown(TypedDict):
    """The held-out frames of a training run that its page shows: how many, and whether with the weights before."""

    kind: Literal["shown"]
    pictures: int
    has_base: bool


Payload = (
    Stage
    | Progress
    | FramePair
    | Watchable
    | LogLine
    | Waits
    | Fetched
    | Finished
    | CaptureChange
    | DatasetWork
    | Failed
    | Samples
    | TrainingPoint
    | Rewound
    | Shown
)


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


KEPT = {
    **{"progress": 200, "pair": 10, "watchable": 10, "fetched": 20, "capture": 200, "work": 20},
    **{"samples": 20, "point": 200},
}
"""How many events of a kind are stored per subject; of other kinds, all are."""

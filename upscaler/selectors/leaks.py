"""What the last leak check of a dataset found, for its page."""

from __future__ import annotations

from dataclasses import dataclass

from upscaler.models import Capture, Dataset
from upscaler.selectors.contact_sheets import PER_SHEET


@dataclass(frozen=True)
class LeakRow:
    """A frame that is trained on and shows what a held-out frame shows. ``page`` is that of the contact sheet."""

    training: Capture
    frame: int
    page: int
    held_out: Capture
    held_out_frame: int


@dataclass(frozen=True)
class LeakReport:
    """The state of the last check: "", "queued", "running", "done", "stopped" or "failed"."""

    state: str
    done: int = 0
    total: int = 0
    error: str = ""
    rows: tuple[LeakRow, ...] = ()


def leak_report(dataset: Dataset) -> LeakReport:
    """Return what the last check found; an empty state without one since the last change."""
    stored = dataset.leaks_json
    if stored is None:
        return LeakReport("")
    found = stored.get("leaks", [])
    ids = {leak[side] for leak in found for side in ("training", "held_out")}
    captures = {str(capture.pk): capture for capture in dataset.captures.filter(pk__in=ids)} if ids else {}
    return LeakReport(
        state=stored["state"],
        done=stored.get("done", 0),
        total=stored.get("total", 0),
        error=stored.get("error", ""),
        rows=tuple(
            LeakRow(
                training=captures[leak["training"]],
                frame=leak["training_frame"],
                page=leak["training_frame"] // PER_SHEET + 1,
                held_out=captures[leak["held_out"]],
                held_out_frame=leak["held_out_frame"],
            )
            for leak in found
            if leak["training"] in captures and leak["held_out"] in captures
        ),
    )

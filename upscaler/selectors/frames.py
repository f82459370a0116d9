"""The frames of a capture, narrowed by how they are used and by why the harvest left them out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Count, QuerySet

from upscaler.models import Capture, Frame
from upscaler.training.dataset.frame import SENTENCES, Reason

ALL, USED, UNUSED, CHOSEN = "all", "used", "unused", "chosen"
FILTERS: dict[str, Callable[[QuerySet[Frame]], QuerySet[Frame]]] = {
    ALL: lambda frames: frames,
    USED: lambda frames: frames.filter(is_used=True),
    UNUSED: lambda frames: frames.filter(is_used=False),
    CHOSEN: lambda frames: frames.filter(choice__isnull=False),
}
"""The filters that aren't reasons."""
LABELS = {
    Reason.BLACK: "Black",
    Reason.STATIC: "Nothing moves",
    Reason.BLURRED: "Blurred",
    Reason.SOFTER: "Softer",
    Reason.DUPLICATE: "Duplicate",
    Reason.REPEATED: "Repeated",
    Reason.SHORT: "Too short",
    Reason.ENOUGH: "Enough",
    Reason.UNREADABLE: "Unreadable",
}


@dataclass(frozen=True)
class ReasonCount:
    """Frames that the harvest left out for one reason; ``sentence`` says it."""

    name: str
    label: str
    sentence: str
    count: int


def frames_shown(capture: Capture, shown: str, scene: int | None) -> QuerySet[Frame]:
    """Return the frames that a filter names, in order; all of them for an unknown one."""
    frames = Frame.objects.filter(capture=capture).order_by("number")
    if scene is not None:
        frames = frames.filter(scene=scene)
    return FILTERS[shown](frames) if shown in FILTERS else frames.filter(reason=shown)


def reasons_of(capture: Capture) -> list[ReasonCount]:
    """Return why frames of a capture were left out, the most frequent reason first."""
    rows = Frame.objects.filter(capture=capture).exclude(reason="").order_by()
    counts = rows.values_list("reason").annotate(count=Count("pk")).order_by("-count", "reason")
    known = [(Reason(name), count) for name, count in counts if name in set(Reason)]
    return [ReasonCount(reason.value, LABELS[reason], SENTENCES[reason], count) for reason, count in known]

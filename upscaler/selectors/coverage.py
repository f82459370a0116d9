"""What the frames of a dataset cover: maps, brightness and motion; and what is missing, as sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db.models import Count, Q

from upscaler.models import Capture, CaptureSplit, CaptureState, Dataset, Frame

DARK, BRIGHT = 40.0, 110.0
"""Mean luma, of 255, below which a frame is dark, and from which on it is bright: as training.dataset.coverage has it,
which the web process can't load, since it needs OpenCV."""
SLOW, FAST = 0.3, 2.0
"""Mean motion, in per cent of the width per frame, below which a frame is still, and from which on it is fast."""
RARE = 0.05
"""The share below which a kind of frames is said to be missing."""
FEW_MAPS = 3
BANDS: tuple[tuple[str, str, str, Q], ...] = (
    ("brightness", "Dark", "dark scenes, such as night and interiors", Q(brightness__lt=DARK)),
    ("brightness", "Medium", "scenes of medium brightness", Q(brightness__gte=DARK, brightness__lt=BRIGHT)),
    ("brightness", "Bright", "bright scenes, such as snow and open sky", Q(brightness__gte=BRIGHT)),
    ("motion", "Still", "little motion, such as standing and looking", Q(motion__lt=SLOW)),
    ("motion", "Slow", "slow motion, such as walking", Q(motion__gte=SLOW, motion__lt=FAST)),
    ("motion", "Fast", "fast motion, such as turning and driving", Q(motion__gte=FAST)),
)
"""Of each band: what it is of, its name, its frames as a sentence has them, and their condition."""


@dataclass(frozen=True)
class Band:
    """Frames of one kind; ``share`` is of all frames for which it is known, 0 to 1."""

    name: str
    frames: int
    share: float


@dataclass(frozen=True)
class MapRow:
    """The captures of one map; the name is empty for those whose map nobody has entered."""

    name: str
    captures: int
    frames: int
    is_held_out: bool


@dataclass(frozen=True)
class Coverage:
    """What the used frames of a dataset cover. ``frames`` is all of them; bands are those that are trained on."""

    frames: int
    held_out_frames: int
    maps: tuple[MapRow, ...]
    brightness: tuple[Band, ...]
    motion: tuple[Band, ...]
    missing: tuple[str, ...]


def coverage_of(dataset: Dataset) -> Coverage:
    """Return the coverage of a dataset: one query on its captures, and one on the frames that are trained on."""
    ready = Capture.objects.filter(dataset=dataset, state=CaptureState.READY)
    captures = list(ready.only("map", "split", "frames_kept", "facts_json"))
    trained = [capture for capture in captures if capture.split == CaptureSplit.TRAINING]
    counts = Frame.objects.filter(capture__in=[capture.pk for capture in trained], is_used=True).aggregate(
        **{f"band_{at}": Count("pk", filter=condition) for at, (*_, condition) in enumerate(BANDS)}
    )
    numbers = [counts[f"band_{at}"] for at in range(len(BANDS))]
    maps = _maps(captures)
    return Coverage(
        frames=sum(capture.frames_kept for capture in captures),
        held_out_frames=sum(capture.frames_kept for capture in captures if capture.split == CaptureSplit.HELD_OUT),
        maps=maps,
        brightness=_bands("brightness", numbers),
        motion=_bands("motion", numbers),
        missing=tuple(_missing(captures, maps, numbers)),
    )


def _maps(captures: Sequence[Capture]) -> tuple[MapRow, ...]:
    by_name: dict[str, list[Capture]] = {}
    for capture in captures:
        by_name.setdefault(capture.map.strip().lower(), []).append(capture)
    rows = [
        MapRow(
            name=of_map[0].map.strip(),
            captures=len(of_map),
            frames=sum(capture.frames_kept for capture in of_map),
            is_held_out=all(capture.split == CaptureSplit.HELD_OUT for capture in of_map),
        )
        for of_map in by_name.values()
    ]
    return tuple(sorted(rows, key=lambda row: -row.frames))


def _bands(of: str, numbers: Sequence[int]) -> tuple[Band, ...]:
    own = [(name, number) for (kind, name, _, _), number in zip(BANDS, numbers, strict=True) if kind == of]
    total = sum(number for _, number in own)
    return tuple(Band(name, number, number / total if total else 0.0) for name, number in own)


def _missing(captures: Sequence[Capture], maps: Sequence[MapRow], numbers: Sequence[int]) -> Iterator[str]:
    """Yield a sentence for each thing that is missing, the most important one first."""
    if not captures:
        return
    trained = [row for row in maps if not row.is_held_out]
    if not any(capture.split == CaptureSplit.HELD_OUT for capture in captures):
        yield "No capture is held out, so models can't be evaluated. Hold out the captures of one map."
    elif not trained:
        yield "All captures are held out, so there is nothing to train on. Use some for training."
    if any(not row.name for row in maps):
        yield "Some captures have no map. Enter it, so that a map is never trained on and held out at once."
    if 0 < len(trained) < FEW_MAPS:
        words = "1 map" if len(trained) == 1 else f"{len(trained)} maps"
        yield f"Only {words} to train on. Models that learn more maps do better on all of them. Add captures of others."
    if captures and all((capture.facts_json or {}).get("rate") is None for capture in captures):
        yield "All captures are pictures, so no motion is learned. Add a video of 30 frames per second."
    for of in ("brightness", "motion"):
        bands = _bands(of, numbers)
        if sum(band.frames for band in bands):
            yield from _rare(of, bands)


def _rare(of: str, bands: Sequence[Band]) -> Iterator[str]:
    words = [said for kind, _, said, _ in BANDS if kind == of]
    for band, said in zip(bands, words, strict=True):
        if not band.frames:
            yield f"No frame has {said}." if of == "motion" else f"There are no {said}."
        elif band.share < RARE:
            yield f"Few frames show {said}: {max(band.share, 0.01):.0%}."

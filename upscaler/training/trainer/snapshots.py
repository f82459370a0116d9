"""Snapshots: the averaged weights at points of a run, any of which can be looked at and published."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from safetensors.torch import load_file, save_file
from torch import Tensor

CURVE = "curve.jsonl"
MAX_SNAPSHOTS = 120
"""Beyond these, every second one of the older half is deleted."""


@dataclass(frozen=True)
class Point:
    """A point of a run's curves. ``score`` is the held-out PSNR-Y in dB, None between snapshots."""

    step: int
    seconds: float
    loss: float
    rate: float
    score: float | None = None
    note: str = ""
    """What the guard did."""


def append_point(folder: Path, point: Point) -> None:
    """Append a point to the run's curve."""
    with (folder / CURVE).open("a") as file:
        file.write(json.dumps(asdict(point)) + "\n")


def points(folder: Path) -> Iterator[Point]:
    """Yield the points of a run, each step's last: a run that was killed repeats those after its last checkpoint."""
    latest: dict[int, Point] = {}
    path = folder / CURVE
    for line in path.read_text().splitlines() if path.is_file() else []:
        try:
            point = Point(**json.loads(line))
        except (json.JSONDecodeError, TypeError):  # the last line, cut off by a kill
            continue
        latest[point.step] = point
    yield from (latest[step] for step in sorted(latest))


def forget_after(folder: Path, step: int) -> None:
    """Delete what was written after a checkpoint that the run continues from."""
    kept = [point for point in points(folder) if point.step <= step]
    path = folder / CURVE
    temporary = path.with_suffix(".tmp")
    temporary.write_text("".join(json.dumps(asdict(point)) + "\n" for point in kept))
    temporary.replace(path)
    for snapshot, at in snapshots(folder):
        if at > step:
            snapshot.unlink(missing_ok=True)


def write_snapshot(folder: Path, step: int, weights: dict[str, Tensor]) -> Path:
    """Write the weights of a step, and thin out the older snapshots."""
    path = folder / f"snapshot-{step:08d}.safetensors"
    temporary = path.with_suffix(".tmp")
    save_file({key: value.detach().cpu().contiguous() for key, value in weights.items()}, temporary)
    temporary.replace(path)
    kept = list(snapshots(folder))
    if len(kept) > MAX_SNAPSHOTS:
        for old, _ in kept[1 : len(kept) // 2 : 2]:
            old.unlink(missing_ok=True)
    return path


def read_snapshot(path: Path) -> dict[str, Tensor]:
    """Return the weights of a snapshot, on the CPU."""
    return dict(load_file(path, device="cpu"))


def snapshots(folder: Path) -> Iterator[tuple[Path, int]]:
    """Yield the snapshots of a run with their steps, in order."""
    for path in sorted(folder.glob("snapshot-*.safetensors")):
        yield path, int(path.stem.partition("-")[2])

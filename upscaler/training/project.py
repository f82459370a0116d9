"""The way of a model, in one folder: captures, harvest, samples, training. Each step continues where it was left.

dataset/        the captures and the frames that were harvested
samples/        shards of degraded twins
run/            checkpoints, snapshots and the curve
evaluation/     scores and pictures
published/      the versions of the model
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from upscaler.pipeline.core.errors import Refused
from upscaler.pipeline.core.limits import Limits
from upscaler.training.core.capture import Burst, Capture, Split

from .dataset.folder import Dataset
from .dataset.harvest_options import HarvestCounts, HarvestOptions
from .dataset.leaks import refuse_leaks
from .dataset.split import check_split
from .samples.prepare import PreparationRecipe, prepare
from .trainer.recipe import TrainingRecipe

RECIPE = "recipe.json"
VIDEOS = frozenset({".mkv", ".mp4", ".mov", ".avi", ".webm", ".m4v"})

Progress = Callable[[str, int, int], None]
"""Called with the name of the step, what is done of it, and the total."""


@dataclass(frozen=True)
class ProjectRecipe:
    """``base`` is a model's name or a file of weights, "" to train from scratch."""

    preparation: PreparationRecipe
    training: TrainingRecipe
    base: str

    def to_json(self) -> dict[str, Any]:
        return {
            "preparation": self.preparation.to_json(), "training": self.training.to_json(), "base": self.base
        }  # fmt: skip

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> ProjectRecipe:
        preparation = PreparationRecipe.from_json(data["preparation"])
        return cls(preparation, TrainingRecipe.from_json(data["training"]), data["base"])


class Project:
    """A folder with everything of one model in the making."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def samples(self) -> Path:
        return self.folder / "samples"

    @property
    def run(self) -> Path:
        return self.folder / "run"

    @property
    def evaluation(self) -> Path:
        return self.folder / "evaluation"

    @property
    def published(self) -> Path:
        return self.folder / "published"

    def dataset(self, name: str, *, game: str = "", licence: str = "") -> Dataset:
        """Open the project's dataset, or make it."""
        folder = self.folder / "dataset"
        if (folder / "dataset.json").is_file():
            return Dataset.open(folder)
        return Dataset.create(folder, name, game=game, licence=licence)

    def keep_recipe(self, recipe: ProjectRecipe) -> ProjectRecipe:
        """Return the recipe that the run started with, or store this one for a run that has not started.

        Raises Refused if a run that has started is to go on with another recipe.
        """
        path, data = self.run / RECIPE, json.loads(json.dumps(recipe.to_json()))
        has_started = (self.run / "checkpoints").is_dir()
        if has_started and path.is_file():
            started = ProjectRecipe.from_json(json.loads(path.read_text()))
            kept = json.loads(json.dumps(started.to_json()))  # with what later versions added
            if kept != data:
                changed = ", ".join(sorted(_differences(kept, data)))
                raise Refused(
                    f"This project's run started with other settings ({changed}). Use the same ones to continue it, "
                    "or another project folder."
                )
            return started
        self.run.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".tmp")
        temporary.write_text(json.dumps(data, indent=2))
        temporary.replace(path)
        return recipe


def capture_paths(paths: Iterable[Path]) -> list[Path]:
    """Return the captures that paths name: files, folders of pictures, and the videos of folders of videos.

    Raises Refused for a path that isn't there.
    """
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise Refused(f"There is no file or folder {path}.")
        videos = sorted(entry for entry in path.iterdir() if entry.suffix.lower() in VIDEOS) if path.is_dir() else []
        found += videos or [path]
    return found


def add_captures(
    dataset: Dataset,
    paths: Iterable[Path],
    limits: Limits,
    on_progress: Progress,
    *,
    on_message: Callable[[str], None],
    held_out: Iterable[str] = (),
    maps: Mapping[str, str] | None = None,
    licence: str = "",
) -> None:
    """Add the captures that the dataset lacks. ``held_out`` and ``maps`` go by the names of files, without extension.

    ``on_message`` gets a sentence for a file that is left out because it can't be a capture. Raises Refused if all are,
    and for names that no capture has.
    """
    wanted = capture_paths(paths)
    kept_apart, maps = set(held_out), maps or {}
    if unknown := (kept_apart | set(maps)) - {path.stem for path in wanted}:
        raise Refused(f"No capture is called {min(unknown)}. There are: {', '.join(path.stem for path in wanted)}.")
    there = {capture.path for capture in dataset.captures}
    for number, path in enumerate(wanted):
        on_progress("Analysing captures", number, len(wanted))
        if path.resolve() in there:
            continue
        split = (Split.HELD_OUT if path.stem in kept_apart else Split.TRAINING) if kept_apart else None
        try:
            dataset.add_capture(path.resolve(), limits, map_name=maps.get(path.stem, ""), licence=licence, split=split)
        except Refused as refusal:
            if len(wanted) == 1:
                raise
            on_message(f"{path.name} is left out: {refusal.message}")
    on_progress("Analysing captures", len(wanted), len(wanted))


def harvest_captures(dataset: Dataset, options: HarvestOptions, limits: Limits, on_progress: Progress) -> None:
    """Harvest the captures that were not harvested yet."""
    for entry in dataset.manifest.captures:
        if entry.harvested is None:

            def report(counts: HarvestCounts) -> None:
                on_progress("Harvesting frames", counts.seen, counts.total)

            dataset.harvest(entry.capture.id, options, limits, report)


def check_leaks(dataset: Dataset, on_progress: Progress) -> None:
    """Raise Refused, naming both frames, if a held-out frame is trained on, too."""
    refuse_leaks(dataset, lambda done, total: on_progress("Comparing the sides", done, total))


def captures_of(dataset: Dataset) -> list[tuple[Capture, list[Burst]]]:
    """Return the captures with their kept frames. Raises Refused unless some are to be trained on, others held out."""
    check_split(dataset.captures)
    return [(capture, dataset.bursts(capture.id)) for capture in dataset.captures]


def prepare_samples(
    project: Project, dataset: Dataset, recipe: ProjectRecipe, limits: Limits, on_progress: Progress
) -> None:
    """Make the shards that are missing."""
    prepare(
        captures_of(dataset), recipe.preparation, project.samples, limits,
        lambda done, total: on_progress("Preparing samples", done, total),
    )  # fmt: skip


def _differences(one: dict[str, Any], other: dict[str, Any], prefix: str = "") -> Iterable[str]:
    for key in one.keys() | other.keys():
        first, second = one.get(key), other.get(key)
        if isinstance(first, dict) and isinstance(second, dict):
            yield from _differences(first, second, f"{key} ")
        elif first != second:
            yield f"{prefix}{key}"

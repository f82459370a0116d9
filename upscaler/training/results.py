"""What comes of a project's run: its evaluation on held-out captures, and the published version with its card."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from upscaler.pipeline.core.errors import Refused
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.networks.builtin import BUILTIN

from .core.capture import Burst, Capture, Split
from .core.twin import Pixels
from .dataset.folder import Dataset
from .dataset.split import map_of
from .degradation.eras import draw
from .evaluation import pictures
from .evaluation.cases.held_out import held_out_case
from .evaluation.clips import Case, Sampling, TwinCase
from .evaluation.contestants import Contestant, baselines, open_network
from .evaluation.evaluate import evaluate
from .evaluation.fingerprint import tensors_sha256
from .evaluation.report import to_json, to_markdown
from .evaluation.rows import ClipRow, FrameRow, Row
from .evaluation.summary import summarise
from .networks.base import State, spec_of
from .project import Project, ProjectRecipe, captures_of
from .publishing import card as cards
from .publishing.files import publish
from .publishing.licences import BASE, CAPTURES, TEACHER, Part
from .publishing.lineage import Base, Lineage
from .publishing.lineage import Dataset as DatasetFacts
from .publishing.versions import Version, next_version
from .samples.sources import ClipSource, clip_sources

CASES = 6
"""Clips that a model is evaluated on, each with another degradation, spread over the held-out captures."""
SAMPLING = Sampling(every=20, burst=2)
PICTURES = 3
CROP = (240, 180)


@dataclass(frozen=True)
class Publication:
    """What a person says of the version that is published."""

    name: str
    licence: str = ""
    author: str = ""
    game: str = ""
    notes: str = ""
    step: int = 0
    """The step of the run that is published; 0 for its end."""


def evaluate_run(
    project: Project,
    dataset: Dataset,
    recipe: ProjectRecipe,
    weights: Path,
    scratch: Path,
    limits: Limits,
    on_clip: Callable[[int, int], None],
) -> tuple[cards.Evaluation, dict[str, Pixels]]:
    """Score weights on twins of the held-out captures, beside Lanczos and stock, and draw some frames.

    ``on_clip`` gets how many clips of how many are done, and may raise to stop: rows are kept. Raises Refused where no
    capture is held out.
    """
    cases = held_out_cases(captures_of(dataset), recipe, scratch, limits)
    contestants = [*baselines(scratch), open_network(str(weights), scratch, name=dataset.manifest.name)]
    done, total = 0, len(cases) * len(contestants)

    def on_row(row: Row) -> None:
        nonlocal done
        if isinstance(row, ClipRow):
            done += 1
            on_clip(done, total)

    on_clip(0, total)
    rows = evaluate(cases, contestants, project.evaluation / "rows.jsonl", SAMPLING, on_row=on_row)
    summary = summarise(rows)
    tables = to_markdown(summary, SAMPLING)
    (project.evaluation / "report.md").write_text(tables)
    return cards.Evaluation(to_json(summary, SAMPLING), tables), _pictures(rows, cases, contestants)


def held_out_cases(
    captures: Sequence[tuple[Capture, Sequence[Burst]]], recipe: ProjectRecipe, scratch: Path, limits: Limits
) -> list[TwinCase]:
    """Return the clips to evaluate on: other degradations of the recipe than those that the run watched."""
    sources = [
        source
        for capture, bursts in captures
        if capture.split is Split.HELD_OUT
        for source in clip_sources(capture, bursts)
    ]
    if not sources:
        raise Refused("No frames are held out, so the model can't be evaluated. Hold out a capture.")
    chosen = sources[:: max(1, len(sources) // CASES)][:CASES]
    return [_case(chosen[number % len(chosen)], number, recipe, scratch, limits) for number in range(CASES)]


def _case(source: ClipSource, number: int, recipe: ProjectRecipe, scratch: Path, limits: Limits) -> TwinCase:
    seed = recipe.preparation.seed
    index = recipe.preparation.held_out_twins + number
    degradation = draw(recipe.preparation.era, source.size, source.rate, seed, source.name, index)
    return held_out_case(
        f"{source.name} {number + 1}", map_of(source.capture), lambda: source.frames(limits, seed), source.rate,
        degradation, scratch, limits,
    )  # fmt: skip


def _pictures(rows: Sequence[Row], cases: Sequence[Case], contestants: Sequence[Contestant]) -> dict[str, Pixels]:
    """Draw frames on which the model gains what it gains usually."""
    frames = [row for row in rows if isinstance(row, FrameRow)]
    chosen = pictures.typical_frames(frames, contestants[-1].name, contestants[1].name, PICTURES)
    drawn = {}
    for number, (name, at) in enumerate(chosen, 1):
        case = next(case for case in cases if case.name == name)
        frame = next(iter(case.frames(Sampling(10**9, first=at))))
        drawn[f"picture-{number}.png"] = pictures.compare(frame, contestants, size=CROP)
    return drawn


def publish_run(
    project: Project,
    dataset: Dataset,
    recipe: ProjectRecipe,
    state: State,
    publication: Publication,
    evaluation: cards.Evaluation | None,
    drawn: Mapping[str, Pixels],
    *,
    version: str,
    seconds: float,
    base: State | None = None,
    teacher: tuple[str, State] | None = None,
) -> tuple[Path, Version]:
    """Publish weights of the run as the next version of its name. ``version`` is HaloWeb's. Return the folder."""
    number = next_version(publication.name, (folder.name for folder in _folders(project.published)))
    parts = [Part(CAPTURES, dataset.manifest.name, _licence_of(dataset), publication.author)]
    made_from = Base(recipe.base, tensors_sha256(base)) if base is not None else None
    learned_from = Base(teacher[0], tensors_sha256(teacher[1])) if teacher else None
    parts += [Part(BASE, recipe.base, _licence_of_model(recipe.base))] if made_from else []
    parts += [Part(TEACHER, teacher[0], _licence_of_model(teacher[0]))] if teacher else []
    lineage = Lineage(
        dataset=_dataset_facts(dataset),
        recipe=recipe.training.to_json(),
        degradation=recipe.preparation.to_json(),
        seed=recipe.training.seed,
        steps=publication.step,
        haloweb=version,
        parts=tuple(parts),
        base=made_from,
        teacher=learned_from,
        seconds=seconds,
        device=platform.processor() or platform.machine(),
    )
    captions = [cards.CardPicture(name, "Crops of a held-out frame, and its truth.") for name in drawn]
    card = cards.Card(
        version=number,
        game=publication.game or dataset.manifest.game,
        author=publication.author,
        licence=publication.licence,
        architecture=spec_of(state).title,
        lineage=lineage,
        notes=publication.notes,
        evaluation=evaluation,
        pictures=tuple(captions),
    )
    return publish(state, project.published, card, drawn), number


def _folders(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []


def _dataset_facts(dataset: Dataset) -> DatasetFacts:
    manifest = dataset.manifest

    def maps(side: Split) -> tuple[str, ...]:
        return tuple(sorted({map_of(capture) for capture in dataset.captures if capture.split is side}))

    frames = sum(burst.count for capture in dataset.captures for burst in dataset.bursts(capture.id))
    return DatasetFacts(manifest.name, manifest.content_hash, frames, maps(Split.TRAINING), maps(Split.HELD_OUT))


def _licence_of(dataset: Dataset) -> str:
    licences: dict[str, Any] = dict.fromkeys(
        capture.licence or dataset.manifest.licence for capture in dataset.captures
    )
    return ", ".join(licence for licence in licences if licence)


def _licence_of_model(name: str) -> str:
    return "BSD-3-Clause" if name in BUILTIN else ""

"""Publishes points of training runs as models, each with a card that says what it was made of."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.db import transaction

from haloweb.version import VERSION
from upscaler.jobs import queues
from upscaler.live import log
from upscaler.models import ModelState, TrainingRun, UpscaleModel, User
from upscaler.pipeline.core.errors import Refused
from upscaler.training.publishing.licences import BASE, CAPTURES, TEACHER, Part, limits_of_use
from upscaler.training.publishing.lineage import Base, Dataset, Lineage
from upscaler.training.publishing.versions import Version, next_version, parse
from upscaler.training.trainer.recipe import TrainingRecipe

GAME_NAMES = {"ce": "h1", "halo2": "h2", "halo3": "h3", "halo4": "h4", "halo5": "h5"}
"""How models of a game are named by default; other games by their own short names."""
SINGLE_FRAMES = (
    "It was trained on video of one game: other footage may gain less. Each frame is enlarged by itself. "
    "It restores what such a frame usually shows, which need not be what was there."
)


def version_suggested(run: TrainingRun) -> str:
    """Return the next version for a model of the run's game, such as "h1v2"."""
    game = run.dataset.game
    plain = "".join(letter for letter in run.dataset.name.lower() if letter.isascii() and letter.isalnum())
    name = GAME_NAMES.get(game, game) or plain[:20] or "model"
    try:
        return str(next_version(name, UpscaleModel.objects.values_list("name", flat=True)))
    except Refused:  # a dataset named as a version is
        return str(next_version("model", UpscaleModel.objects.values_list("name", flat=True)))


def version_named(text: str) -> Version:
    """Return the version that a person entered. Raises Refused for a name that is no version, or exists."""
    version = parse(text.strip())
    if version is None:
        raise Refused("Enter a name and a number with a v between them, such as h1v1.")
    if UpscaleModel.objects.filter(name__iexact=str(version)).exists():
        raise Refused(f"There is a model named {version}. Enter the next number.")
    return version


def run_publish(*, run: TrainingRun, step: int, version: Version, licence: str, notes: str, user: User) -> UpscaleModel:
    """Publish the averaged weights of a step. The model is checked as an upload is, then jobs can use it.

    Raises Refused if the step has no snapshot.
    """
    point = run.points.filter(step=step, has_snapshot=True).first()
    if point is None:
        raise Refused(f"Step {step:,} has no snapshot any more. Publish another point of the run.")
    card = _card(run, step, point.score, version, licence=licence, notes=notes, user=user)
    with transaction.atomic():
        model = UpscaleModel.objects.create(
            name=str(version),
            original_name=f"{version}.safetensors",
            uploaded_by=user,
            state=ModelState.CHECKING,
            licence=licence[:120],
            notes=notes,
            run=run,
            step=step,
            card_json=card,
        )
        log.append(run, {"kind": "log", "text": f"Published step {step:,} as {version}."})
        queues.enqueue_weights_check(model.pk)
    return model


def dataset_described(run: TrainingRun, captures: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what a card says of the dataset, of captures as ``capture_to_json`` has them."""
    rows = {str(row.pk): row for row in run.dataset.captures.all()}
    content = [[rows[each["id"]].sha256, each["split"], each["bursts"]] for each in captures if each["id"] in rows]
    digest = hashlib.sha256(json.dumps(sorted(content)).encode()).hexdigest()
    maps: dict[str, set[str]] = {"training": set(), "held-out": set()}
    for each in captures:
        if (row := rows.get(each["id"])) is not None and row.map:
            maps[each["split"]].add(row.map)
    frames = sum(count for each in captures if each["split"] == "training" for _, count in each["bursts"])
    licences = sorted({rows[each["id"]].licence or run.dataset.licence for each in captures if each["id"] in rows})
    return {
        "sha256": digest,
        "frames": frames,
        "maps": sorted(maps["training"]),
        "held_out_maps": sorted(maps["held-out"]),
        "licences": licences,
    }


def _card(
    run: TrainingRun, step: int, score: float | None, version: Version, *, licence: str, notes: str, user: User
) -> dict[str, Any]:
    """Return the card as ``training.publishing.card.Card`` has it, which loads torch."""
    recipe = TrainingRecipe.from_json(run.recipe_json)
    lineage = _lineage(run, recipe, step)
    return {
        "title": str(version),
        "version": {"name": version.name, "number": version.number},
        "game": run.dataset.get_game_display() if run.dataset.game else "",
        "author": user.username,
        "licence": licence,
        "architecture": recipe.network.title,
        "lineage": lineage.to_json(),
        "scale": 4,
        "notes": "\n".join(filter(None, [notes, _score_in_words(score)])),
        "evaluation": None,
        "speed": None,
        "pictures": [],
        "files": [],
        "parameters": 0,
        "tensors_sha256": "",
        "limits": [*limits_of_use(lineage.parts), SINGLE_FRAMES],
    }


def _score_in_words(score: float | None) -> str:
    return f"Held-out PSNR-Y of its samples: {score:.2f} dB." if score is not None else ""


def _lineage(run: TrainingRun, recipe: TrainingRecipe, step: int) -> Lineage:
    described = run.preparation_json.get("dataset", {})
    base = run.base
    point = run.points.filter(step=step).first()
    parts = [Part(CAPTURES, run.dataset.name, each) for each in described.get("licences", [run.dataset.licence])]
    if base is not None:
        kinds = [BASE, *([TEACHER] if recipe.teacher_share else [])]
        parts += [Part(kind, base.name, base.licence) for kind in kinds]
    weights = Base(base.name, base.sha256) if base is not None else None
    return Lineage(
        dataset=Dataset(
            name=run.dataset.name,
            sha256=described.get("sha256", ""),
            frames=described.get("frames", 0),
            maps=tuple(described.get("maps", ())),
            held_out_maps=tuple(described.get("held_out_maps", ())),
        ),
        recipe=run.recipe_json,
        degradation=run.preparation_json,
        seed=recipe.seed,
        steps=step,
        haloweb=VERSION,
        parts=tuple(parts),
        base=weights,
        teacher=weights if recipe.teacher_share else None,
        seconds=point.seconds if point is not None else 0.0,
    )

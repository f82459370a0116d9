"""Training runs, read through their owner, and those that wait for a worker."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from django.core.files.storage import default_storage
from django.db.models import Count, F, Q, QuerySet

from upscaler.models import RunPoint, RunState, TrainingRun, User
from upscaler.selectors.rows import found_or_404
from upscaler.training.networks.spec import NetworkSpec, work_per_pixel
from upscaler.training.trainer.recipe import TrainingRecipe
from upscaler.training.trainer.run_files import BASE, PICTURE, PICTURES, TRUTH, picture_name, snapshot_name

MAX_POINTS = 800
"""Points of a curve that a page gets; more aren't seen on a screen."""
SPEED_STEPS = 100
"""Steps from which a run tells its speed."""
HAS_SAMPLES = Q(samples_total__gt=0, samples_done__gte=F("samples_total"))


def run_get(*, user: User, id: UUID) -> TrainingRun:
    """Return a run. Raises Http404 if it doesn't exist or is another user's."""
    runs = TrainingRun.objects.select_related("dataset", "base")
    return found_or_404(runs.filter(owner=user, pk=id).first())


def runs_of(user: User) -> QuerySet[TrainingRun]:
    """Return a user's runs, the newest first, each with its number of published ``versions_count``."""
    runs = TrainingRun.objects.filter(owner=user).select_related("dataset", "base")
    return runs.annotate(versions_count=Count("versions")).order_by("-created_at")


def runs_to_prepare() -> QuerySet[TrainingRun]:
    """Return the runs whose samples have to be prepared."""
    return TrainingRun.objects.filter(~HAS_SAMPLES, state__in=(RunState.QUEUED, RunState.PREPARING))


def runs_to_train() -> QuerySet[TrainingRun]:
    """Return the runs that wait for a device or are trained, the oldest first."""
    runs = TrainingRun.objects.filter(HAS_SAMPLES, state__in=(RunState.QUEUED, RunState.TRAINING))
    return runs.order_by("created_at")


def has_samples(run: TrainingRun) -> bool:
    """Are all samples of the run prepared?"""
    return 0 < run.samples_total <= run.samples_done


def points_shown(run: TrainingRun) -> list[RunPoint]:
    """Return about MAX_POINTS points of a run's curves: all with a snapshot or a note, the others evenly spaced."""
    points = list(run.points.order_by("step"))
    every = -(-len(points) // MAX_POINTS) or 1
    return [
        point
        for number, point in enumerate(points)
        if number % every == 0 or point.has_snapshot or point.note or number == len(points) - 1
    ]


@dataclass(frozen=True)
class Pictures:
    """The stored pictures of a run: ``examples`` are shown, at each of ``steps``."""

    examples: int
    has_base: bool
    steps: frozenset[int]


def pictures_of(run: TrainingRun) -> Pictures:
    """Return which pictures of a run are stored: those of a snapshot count once all of its examples are."""
    try:
        names = default_storage.listdir(f"{run.folder}/{PICTURES}")[1]
    except FileNotFoundError:
        names = []
    files = {f"{PICTURES}/{name}" for name in names}
    examples = sum(file.endswith(f"-{TRUTH}.webp") for file in files)
    counted = Counter(int(match[1]) for file in files if (match := PICTURE.fullmatch(file)))
    steps = frozenset(step for step, count in counted.items() if count >= examples)
    return Pictures(examples, picture_name(examples - 1, BASE) in files, steps)


def snapshot_key(run: TrainingRun, step: int) -> str:
    """Return the key of the averaged weights of a step in media storage."""
    return f"{run.folder}/{snapshot_name(step)}"


def seconds_per_work(user: User) -> float | None:
    """Return the seconds per multiplication of the newest run that tells its speed; None without one.

    A step's multiplications are those of its forward pass: the network's per pixel, times the pixels of a batch.
    """
    runs = TrainingRun.objects.filter(owner=user, step__gte=SPEED_STEPS, seconds__gt=0)
    run = runs.order_by("-created_at").first()
    if run is None:
        return None
    recipe = TrainingRecipe.from_json(run.recipe_json)
    return run.seconds / run.step / work_of_step(recipe.network, recipe.batch, recipe.patch)


def work_of_step(network: NetworkSpec, batch: int, patch: int) -> int:
    """Return the multiplications of a step's forward pass."""
    return work_per_pixel(network) * batch * patch**2


def seconds_left(run: TrainingRun) -> float | None:
    """Return the seconds that a run will still train, None while its speed isn't known."""
    budget = run.recipe_json.get("seconds") or 0.0
    if run.state == RunState.DONE:
        return 0.0
    if budget:
        return float(max(0.0, budget - run.seconds))
    if not run.step or not run.total:
        return None
    return float(max(0, run.total - run.step) * run.seconds / run.step)

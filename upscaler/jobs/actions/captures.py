"""Adds, changes and deletes captures of datasets, and the choice of their frames."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from django.db import transaction
from django.db.models import Q, QuerySet

from upscaler.jobs import queues
from upscaler.jobs.actions.dataset_work import leaks_outdate
from upscaler.library.listing import in_parts
from upscaler.live import log
from upscaler.live.snapshots import capture_change
from upscaler.models import (
    Capture,
    CaptureSplit,
    CaptureState,
    Dataset,
    Event,
    Frame,
    TrainingRun,
    User,
    Video,
)
from upscaler.selectors.datasets import measured_capture
from upscaler.training.core.capture import Split
from upscaler.training.dataset.split import decide_split


def capture_from_video(*, dataset: Dataset, video: Video, map: str = "") -> Capture:
    """Add a copy of a video of the library to a dataset. A task copies its file."""
    capture = Capture(
        dataset=dataset,
        video=video,
        title=video.title,
        original_name=video.original_name,
        map=map or video.map,
        licence=dataset.licence,
        size=video.size,
    )
    capture.split = split_of_map(capture)
    with transaction.atomic():
        capture.save(force_insert=True)
        queues.enqueue_capture(capture.pk)
        announce(capture)
    return capture


def announce(capture: Capture) -> None:
    """Tell pages of the dataset how a capture stands."""
    log.append(capture.dataset, capture_change(capture))


def split_of_map(capture: Capture) -> str:
    """Return the side of the split on which the other captures of its map are; a map is on one side as a whole."""
    return _same_map(capture).values_list("split", flat=True).first() or CaptureSplit.TRAINING


def capture_describe(*, capture: Capture, title: str, map: str, licence: str, split: str) -> None:
    """Change the description of a capture. All captures of its map come to the same side of the split."""
    with transaction.atomic():
        capture.title, capture.map, capture.licence, capture.split = title, map, licence, split
        capture.save(update_fields=["title", "map", "licence", "split"])
        _same_map(capture).update(split=split)
        leaks_outdate(capture.dataset_id)


def split_decide(*, dataset: Dataset) -> None:
    """Hold out every fifth map, at least one of two."""
    captures = dataset.captures.select_related("dataset").filter(facts_json__isnull=False)
    sides = decide_split(measured_capture(capture, Path()) for capture in captures)
    for side in Split:
        for ids in in_parts(id for id, decided in sides.items() if decided is side):
            dataset.captures.filter(pk__in=ids).update(split=side.value)
    leaks_outdate(dataset.pk)


def capture_harvest_again(*, capture: Capture) -> bool:
    """Harvest a capture with the dataset's current options. False while it is being measured."""
    rows = Capture.objects.filter(pk=capture.pk, state__in=(CaptureState.READY, CaptureState.REFUSED))
    with transaction.atomic():
        if not rows.update(state=CaptureState.WAITING, error="", frames_seen=0):
            return False
        queues.enqueue_capture(capture.pk)
        capture.refresh_from_db()
        announce(capture)
    return True


def capture_delete(*, capture: Capture) -> None:
    """Delete a capture: its rows at once, its files by a task."""
    folder = capture.folder
    with transaction.atomic():
        capture.delete()
        leaks_outdate(capture.dataset_id)
        queues.enqueue_removal(folder)


def dataset_delete(*, dataset: Dataset) -> None:
    """Delete a dataset and its captures. Raises RestrictedError if training runs use it."""
    folders = [dataset.folder, *(capture.folder for capture in dataset.captures.all())]
    with transaction.atomic():
        log.forget(dataset)
        dataset.delete()
        queues.enqueue_removal(*folders)


def datasets_delete(*, owners: Sequence[User]) -> None:
    """Delete all datasets of these accounts, with the training runs that use them."""
    datasets = Dataset.objects.filter(owner__in=owners)
    runs = TrainingRun.objects.filter(Q(owner__in=owners) | Q(dataset__owner__in=owners))
    with transaction.atomic():
        folders = [*(run.folder for run in runs), *(dataset.folder for dataset in datasets)]
        folders += [capture.folder for capture in Capture.objects.filter(dataset__owner__in=owners)]
        for ids in in_parts([*datasets.values_list("pk", flat=True), *runs.values_list("pk", flat=True)]):
            Event.objects.filter(subject__in=ids).delete()
        runs.delete()
        datasets.delete()
        queues.enqueue_removal(*folders)


def frames_choose(*, capture: Capture, frames: QuerySet[Frame], choice: bool | None) -> int:
    """Include or exclude frames; with None, the harvest's choice applies again. Return how many frames are used."""
    with transaction.atomic():
        frames.filter(capture=capture).update(choice=choice)
        return count_used(capture)


def count_used(capture: Capture) -> int:
    """Count the frames of a capture that are used, after they have changed, and store the number."""
    used = capture.frames.filter(is_used=True).count()
    Capture.objects.filter(pk=capture.pk).update(frames_kept=used)
    leaks_outdate(capture.dataset_id)
    capture.frames_kept = used
    return used


def _same_map(capture: Capture) -> QuerySet[Capture]:
    """Return the other captures of the dataset with the same map; none where it isn't known."""
    others = Capture.objects.filter(dataset=capture.dataset_id).exclude(pk=capture.pk)
    return others.filter(map__iexact=capture.map.strip()) if capture.map.strip() else others.none()

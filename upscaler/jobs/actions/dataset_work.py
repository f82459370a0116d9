"""Work on a whole dataset, such as a leak check: one at a time of each kind, whose state a column of the dataset holds.

It isn't leased: work whose worker died is started again by a person. A later start replaces an earlier one, whose
worker notices when it stores how far it is.
"""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID, uuid4

from django.db import transaction

from upscaler.jobs import queues
from upscaler.live import log
from upscaler.models import Dataset

Kind = Literal["leaks", "export"]


def leaks_check(*, dataset: Dataset) -> None:
    """Enqueue a check for leaks."""
    with transaction.atomic():
        queues.enqueue_leak_check(dataset.pk, _begin(dataset, "leaks"))


def export_start(*, dataset: Dataset) -> None:
    """Enqueue an export. An earlier one can be downloaded until it is replaced."""
    with transaction.atomic():
        queues.enqueue_export(dataset.pk, _begin(dataset, "export"))


def leaks_outdate(dataset_id: UUID) -> None:
    """Forget which leaks were found: captures, the split or the choice of frames have changed."""
    Dataset.objects.filter(pk=dataset_id, leaks_json__isnull=False).update(leaks_json=None)


def dataset_of_work(kind: Kind, dataset_id: UUID, work: str) -> Dataset | None:
    """Return the dataset, unless this work on it was replaced or is outdated."""
    return Dataset.objects.filter(pk=dataset_id, **{f"{kind}_json__work": work}).first()


def work_store(kind: Kind, dataset: Dataset, work: str, **values: Any) -> bool:
    """Store how a work stands, and tell pages. False if it was replaced or is outdated."""
    with transaction.atomic():
        rows = Dataset.objects.filter(pk=dataset.pk, **{f"{kind}_json__work": work})
        if not rows.update(**{f"{kind}_json": {"work": work, **values}}):
            return False
        log.append(dataset, {"kind": "work", "of": kind, "state": values["state"]})
    return True


def _begin(dataset: Dataset, kind: Kind) -> str:
    work = str(uuid4())
    Dataset.objects.filter(pk=dataset.pk).update(**{f"{kind}_json": {"work": work, "state": "queued"}})
    return work

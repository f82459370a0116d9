"""Starts leak checks of datasets, and stores what they find. A change of the dataset makes a check outdated."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.db import transaction

from upscaler.jobs import queues
from upscaler.live import log
from upscaler.models import Dataset


def leaks_check(*, dataset: Dataset) -> None:
    """Enqueue a check, which replaces one that is running."""
    check = str(uuid4())
    with transaction.atomic():
        Dataset.objects.filter(pk=dataset.pk).update(leaks_json={"check": check, "state": "queued"})
        queues.enqueue_leak_check(dataset.pk, check)


def leaks_outdate(dataset_id: UUID) -> None:
    """Forget what was found: captures, the split or the choice of frames have changed."""
    Dataset.objects.filter(pk=dataset_id, leaks_json__isnull=False).update(leaks_json=None)


def leaks_store(dataset: Dataset, check: str, **values: Any) -> bool:
    """Store how a check stands, and tell pages. False if it is outdated."""
    with transaction.atomic():
        rows = Dataset.objects.filter(pk=dataset.pk, leaks_json__check=check)
        if not rows.update(leaks_json={"check": check, **values}):
            return False
        log.append(dataset, {"kind": "leaks", "state": values["state"]})
    return True

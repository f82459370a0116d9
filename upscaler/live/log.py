"""The append-only log of events."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import F

from upscaler.live.events import KEPT, Payload
from upscaler.models import Event
from upscaler.models.subject import Subject

PRUNE_EVERY = 50


def append(subject: Subject, payload: Payload) -> int:
    """Write one event and return its number.

    The number is counted in the subject's row, whose lock serialises writers: on PostgreSQL, row
    ids become visible out of order, and a reader that follows them skips some.
    """
    with transaction.atomic():
        rows = type(subject)._default_manager.filter(pk=subject.pk)
        if not rows.update(event_seq=F("event_seq") + 1):
            return 0  # deleted in the meantime
        number = rows.values_list("event_seq", flat=True).get()
        Event.objects.create(subject=subject.pk, seq=number, kind=payload["kind"], payload=payload)
        if number % PRUNE_EVERY == 0:
            _prune(subject)
    return number


def append_to_each(kind_of: type[Subject], ids: Sequence[UUID], *payloads: Payload) -> None:
    """Write the same events for several subjects of one kind, in the same number of queries as for one.

    It is for kinds of which all events are stored: nothing is pruned. Deleted subjects are skipped.
    """
    with transaction.atomic():
        rows = kind_of._default_manager.filter(pk__in=ids)
        rows.update(event_seq=F("event_seq") + len(payloads))  # and holds their locks, so that the numbers stay
        Event.objects.bulk_create(
            Event(subject=subject, seq=seq, kind=payload["kind"], payload=payload)
            for subject, last in rows.values_list("pk", "event_seq")
            for seq, payload in enumerate(payloads, start=last - len(payloads) + 1)
        )


def forget(subject: Subject) -> None:
    """Delete all events of a subject that is being deleted."""
    Event.objects.filter(subject=subject.pk).delete()


def _prune(subject: Subject) -> None:
    for kind, kept in KEPT.items():
        of_kind = Event.objects.filter(subject=subject.pk, kind=kind)
        bound = of_kind.order_by("-seq").values_list("seq", flat=True)[kept : kept + 1].first()
        if bound is not None:
            of_kind.filter(seq__lte=bound).delete()

"""Workers, and what they do with segments."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from haloweb.version import VERSION
from upscaler.jobs.base.identity import machine
from upscaler.jobs.rendering import claims
from upscaler.jobs.rendering.claims import Claim
from upscaler.models import Event, Job, Segment, Worker
from upscaler.pipeline.render.segments import Rendered

RENDERED = Rendered(frames=15, size=100, sha256="ab" * 32, seconds=1.5)


def make_worker(name: str, **values: object) -> Worker:
    now = timezone.now()
    usual = {"machine": machine(), "host": "here", "pid": 1, "queue": "gpu", "version": VERSION}
    return Worker.objects.create(name=name, **usual | {"started_at": now, "heartbeat_at": now} | values)


def claimed(worker: str = "a worker") -> Claim:
    claim = claims.claim_next(worker)
    assert claim is not None
    return claim


def expire(claim: Claim) -> None:
    Segment.objects.filter(pk=claim.segment.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def events_of(job: Job) -> list[dict[str, Any]]:
    return [{"seq": event.seq, "payload": event.payload} for event in Event.objects.filter(subject=job.pk)]

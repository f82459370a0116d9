"""Workers say that they are there; those of another version, or with another key, take nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from haloweb.version import VERSION
from tests.jobs.helpers import make_worker
from upscaler.jobs.base import leases, stopping
from upscaler.jobs.base.identity import machine, worker_name
from upscaler.jobs.recovery import reaper
from upscaler.jobs.rendering import claims
from upscaler.jobs.worker import heartbeat
from upscaler.models import Job, Segment, SegmentState, Video, VideoState, Worker

pytestmark = pytest.mark.django_db


def test_a_worker_tells_what_it_is_and_is_renewed() -> None:
    heartbeat.heartbeat.report("gpu")
    Worker.objects.update(heartbeat_at=timezone.now() - timedelta(minutes=1))
    assert Worker.objects.get().is_silent

    heartbeat.heartbeat.report("gpu")

    worker = Worker.objects.get()
    assert (worker.name, worker.machine, worker.queue) == (worker_name(), machine(), "gpu")
    assert (worker.version, worker.refuses, worker.is_silent) == (VERSION, "", False)
    assert worker.device


def test_a_worker_that_stops_says_so() -> None:
    stopping.requested.set()
    try:
        heartbeat.heartbeat.report("cpu")
    finally:
        stopping.requested.clear()
    assert Worker.objects.get().is_stopping


def test_what_a_dead_worker_of_this_machine_held_is_free_at_once(job: Job, video: Video) -> None:
    dead = "here:1:1"
    make_worker(dead)
    claim = claims.claim_next(dead)
    assert claim is not None
    soon = timezone.now() + timedelta(seconds=25)
    held = {"state": VideoState.PROBING, "lease_until": soon, "leased_by": dead, "starts": 1}
    Video.objects.filter(pk=video.pk).update(**held)

    assert reaper.reap() == 1

    assert Segment.objects.get(pk=claim.segment.pk).state == SegmentState.WAITING
    video.refresh_from_db()
    assert (video.lease_until, video.leased_by, video.starts) == (None, "", 1)
    assert not Worker.objects.exists()


def test_a_start_does_not_count_where_the_worker_was_asked_to_stop(video: Video) -> None:
    make_worker("here:1:1", is_stopping=True)
    Video.objects.filter(pk=video.pk).update(lease_until=timezone.now(), leased_by="here:1:1", starts=2)

    reaper.reap()

    video.refresh_from_db()
    assert video.starts == 1


def test_workers_elsewhere_are_left_alone_until_their_lease_ends(job: Job) -> None:
    make_worker("there:1:1", machine="another")
    claim = claims.claim_next("there:1:1")
    assert claim is not None

    assert reaper.reap() == 0

    assert Segment.objects.get(pk=claim.segment.pk).state == SegmentState.CLAIMED
    assert Worker.objects.exists()


def test_a_lease_that_was_lost_is_known_to_be(video: Video) -> None:
    with leases.lease(video, (VideoState.READY,)):
        assert leases.is_held(video)
        Video.objects.filter(pk=video.pk).update(leased_by="another")
        assert not leases.is_held(video)
    video.refresh_from_db()
    assert video.leased_by == "another", "what another holds is not let go"

"""One worker at a time measures a video or puts a job together."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.db.models import QuerySet
from django.utils import timezone

from upscaler.jobs import tasks
from upscaler.jobs.base import leases
from upscaler.jobs.base.leases import LEASE, lease
from upscaler.models import Job, JobState, Video, VideoState
from upscaler.models.video import INTAKE_STATES

pytestmark = pytest.mark.django_db

READY = (VideoState.READY,)


def test_the_second_comer_is_turned_away(video: Video) -> None:
    with lease(video, READY) as first:
        with lease(video, READY) as second:
            assert (first, second) == (True, False)
        with lease(video, READY) as third:
            assert not third, "the second must not have freed what the first holds"
    video.refresh_from_db()
    assert video.lease_until is None


def test_a_lease_holds_for_half_a_minute_at_most(video: Video) -> None:
    with lease(video, READY):
        video.refresh_from_db()
        assert video.lease_until and timezone.now() < video.lease_until <= timezone.now() + LEASE


def test_an_expired_lease_can_be_taken_over(video: Video) -> None:
    Video.objects.filter(pk=video.pk).update(lease_until=timezone.now() - timedelta(seconds=1))

    with lease(video, READY) as is_ours:
        assert is_ours


def test_a_row_that_has_moved_on_is_not_leased(video: Video) -> None:
    with lease(video, INTAKE_STATES) as is_ours:
        assert not is_ours


def test_the_lease_ends_when_the_work_breaks(video: Video) -> None:
    with pytest.raises(OSError, match="disk"), lease(video, READY):
        raise OSError("disk")

    video.refresh_from_db()
    assert video.lease_until is None


def test_tasks_leave_alone_what_another_has_in_hand(video: Video, job: Job) -> None:
    soon = timezone.now() + LEASE
    Video.objects.filter(pk=video.pk).update(state=VideoState.PROBING, lease_until=soon)
    Job.objects.filter(pk=job.pk).update(state=JobState.ASSEMBLING, lease_until=soon)

    tasks.take_in_video(str(video.pk))
    tasks.assemble(str(job.pk))

    video.refresh_from_db()
    job.refresh_from_db()
    assert (video.state, job.state) == (VideoState.PROBING, JobState.ASSEMBLING)
    assert (video.event_seq, job.event_seq) == (0, 0)


def test_a_renewal_that_fails_is_tried_again(
    video: Video, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ended, tries = threading.Event(), []

    def update(rows: QuerySet[Video], **values: object) -> int:
        tries.append(values)
        if len(tries) == 2:
            ended.set()
            return 1
        raise OperationalError("database is locked")

    monkeypatch.setattr(leases, "RENEW_SECONDS", 0.001)
    monkeypatch.setattr(connection, "close", lambda: None)
    monkeypatch.setattr(QuerySet, "update", update)

    leases._renew(video, ended)

    assert [list(values) for values in tries] == [["lease_until"], ["lease_until"]]
    assert [record.levelname for record in caplog.records] == ["WARNING"]

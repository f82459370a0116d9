"""Segments change hands: nobody works for nothing, and nothing is done twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone

from tests import factories
from tests.jobs.helpers import RENDERED, claimed, events_of, expire
from upscaler.jobs.actions import removal
from upscaler.jobs.recovery import reaper
from upscaler.jobs.rendering import claims
from upscaler.jobs.rendering.claims import Claim
from upscaler.jobs.rendering.segment_selection import Candidate
from upscaler.models import Job, JobState, Segment, SegmentState, Video

WAITING, FAILED = SegmentState.WAITING, SegmentState.FAILED

pytestmark = pytest.mark.django_db


@pytest.fixture
def rounds(pytestconfig: pytest.Config) -> int:
    """Of each race: a mistake shows in some of them only."""
    return pytestconfig.getoption("--faults") or 30


@pytest.mark.django_db(transaction=True)
def test_workers_that_claim_at_once_never_get_the_same_segment(video: Video) -> None:
    job = factories.make_job(video, segment_frames=1)
    start, got = threading.Barrier(4), list[int]()

    def work() -> None:
        start.wait()
        try:
            while (claim := claims.claim_next(threading.current_thread().name)) is not None:
                got.append(claim.segment.index)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(got) > 20
    assert sorted(got) == list(range(job.segments.count()))
    assert set(job.segments.values_list("state", "attempt", "fence")) == {(SegmentState.CLAIMED, 1, 1)}


def at_once(one: Callable[[], Any], other: Callable[[], Any]) -> tuple[Any, Any]:
    """What two give that begin at the same moment, each with a connection of its own."""
    start = threading.Barrier(2)

    def begin(work: Callable[[], Any]) -> Any:
        start.wait()
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.submit(begin, one), pool.submit(begin, other)
        return first.result(), second.result()


def lease_that_ended(job: Job) -> Claim:
    """The first segment in the hands of a worker that went silent."""
    rows = Segment.objects.filter(job=job, index=0)
    over = timezone.now() - timedelta(seconds=1)
    rows.update(state=SegmentState.CLAIMED, fence=F("fence") + 1, attempt=1, lease_until=over, worker="silent", key="")
    return Claim(rows.get(), job, rows.get().fence)


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_that_chose_the_same_segment_one_has_it(job: Job, rounds: int) -> None:
    segments = Segment.objects.filter(job=job, index=0)
    for _ in range(rounds):
        segments.update(state=SegmentState.WAITING, attempt=0, lease_until=None)
        piece = next(claims._candidates(job))

        both = at_once(*(partial(claims._claim, job, piece, worker, None) for worker in ("one", "other")))

        (claim,) = [claim for claim in both if claim is not None]
        row = segments.get()
        assert (row.fence, row.attempt) == (claim.fence, 1)


@pytest.mark.django_db(transaction=True)
def test_a_lease_is_renewed_or_its_segment_is_free_and_never_both(job: Job, rounds: int) -> None:
    for _ in range(rounds):
        claim = lease_that_ended(job)

        renewed, freed = at_once(partial(claims.heartbeat, claim), claims.free_expired)

        assert renewed is not bool(freed)
        state = Segment.objects.get(pk=claim.segment.pk).state
        assert state == (SegmentState.CLAIMED if renewed else SegmentState.WAITING)


@pytest.mark.django_db(transaction=True)
def test_a_segment_is_done_or_free_and_never_both(job: Job, rounds: int) -> None:
    """The file of a segment that was freed is deleted."""
    for _ in range(rounds):
        claim = lease_that_ended(job)

        done, freed = at_once(partial(claims.commit, claim, RENDERED), claims.free_expired)

        assert done is not bool(freed)
        assert (Segment.objects.get(pk=claim.segment.pk).state == SegmentState.DONE) is done


@pytest.mark.django_db(transaction=True)
def test_frames_of_two_segments_that_are_done_at_once_are_both_counted(job: Job, rounds: int) -> None:
    for _ in range(rounds):
        job.segments.update(state=SegmentState.WAITING, key="", attempt=0)
        both = claimed("one"), claimed("other")

        assert at_once(*(partial(claims.commit, claim, RENDERED) for claim in both)) == (True, True)

        job.refresh_from_db()
        assert job.frames_done == job.frames_total


def test_segments_are_claimed_in_order_and_urgent_jobs_first(video: Video, job: Job) -> None:
    urgent = factories.make_job(video, priority=5)

    got = [claimed() for _ in range(4)]

    assert [(claim.job, claim.segment.index) for claim in got] == [(urgent, 0), (urgent, 1), (job, 0), (job, 1)]
    assert claims.claim_next("late") is None


@pytest.mark.parametrize("state", sorted(set(JobState) - {JobState.QUEUED, JobState.RENDERING}))
def test_segments_of_a_job_that_is_not_to_be_rendered_are_left_alone(job: Job, state: JobState) -> None:
    Job.objects.filter(pk=job.pk).update(state=state)

    assert claims.claim_next("a worker") is None
    assert not claims.is_anything_free()


def test_a_job_says_why_nobody_takes_it_until_somebody_does(job: Job) -> None:
    for _ in range(2):
        assert claims.claim_next("a worker", incompatibility=lambda _job: "No room.") is None
    job.refresh_from_db()
    assert job.waits_for == "No room."

    claimed()

    job.refresh_from_db()
    assert job.waits_for == ""
    assert [event["payload"]["text"] for event in events_of(job) if event["payload"]["kind"] == "waits"] == [
        "No room.",
        "",
    ]


def test_the_attempt_is_counted_before_any_work(job: Job) -> None:
    claim = claimed()

    row = Segment.objects.get(pk=claim.segment.pk)
    assert (row.state, row.attempt, row.fence, row.worker) == (SegmentState.CLAIMED, 1, 1, "a worker")
    assert row.lease_until and row.lease_until > timezone.now()


def test_a_commit_makes_the_segment_true_and_counts_its_frames(job: Job) -> None:
    claim = claimed()

    assert claims.commit(claim, RENDERED)

    row = Segment.objects.get(pk=claim.segment.pk)
    job.refresh_from_db()
    assert (row.state, row.key, row.size, row.sha256) == (SegmentState.DONE, claim.key, 100, "ab" * 32)
    assert (job.frames_done, job.render_seconds) == (15, 1.5)
    assert claims.commit(claim, RENDERED), "the answer was lost on its way, and the worker asks again"
    job.refresh_from_db()
    assert (job.frames_done, job.render_seconds) == (15, 1.5)


def test_a_worker_that_was_given_up_commits_nothing(job: Job) -> None:
    stale = claimed("slow")
    expire(stale)
    claims.free_expired()
    fresh = claimed("quick")
    assert fresh.segment.pk == stale.segment.pk
    assert fresh.key != stale.key

    assert not claims.heartbeat(stale)
    assert not claims.is_valid(stale)
    assert not claims.commit(stale, RENDERED)
    claims.release(stale)
    assert claims.fail(stale, "too late", permanent=True) is None

    row = Segment.objects.get(pk=fresh.segment.pk)
    assert (row.state, row.worker, row.attempt, row.error) == (SegmentState.CLAIMED, "quick", 2, "")
    assert claims.commit(fresh, RENDERED)


def test_a_heartbeat_renews_the_lease(job: Job) -> None:
    claim = claimed()
    expire(claim)

    assert claims.heartbeat(claim)

    assert claims.free_expired() == []


def test_a_heartbeat_says_when_the_job_is_cancelled(job: Job) -> None:
    claim = claimed()
    removal.job_cancel(job=job)

    assert not claims.heartbeat(claim)
    assert not claims.is_valid(claim)


def test_handing_back_does_not_count_as_an_attempt(job: Job) -> None:
    for _ in range(5):
        claims.release(claimed())

    again = claimed()
    assert (again.segment.index, again.segment.attempt, again.fence) == (0, 1, 6)


def test_the_third_failed_attempt_is_the_last(job: Job) -> None:
    assert [claims.fail(claimed(), "it broke", permanent=False) for _ in range(3)] == [WAITING, WAITING, FAILED]

    row = job.segments.get(index=0)
    assert (row.state, row.attempt, row.error) == (SegmentState.FAILED, 3, "it broke")


def test_a_permanent_failure_is_not_tried_again(job: Job) -> None:
    assert claims.fail(claimed(), "it will never work", permanent=True) == FAILED
    assert job.segments.get(index=0).state == SegmentState.FAILED


def test_a_segment_that_ends_its_worker_three_times_fails_the_job_and_its_viewers_are_told(job: Job) -> None:
    for _ in range(3):
        expire(claimed())
        reaper.reap()

    job.refresh_from_db()
    assert job.segments.get(index=0).state == SegmentState.FAILED
    assert (job.state, job.error) == (
        JobState.FAILED,
        "A segment crashed its worker three times.",
    )
    assert claims.claim_next("another") is None
    kinds = [(event["payload"]["kind"]) for event in events_of(job)]
    assert kinds[-2:] == ["stage", "failed"]
    assert job.finished_at is not None


def test_the_reaper_frees_only_what_expired(job: Job) -> None:
    gone, busy = claimed("gone"), claimed("busy")
    expire(gone)

    assert reaper.reap() == 1

    assert Segment.objects.get(pk=gone.segment.pk).state == SegmentState.WAITING
    assert Segment.objects.get(pk=busy.segment.pk).worker == "busy"


@pytest.mark.parametrize("state", [JobState.CANCELLED, JobState.PAUSED])
def test_a_job_that_is_stopped_while_its_segment_is_chosen_is_let_go(
    job: Job, state: JobState, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen: list[int] = []

    def choose(pieces: list[Candidate], *arguments: object, **values: object) -> Candidate | None:
        assert len(chosen) < 3, "it is chosen for ever"
        chosen.append(len(pieces))
        Job.objects.filter(pk=job.pk).update(state=state)
        return pieces[0] if pieces else None

    monkeypatch.setattr(claims, "choose", choose)

    assert claims.claim_next("a worker") is None
    assert chosen == [2, 0]
    assert set(job.segments.values_list("state", "attempt")) == {(SegmentState.WAITING, 0)}


def test_a_segment_that_is_done_when_its_job_is_cancelled_is_waste(job: Job) -> None:
    claim = claimed()
    removal.job_cancel(job=job)

    assert not claims.commit(claim, RENDERED)

    assert Segment.objects.get(pk=claim.segment.pk).key == ""

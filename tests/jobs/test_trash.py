"""What is in the trash can be had back, is seen by nobody, and is gone after its time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.http import Http404
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from tests import factories
from tests.fakes import EnqueuedTasks
from upscaler.jobs.actions import lifecycle, trash
from upscaler.jobs.recovery import reaper, tidy
from upscaler.jobs.recovery.watchdog import is_stuck
from upscaler.jobs.rendering import claims
from upscaler.jobs.steps import analysis, joining
from upscaler.models import Artifact, Job, JobState, Listing, Share, User, Video, VideoState
from upscaler.models.job import ACTIVE_STATES
from upscaler.pipeline.core.errors import Refused
from upscaler.pipeline.core.recipe import Recipe
from upscaler.publish import share_access
from upscaler.selectors.jobs import job_get
from upscaler.selectors.videos import parts_of, video_get, videos_in_order, videos_of, videos_without_copy

pytestmark = pytest.mark.django_db


def move(*videos: Video) -> None:
    trash.videos_trash(user=videos[0].owner, ids=[video.pk for video in videos])
    for video in videos:
        video.refresh_from_db()


@pytest.mark.parametrize("state", JobState)
def test_a_job_that_is_not_done_is_cancelled_and_no_other(video: Video, state: JobState) -> None:
    job = factories.make_job(video, state=state)

    move(video)

    job.refresh_from_db()
    assert job.state == (JobState.CANCELLED if state in ACTIVE_STATES else state)
    assert claims.claim_next("a worker") is None


@pytest.mark.parametrize("state", sorted(ACTIVE_STATES))
def test_a_job_whose_cancelling_was_cut_off_is_not_rendered_and_is_cancelled_later(
    video: Video, enqueued: EnqueuedTasks, state: JobState
) -> None:
    job = factories.make_job(video, state=state)
    Video.objects.update(trashed_at=timezone.now())  # and then the process died

    assert claims.claim_next("a worker") is None
    assert not claims.is_anything_free()
    assert not is_stuck("gpu")
    reaper.reap()

    job.refresh_from_db()
    assert (job.state, job.finished_at is not None) == (JobState.CANCELLED, True)
    assert "render" not in enqueued.names


def test_nothing_is_begun_on_what_is_in_the_trash(video: Video) -> None:
    move(video)

    with pytest.raises(Refused, match="in the trash"):
        lifecycle.job_create(video=video, model=factories.nearest_model(), recipe=Recipe())
    other = factories.make_video(video.owner)
    with pytest.raises(Refused, match="isn't analysed yet"):
        joining.film_create(owner=video.owner, parts=[video.pk, other.pk], title="Film", starts_job=False)
    assert not Job.objects.exists()


def test_a_video_that_is_measured_in_the_trash_starts_nothing(
    person: User, enqueued: EnqueuedTasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = factories.make_video(person, state=VideoState.PROBING, facts_json=None, starts_job=True)
    monkeypatch.setattr(analysis, "probe", lambda *_: None)
    monkeypatch.setattr(analysis, "analyse", lambda *_: factories.FACTS)
    monkeypatch.setattr(analysis, "_make_poster", lambda *_: None)
    move(video)

    analysis.take_in(video.pk)

    video.refresh_from_db()
    assert video.state == VideoState.READY
    assert not Job.objects.exists()


def test_it_is_nowhere_else(person: User, video: Video) -> None:
    job = factories.make_finished_job(video)
    share = factories.make_share(job)
    film = factories.make_video(person)
    film.parts.create(source=video, position=0)

    move(video)

    for look in (
        lambda: video_get(user=person, id=video.pk),
        lambda: job_get(user=person, id=job.pk),
    ):
        with pytest.raises(Http404):
            look()
    assert share_access.check(share.token, {}) == share_access.Gone()
    assert list(videos_of(person)) == [film]
    assert videos_in_order(user=person, ids=[video.pk]) == []
    assert parts_of(film) == []
    assert not videos_without_copy().filter(pk=video.pk).exists()
    assert not Listing.objects.filter(pk=video.pk).exists()


def test_it_comes_back_as_it_was(person: User, video: Video) -> None:
    job = factories.make_finished_job(video)
    share = factories.make_share(job)
    move(video)

    assert trash.videos_restore(user=person, ids=[video.pk]) == 1

    assert video_get(user=person, id=video.pk) == video
    assert share_access.check(share.token, {}) == share_access.Open(share)
    assert factories.has_file(video.key)
    assert Artifact.objects.filter(video=video).count() == 3


def test_nobody_moves_what_is_not_theirs(person: User, stranger: User, video: Video) -> None:
    assert trash.videos_trash(user=stranger, ids=[video.pk]) == 0
    move(video)
    assert trash.videos_restore(user=stranger, ids=[video.pk]) == 0
    assert trash.trash_empty(user=stranger) == 0

    assert list(trash.trash_of(person)) == [video]
    assert not trash.trash_of(stranger).exists()


def test_what_was_moved_twice_is_counted_once(video: Video, person: User) -> None:
    assert trash.videos_trash(user=person, ids=[video.pk, video.pk]) == 1
    before = Video.objects.get(pk=video.pk).trashed_at
    assert trash.videos_trash(user=person, ids=[video.pk]) == 0
    assert Video.objects.get(pk=video.pk).trashed_at == before, "its time goes on"


def test_it_is_deleted_after_its_time(
    person: User, enqueued: EnqueuedTasks, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    old, young, kept = (factories.make_video(person) for _ in range(3))
    Share.objects.create(job=factories.make_finished_job(old), created_by=person)
    move(old, young)
    Video.objects.filter(pk=old.pk).update(trashed_at=timezone.now() - timedelta(days=31))
    Video.objects.filter(pk=young.pk).update(trashed_at=timezone.now() - timedelta(days=29))

    with django_capture_on_commit_callbacks(execute=True):
        tidy.tidy()
    enqueued.run("remove_folder")

    assert set(Video.objects.all()) == {young, kept}
    assert not factories.has_file(old.key)
    assert factories.has_file(young.key)
    assert not Share.objects.exists()


def test_a_trash_that_is_emptied_is_gone_for_its_owner_at_once_and_a_worker_does_the_rest(
    person: User, enqueued: EnqueuedTasks, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    gone, kept = factories.make_video(person), factories.make_video(person)
    move(gone)

    with django_capture_on_commit_callbacks(execute=True):
        assert trash.trash_empty(user=person) == 1

    assert not trash.trash_of(person).exists()
    assert trash.videos_restore(user=person, ids=[gone.pk]) == 0
    enqueued.run("empty_trash")
    assert list(Video.objects.all()) == [kept]


def test_a_worker_that_never_comes_is_made_up_for_by_the_reaper(person: User, video: Video) -> None:
    move(video)
    trash.trash_empty(user=person)

    assert trash.trash_expire() == 1
    assert trash.trash_expire() == 0
    assert not Video.objects.exists()

"""What is done to thousands of videos takes as many queries for thirty as for three, and says as much."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoCaptureOnCommitCallbacks

from tests import factories
from tests.fakes import EnqueuedTasks
from upscaler.jobs.actions import lifecycle, removal, trash
from upscaler.library.collections import collection_add, collection_get_or_create, collection_remove
from upscaler.library.descriptions import videos_describe
from upscaler.models import Event, Job, JobState, Listing, User, Video

pytestmark = pytest.mark.django_db


def videos_with_jobs(person: User, count: int) -> list[Video]:
    videos = [factories.make_video(person) for _ in range(count)]
    for video in videos:
        factories.make_job(video, state=JobState.RENDERING)
    return videos


def told(job: Job) -> list[tuple[int, str, object]]:
    return list(Event.objects.filter(subject=job.pk).order_by("seq").values_list("seq", "kind", "payload"))


def moved(person: User, videos: list[Video]) -> None:
    trash.videos_trash(user=person, ids=[video.pk for video in videos])


def restored(person: User, videos: list[Video]) -> None:
    trash.videos_restore(user=person, ids=[video.pk for video in videos])


def described(person: User, videos: list[Video]) -> None:
    ids = [video.pk for video in videos]
    videos_describe(user=person, ids=ids, values={"map": "Midship"}, add=["LAN"], remove=["old"])


def gathered(person: User, videos: list[Video]) -> None:
    best = collection_get_or_create(user=person, name="Best of")
    assert best is not None
    collection_add(collection=best, ids=[video.pk for video in videos])
    collection_remove(collection=best, ids=[video.pk for video in videos])


@pytest.mark.parametrize("act", [moved, restored, described, gathered])
def test_thirty_take_as_many_queries_as_three(
    person: User, enqueued: EnqueuedTasks, act: Callable[[User, list[Video]], None]
) -> None:
    counts = []
    for count in (3, 30):
        videos = videos_with_jobs(person, count)
        if act is restored:
            moved(person, videos)
        if act is gathered:
            collection_get_or_create(user=person, name="Best of")
        with CaptureQueriesContext(connection) as queries:
            act(person, videos)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_job_hears_the_same_as_if_it_were_cancelled_alone(
    person: User, enqueued: EnqueuedTasks, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    alone, *others = (factories.make_job(factories.make_video(person), state=JobState.RENDERING) for _ in range(3))
    for job in (alone, *others):
        lifecycle.job_wait(job, "The disk is full.")

    with django_capture_on_commit_callbacks(execute=True):
        removal.job_cancel(job=alone)
        moved(person, [job.video for job in others])

    for job in (alone, *others):
        job.refresh_from_db()
        assert told(job) == told(alone)
        assert (job.state, job.waits_for, job.event_seq) == (JobState.CANCELLED, "", 3)
        assert job.finished_at
    assert sorted(task.arguments for task in enqueued) == sorted(
        [
            (f"{alone.folder}/segments",),
            tuple(f"{job.folder}/segments" for job in sorted(others, key=lambda one: one.pk)),
        ]
    )


def test_what_is_removed_for_good_leaves_neither_rows_nor_files(
    person: User, enqueued: EnqueuedTasks, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    kept, *gone = (factories.make_finished_job(factories.make_video(person)) for _ in range(3))
    files = [artifact.key for job in gone for artifact in job.artifacts.all()] + [job.video.key for job in gone]
    moved(person, [job.video for job in gone])
    trash.trash_empty(user=person)

    assert trash.trash_expire() == 2

    assert len(files) > 4
    assert not any(factories.has_file(key) for key in files)
    assert factories.has_file(kept.video.key)
    assert list(Job.objects.all()) == [kept]
    assert list(Listing.objects.values_list("pk", flat=True)) == [kept.video_id]
    assert not Event.objects.exclude(subject__in=[kept.pk, kept.video_id]).exists()


def test_files_that_could_not_be_removed_are_tried_again(person: User, monkeypatch: pytest.MonkeyPatch) -> None:
    video = factories.make_video(person)
    moved(person, [video])
    trash.trash_empty(user=person)
    with monkeypatch.context() as patched:
        patched.setattr("upscaler.jobs.actions.removal.folder_delete", _fail)
        assert trash.trash_expire() == 0
    assert factories.has_file(video.key)
    assert Video.objects.filter(pk=video.pk).exists()

    assert trash.trash_expire() == 1
    assert not factories.has_file(video.key)


def _fail(prefix: str) -> None:
    raise OSError("away")

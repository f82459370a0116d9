"""Clips to post: asked for once, made once, and gone when nobody wants them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from tests import factories
from tests.clips import ffmpeg, make_clip
from tests.fakes import EnqueuedTasks
from tests.jobs.helpers import make_worker
from tests.pipeline.posting.comparisons import comparison, recipe_of
from upscaler.jobs.actions import posts, removal
from upscaler.jobs.actions.trash import videos_restore, videos_trash
from upscaler.jobs.base import failures, stopping
from upscaler.jobs.base.identity import machine
from upscaler.jobs.base.leases import LEASE, MAX_STARTS
from upscaler.jobs.recovery import reaper, tidy
from upscaler.jobs.steps import posting
from upscaler.jobs.worker.activity import activities
from upscaler.media.artifacts import artifact_publish
from upscaler.media.files import Scratch, scratch_folder
from upscaler.models import Artifact, Job, JobState, Post, PostState, User, Video
from upscaler.models.artifact import ArtifactKind
from upscaler.pipeline.core.errors import PipelineError, Refused

pytestmark = pytest.mark.django_db(transaction=True)

RECIPE = recipe_of(frames=30)


@pytest.fixture
def done(video: Video, tmp_path: Path) -> Job:
    """A finished job of one second, with its comparison clip."""
    job = factories.make_finished_job(factories.make_copies(video))
    clip = comparison(tmp_path / "comparison.mp4", job.plan)
    factories.make_artifact(job, ArtifactKind.COMPARISON_CLIP, clip.read_bytes())
    return job


@pytest.fixture
def ask(done: Job, person: User) -> Callable[..., Post]:
    def asked(**values: Any) -> Post:
        return posts.post_create(job=done, user=person, recipe=replace(RECIPE, **values))[0]

    return asked


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], None]:
    def breaks(error: BaseException) -> None:
        def fail(*_given: object, **_named: object) -> None:
            raise error

        monkeypatch.setattr(posting, "write_post", fail)

    return breaks


def files_of(job: Job) -> list[str]:
    return factories.files_under(f"{job.folder}/posts")


@pytest.mark.parametrize("format", ["mp4", "webp", "gif"])
def test_what_was_asked_for_is_made(ask: Callable[..., Post], done: Job, enqueued: EnqueuedTasks, format: str) -> None:
    post = ask(format=format)
    assert [(task.queue, task.name, task.arguments) for task in enqueued] == [("cpu", "make_post", (str(post.pk),))]

    enqueued.run_all()

    post.refresh_from_db()
    made = post.artifact
    assert made is not None
    assert (post.state, post.error, post.starts, post.lease_until) == (PostState.DONE, "", 0, None)
    assert (made.kind, made.job, made.width, made.height) == (ArtifactKind.POST, done, 256, 192)
    assert made.content_type == {"mp4": "video/mp4", "webp": "image/webp", "gif": "image/gif"}[format]
    assert len(factories.stored(made.key)) == made.size <= RECIPE.most_bytes


def test_the_same_is_not_made_twice_and_others_stand_beside_it(
    ask: Callable[..., Post], enqueued: EnqueuedTasks
) -> None:
    first = ask()
    assert ask() == first
    other = ask(form="side")
    assert enqueued.names == ["make_post", "make_post"]

    enqueued.run_all()
    assert ask() == first and enqueued == []

    made = [post.artifact for post in (Post.objects.get(pk=first.pk), Post.objects.get(pk=other.pk))]
    assert len({one.key for one in made if one}) == 2


def test_there_are_twenty_of_a_job_at_most(ask: Callable[..., Post], enqueued: EnqueuedTasks) -> None:
    kept = [ask(most_bytes=number) for number in range(1, posts.MAX_POSTS + 1)]
    with pytest.raises(Refused, match="At most 20 clips per comparison"):
        ask()
    assert ask(most_bytes=5) == kept[4]

    posts.post_delete(post=kept[0])
    assert ask().state == PostState.WANTED


def test_of_a_job_that_is_not_done_there_is_none(job: Job, person: User, enqueued: EnqueuedTasks) -> None:
    with pytest.raises(Refused, match="isn't done yet"):
        posts.post_create(job=job, user=person, recipe=RECIPE)
    assert enqueued == []


def test_a_result_without_a_comparison_clip_gives_one_all_the_same(
    video: Video, person: User, enqueued: EnqueuedTasks, tmp_path: Path
) -> None:
    job = factories.make_job(video, state=JobState.DONE)
    source = make_clip(tmp_path / "source.avi")
    result = tmp_path / "result.mp4"
    ffmpeg("-i", source, "-vf", "scale=256:192:out_color_matrix=bt709", "-an", "-c:v", "libx264", result)
    factories.store(video.key, source.read_bytes())
    factories.make_artifact(job, ArtifactKind.RESULT, result.read_bytes())

    recipe = replace(RECIPE, first=10, frames=15, with_sound=True)
    post, _ = posts.post_create(job=job, user=person, recipe=recipe)
    enqueued.run_all()

    post.refresh_from_db()
    assert (post.state, post.error) == (PostState.DONE, "")


def test_a_worker_that_died_is_followed_by_another_and_one_file_is_left(
    ask: Callable[..., Post], done: Job, enqueued: EnqueuedTasks
) -> None:
    post = ask()
    enqueued.clear()  # the worker that heard it died, after it had published
    dead = make_worker("dead:1:1", machine=machine())
    Post.objects.filter(pk=post.pk).update(lease_until=timezone.now() + LEASE, leased_by=dead.name, starts=1)
    left = factories.make_artifact(done, ArtifactKind.POST)
    orphan = f"{done.folder}/posts/{post.pk}-0a0b0c0d.mp4"
    factories.store(orphan, b"half")
    Artifact.objects.filter(pk=left.pk).update(key=orphan)

    reaper.reap()
    assert enqueued.names == ["make_post"]
    enqueued.run_all()

    post.refresh_from_db()
    assert post.state == PostState.DONE and post.artifact is not None
    assert files_of(done) == [post.artifact.key.rpartition("/")[2]]
    assert list(done.artifacts.filter(kind=ArtifactKind.POST)) == [post.artifact]
    reaper.reap()
    assert enqueued == []


def test_what_ends_its_workers_is_given_up(ask: Callable[..., Post], enqueued: EnqueuedTasks) -> None:
    post = ask()
    Post.objects.filter(pk=post.pk).update(starts=MAX_STARTS)

    enqueued.run_all()

    post.refresh_from_db()
    assert (post.state, post.error, post.starts) == (PostState.FAILED, failures.CRASHED, 0)


def test_a_failure_says_why_and_can_be_tried_again(
    ask: Callable[..., Post], enqueued: EnqueuedTasks, broken: Callable[[BaseException], None]
) -> None:
    post = ask()
    broken(Refused("It does not fit."))
    enqueued.run_all()
    post.refresh_from_db()
    assert (post.state, post.error, post.artifact) == (PostState.FAILED, "It does not fit.", None)
    reaper.reap()
    assert enqueued == []

    assert posts.post_retry(post=post)
    assert not posts.post_retry(post=post), "it waits already"
    assert (post.state, post.error, enqueued.names) == (PostState.WANTED, "", ["make_post"])


def test_what_failed_is_asked_for_again_by_the_same_wish(ask: Callable[..., Post], enqueued: EnqueuedTasks) -> None:
    post = ask()
    Post.objects.update(state=PostState.FAILED, error="It broke.")
    enqueued.clear()

    assert ask() == post

    enqueued.run_all()
    post.refresh_from_db()
    assert (post.state, post.error) == (PostState.DONE, "")


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), PipelineError("x", permanent=True, detail="Disk quota exceeded")]
)
def test_a_full_disk_is_waited_for(
    ask: Callable[..., Post], done: Job, enqueued: EnqueuedTasks, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    post = ask()

    def fail(*_given: object, **_named: object) -> None:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(posting, "write_post", fail)
        enqueued.run_all()
    post.refresh_from_db()
    assert (post.state, post.waits_for) == (
        PostState.WANTED,
        "The disk is full. This continues automatically when there is space.",
    )

    reaper.reap()
    enqueued.run_all()
    post.refresh_from_db()
    assert (post.state, post.waits_for) == (PostState.DONE, "")


def test_below_the_floor_nothing_is_begun(
    ask: Callable[..., Post], enqueued: EnqueuedTasks, settings: Settings
) -> None:
    post = ask()
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, disk_floor_bytes=1 << 60)

    enqueued.run_all()

    post.refresh_from_db()
    assert post.state == PostState.WANTED
    assert post.waits_for.startswith("Only ")


def test_a_worker_that_is_asked_to_stop_leaves_it_to_the_next(
    ask: Callable[..., Post], done: Job, enqueued: EnqueuedTasks
) -> None:
    post = ask()
    stopping.requested.set()
    try:
        enqueued.run_all()
    finally:
        stopping.requested.clear()

    post.refresh_from_db()
    assert (post.state, post.starts, post.lease_until, files_of(done)) == (PostState.WANTED, 0, None, [])


def test_one_that_was_deleted_goes_with_its_file(ask: Callable[..., Post], done: Job, enqueued: EnqueuedTasks) -> None:
    post = ask()
    enqueued.run_all()
    assert len(files_of(done)) == 1

    posts.post_delete(post=Post.objects.get(pk=post.pk))

    assert files_of(done) == []
    assert not done.artifacts.filter(kind=ArtifactKind.POST).exists()


def test_one_that_is_deleted_while_it_is_made_leaves_nothing(
    ask: Callable[..., Post], done: Job, enqueued: EnqueuedTasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = ask()
    publish = artifact_publish

    def late(**values: Any) -> Artifact:
        posts.post_delete(post=post)
        return publish(**values)

    monkeypatch.setattr(posting, "artifact_publish", late)
    enqueued.run_all()

    assert files_of(done) == []
    assert not Post.objects.exists()


def test_all_of_them_go_with_their_job(ask: Callable[..., Post], done: Job, enqueued: EnqueuedTasks) -> None:
    ask()
    enqueued.run_all()

    removal.job_delete(job=done)
    enqueued.run_all()

    assert not Post.objects.exists()
    assert files_of(done) == []


def test_nothing_is_made_of_a_video_in_the_trash_until_it_is_back(
    ask: Callable[..., Post], done: Job, person: User, enqueued: EnqueuedTasks
) -> None:
    post = ask()
    videos_trash(user=person, ids=[done.video_id])
    enqueued.run_all()
    reaper.reap()
    assert enqueued == []

    videos_restore(user=person, ids=[done.video_id])
    reaper.reap()
    enqueued.run_all()
    post.refresh_from_db()
    assert post.state == PostState.DONE


def test_who_makes_one_is_shown_and_keeps_its_scratch(ask: Callable[..., Post], done: Job, settings: Settings) -> None:
    post = ask()
    kept, gone = scratch_folder(Scratch.POST, post.pk), scratch_folder(Scratch.POST, done.pk)
    for folder in (kept, gone):
        os.utime(folder, (0, time.time() - 2 * tidy.SCRATCH_SECONDS))
    soon = timezone.now() + timedelta(seconds=20)
    Post.objects.filter(pk=post.pk).update(lease_until=soon, leased_by="a worker")

    tidy.tidy_scratch()

    assert [(activity.name, activity.job) for activity in activities()["a worker"]] == [
        ("Making a clip to post of", done)
    ]
    assert (kept.exists(), gone.exists()) == (True, False)

"""Clips to post, on the page of their comparison."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests import factories
from tests.fakes import EnqueuedTasks
from tests.page import Page
from tests.pipeline.posting.comparisons import plan_of
from upscaler.forms.posting import PostForm
from upscaler.models import Job, Post, PostState
from upscaler.models.artifact import ArtifactKind

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
SAID = {"start": "0:00", "seconds": "8", "form": "wipe", "format": "mp4", "size": "10", "with_labels": "on"}


@pytest.fixture
def clip(finished: Job) -> Job:
    """A finished job of one second, with its comparison clip."""
    factories.make_artifact(finished, ArtifactKind.COMPARISON_CLIP)
    return finished


@pytest.fixture
def make(clip: Job) -> Callable[..., Post]:
    def made(**values: Any) -> Post:
        usual = {"form": "wipe", "format": "mp4", "first": 0, "frames": 30, "most_bytes": 10_000_000}
        return Post.objects.create(job=clip, **usual | {"with_sound": True, "with_labels": True} | values)

    return made


@pytest.fixture
def done(clip: Job) -> Post:
    return factories.make_post(clip, b"x" * 2_340_000, form="wipe")


def page_of(client: Client, job: Job) -> Page:
    return Page(client.get(f"/jobs/{job.pk}/compare/"))


@pytest.mark.django_db(transaction=True)
def test_a_clip_rings_once(person_client: Client, clip: Job, enqueued: EnqueuedTasks) -> None:
    for _ in range(2):
        person_client.post(f"/jobs/{clip.pk}/posts/", SAID)
    assert [(task.name, task.arguments) for task in enqueued] == [("make_post", (str(Post.objects.get().pk),))]


def test_a_clip_is_asked_for_and_is_in_the_list(person_client: Client, clip: Job, enqueued: EnqueuedTasks) -> None:
    response = person_client.post(f"/jobs/{clip.pk}/posts/", SAID | {"with_sound": "on"})

    assert response.headers["Location"] == f"/jobs/{clip.pk}/compare/#post"
    post = Post.objects.get()
    assert (post.form, post.format, post.first, post.frames) == ("wipe", "mp4", 0, 30), "shortened to what there is"
    assert (post.most_bytes, post.with_sound, post.with_labels) == (10_000_000, True, True)
    assert post.asked_by == clip.video.owner
    row = page_of(person_client, clip).one(f"#post-{post.pk}")
    assert row.text("strong") == "Wipe, 1 s from 0:00, MP4"
    assert row.text('[role="status"]') == "Waiting for a worker"


def test_with_scripts_the_page_stays_and_gets_the_new_row(
    person_client: Client, clip: Job, enqueued: EnqueuedTasks
) -> None:
    address = f"/jobs/{clip.pk}/posts/"
    first = Page(person_client.post(address, SAID | {"form": "side"}, headers=HTMX))
    again = Page(person_client.post(address, SAID | {"form": "side"}, headers=HTMX))

    assert first.text('[hx-swap-oob="afterbegin:#posts"] strong') == "Side by side, 1 s from 0:00, MP4"
    assert first.one("[name=form] option[selected]")["value"] == "side", "what was chosen stays chosen"
    assert not again.has('[hx-swap-oob^="afterbegin"]')
    assert "That clip is already in the list" in again.text("#post-status")
    assert Post.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"start": "0:09"}, "The result ends at 0:01. Start at 0:00 or earlier."),
        ({"start": "0:00.5"}, "Start at 0:00 or earlier."),
        ({"start": "soon"}, "Enter minutes and seconds, such as 1:05 or 0:12.5."),
        ({"start": "-1"}, "Enter minutes and seconds"),
        ({"start": ""}, "This field is required."),
        ({"seconds": "31"}, "A clip can be at most 30 seconds long."),
        ({"seconds": "0"}, "greater than or equal to 1"),
        ({"form": "spiral"}, "Select a valid choice"),
        ({"format": "exe"}, "Select a valid choice"),
        ({"size": "9000"}, "Select a valid choice"),
        ({"format": "gif", "size": "25"}, "An animation can be at most 10 MB. Choose that, or MP4."),
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_what_can_not_be_is_said_and_what_was_typed_stays(
    person_client: Client, clip: Job, enqueued: EnqueuedTasks, wrong: dict[str, str], says: str, headers: dict[str, str]
) -> None:
    response = person_client.post(f"/jobs/{clip.pk}/posts/", SAID | {"form": "flip"} | wrong, headers=headers)

    page = Page(response)
    assert response.status_code == (200 if headers else 400)
    assert says in page.text("#post-new")
    if "form" not in wrong:
        assert page.one("[name=form] option[selected]")["value"] == "flip"
    assert not Post.objects.exists()
    assert enqueued == []


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("5", 5), ("0:05", 5), ("1:05", 65), ("0:12.5", 12.5), ("0:12,25", 12.25), ("1:00:01", 3601), (" 0:07 ", 7)],
)
def test_a_moment_is_said_as_people_say_it(said: str, seconds: float) -> None:
    form = PostForm(SAID | {"start": said}, plan=plan_of(30 * 4000), has_sound=True)
    assert form.is_valid(), form.errors
    assert form.recipe.first == round(seconds * 30)


def test_an_animated_picture_has_no_sound(person_client: Client, clip: Job, enqueued: EnqueuedTasks) -> None:
    person_client.post(f"/jobs/{clip.pk}/posts/", SAID | {"format": "webp", "with_sound": "on"})
    assert Post.objects.get().with_sound is False


def test_the_one_more_that_is_too_many_is_refused(
    person_client: Client, clip: Job, make: Callable[..., Post], enqueued: EnqueuedTasks
) -> None:
    for number in range(20):
        make(most_bytes=number + 1)
    response = person_client.post(f"/jobs/{clip.pk}/posts/", SAID)
    assert response.status_code == 400
    error = Page(response).text('#post-new [role="alert"]')
    assert error == "At most 20 clips per comparison. Delete one first."


def test_a_clip_that_is_made_is_shown_and_can_be_had(person_client: Client, clip: Job, done: Post) -> None:
    row = page_of(person_client, clip).one(f"#post-{done.pk}")

    assert done.artifact is not None
    assert row.one("video[muted][loop]")["src"] == f"/media/{done.artifact.pk}"
    assert row.has(f'a[download][href="/media/{done.artifact.pk}?download=1"]')
    assert "2.3 MB · 256x192 · with sound" in row.text()
    assert row.get("hx-trigger") is None, "nothing is asked for any more"


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({}, "Waiting for a worker"),
        ({"leased_by": "a worker", "lease_until": timezone.now() + timedelta(hours=1)}, "Creating"),
        ({"waits_for": "The disk is full."}, "The disk is full."),
        ({"state": PostState.FAILED, "error": "It does not fit."}, "It does not fit."),
        ({"state": PostState.DONE}, "The file is missing."),
    ],
)
def test_each_state_is_said(
    person_client: Client, clip: Job, make: Callable[..., Post], values: dict[str, Any], says: str
) -> None:
    post = make(**values)
    row = page_of(person_client, clip).one(f"#post-{post.pk}")
    assert row.text('[role="status"]') == says
    assert row.has(f'form[action="/posts/{post.pk}/retry/"]') is (post.state == PostState.FAILED)
    assert row.get("hx-trigger") == ("every 2s" if post.state == PostState.WANTED else None)


def test_a_row_is_sent_only_when_it_has_changed(person_client: Client, make: Callable[..., Post], clip: Job) -> None:
    post = make()
    address = f"/posts/{post.pk}/?seen=wanted%20"
    assert page_of(person_client, clip).one(f"#post-{post.pk}")["hx-get"] == address
    assert person_client.get(address).status_code == 204

    Post.objects.update(state=PostState.FAILED, error="It does not fit.")
    changed = person_client.get(address)
    assert (changed.status_code, Page(changed).text('[role="status"]')) == (200, "It does not fit.")


@pytest.mark.django_db(transaction=True)
def test_one_that_failed_is_tried_again(
    person_client: Client, make: Callable[..., Post], enqueued: EnqueuedTasks
) -> None:
    post = make(state=PostState.FAILED, error="It broke.")

    row = Page(person_client.post(f"/posts/{post.pk}/retry/", headers=HTMX))

    assert row.text('li [role="status"]') == "Waiting for a worker"
    assert enqueued.names == ["make_post"]
    assert person_client.post(f"/posts/{post.pk}/retry/").status_code == 302
    assert enqueued.names == ["make_post"], "it waits already"


def test_one_that_is_deleted_is_gone(person_client: Client, done: Post, make: Callable[..., Post]) -> None:
    other = make(form="flip")
    assert person_client.post(f"/posts/{done.pk}/delete/", headers=HTMX).content == b""
    assert person_client.post(f"/posts/{other.pk}/delete/").status_code == 302
    assert not Post.objects.exists()
    assert done.artifact and not factories.has_file(done.artifact.key)


def test_they_are_their_owners_alone(client: Client, stranger_client: Client, clip: Job, done: Post) -> None:
    asked = [("post", f"/jobs/{clip.pk}/posts/"), ("get", f"/posts/{done.pk}/")]
    asked += [("post", f"/posts/{done.pk}/{does}/") for does in ("retry", "delete")]
    for method, address in asked:
        assert getattr(stranger_client, method)(address, SAID).status_code == 404
        assert getattr(client, method)(address, SAID).status_code == 302
    share = factories.make_share(clip)
    assert not Page(client.get(f"/s/{share.token}/")).has('#post, a[href="#post"]')
    assert Post.objects.count() == 1


def test_before_the_comparison_there_is_nothing_to_make_it_of(person_client: Client, finished: Job) -> None:
    Job.objects.filter(pk=finished.pk).update(comparison_version=0)
    page = page_of(person_client, finished)
    assert "Available once the comparison is ready." in page.text("#post")
    assert not page.has("#post-make")


def test_a_long_result_says_that_it_takes_a_while(person_client: Client, finished: Job) -> None:
    plan = finished.plan_json | {"frame_count": 30 * 60 * 25}
    Job.objects.filter(pk=finished.pk).update(plan_json=plan)
    page = page_of(person_client, finished)
    assert "clips from late in the video take several minutes" in page.text("#post .notice")
    assert page.has("#post-make")


def test_it_begins_around_the_picture_of_the_links(person_client: Client, clip: Job) -> None:
    Job.objects.filter(pk=clip.pk).update(plan_json=clip.plan_json | {"frame_count": 3000})
    factories.make_artifact(clip, ArtifactKind.LINK_PREVIEW, frame=2000)
    assert page_of(person_client, clip).one("#post-new [name=start]")["value"] == "1:02", "four seconds before"


def test_two_results_of_a_video_have_no_such_panel(person_client: Client, clip: Job) -> None:
    other = factories.make_job(clip.video, state="done")
    assert not Page(person_client.get(f"/jobs/{clip.pk}/compare/?against={other.pk}")).has("#post")


def test_without_sound_none_is_offered(person_client: Client, clip: Job) -> None:
    assert page_of(person_client, clip).has("[name=with_sound]")
    clip.video.facts_json = factories.FACTS.to_json() | {"audio": []}
    clip.video.save()
    page = page_of(person_client, clip)
    assert page.has("[name=with_labels]")
    assert not page.has("[name=with_sound]")

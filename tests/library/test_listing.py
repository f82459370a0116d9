"""What the library finds a video by follows whatever happens to the video."""

from __future__ import annotations

import importlib

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests import factories
from upscaler.jobs.actions import lifecycle, removal, trash
from upscaler.jobs.steps import joining
from upscaler.library.descriptions import video_describe, videos_describe
from upscaler.library.listing import listing_repair
from upscaler.library.tags import tags_set
from upscaler.models import Game, Job, JobState, Listing, UpscaleModel, User, Video, VideoState
from upscaler.models.listing import fold, in_order
from upscaler.pipeline.core.recipe import Recipe

pytestmark = pytest.mark.django_db

list_videos = importlib.import_module("upscaler.migrations.0008_library").list_videos
NOTHING = {
    "game": "",
    "map": "",
    "mode": "",
    "players": "",
    "year": None,
    "source_url": "",
    "uploader": "",
    "notes": "",
}


def listing(video: Video) -> Listing:
    return Listing.objects.get(pk=video.pk)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("  Blood\n Gulch ", "blood gulch"),
        ("Élite Über-Straße", "elite uber-strasse"),
        ("Smørrebrød Łódź", "smorrebrod lodz"),
        ("ＨＡＬＯ ③", "halo 3"),  # noqa: RUF001
        ("", ""),
    ],
)
def test_text_is_folded(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_numbers_in_titles_are_numbers() -> None:
    titles = ["Part 10", "part 9", "Part 1", "Epilogue"]
    assert sorted(titles, key=in_order) == ["Epilogue", "Part 1", "part 9", "Part 10"]


def test_a_video_is_in_the_library_from_its_first_moment(person: User) -> None:
    video = Video.objects.create(owner=person, title="Lockout", original_name="lockout_final.wmv", size=5)

    row = listing(video)
    assert (row.owner, row.created_at, row.size, row.state) == (person, video.created_at, 5, VideoState.UPLOADING)
    assert row.search_text == "lockout\nlockout_final.wmv"
    assert (row.height, row.seconds, row.model) == (None, None, None)


def test_what_was_measured_is_taken_over(person: User) -> None:
    video = factories.make_video(person, state=VideoState.ANALYSING, facts_json=None)

    values = {"facts_json": factories.FACTS.to_json()}
    lifecycle.video_advance(video, VideoState.READY, come_from=[VideoState.ANALYSING], **values)

    row = listing(video)
    assert (row.state, row.height, row.seconds) == (VideoState.READY, 48, 1.0)


def test_the_size_of_a_film_is_known_when_it_is_joined(person: User) -> None:
    parts = [factories.make_video(person).pk for _ in range(2)]
    film = joining.film_create(owner=person, parts=parts, title="Film", starts_job=False)
    assert (listing(film).state, listing(film).size) == (VideoState.JOINING, 0)

    lifecycle.film_arrived(film, size=77)

    assert (listing(film).state, listing(film).size) == (VideoState.PROBING, 77)


def test_the_newest_job_says_the_state_and_the_model(video: Video) -> None:
    assert listing(video).state == VideoState.READY

    older = lifecycle.job_create(video=video, model=factories.nearest_model(), recipe=Recipe())
    assert (listing(video).state, listing(video).model) == (JobState.QUEUED, older.model)
    model = factories.make_model()
    newer = lifecycle.job_create(video=video, model=model, recipe=Recipe())
    lifecycle.begin_rendering(newer)
    assert (listing(video).state, listing(video).model) == (JobState.RENDERING, model)

    removal.job_cancel(job=older)
    assert listing(video).state == JobState.RENDERING, "it is not about the older one"
    removal.job_delete(job=newer)
    assert (listing(video).state, listing(video).model) == (JobState.CANCELLED, older.model)
    removal.job_delete(job=older)
    assert (listing(video).state, listing(video).model) == (VideoState.READY, None)


@pytest.mark.parametrize("state", JobState)
def test_every_state_of_a_job_arrives(job: Job, state: JobState) -> None:
    lifecycle.advance(job, state, come_from=tuple(JobState))

    assert listing(job.video).state == state


def test_what_is_said_about_a_clip_can_be_searched(video: Video) -> None:
    told: dict[str, str | int | None] = {
        "title": "Über jump", "game": Game.HALO_2, "map": "Zanzibar", "mode": "CTF", "players": "Ember 1", "year": 2005,
        "source_url": "https://example.org/", "uploader": "Onyx", "notes": "Last round",
    }  # fmt: skip

    video_describe(video=video, values=told, tags=["Clan night"])

    row = listing(video)
    assert row.search_text.split("\n") == [
        "uber jump", "halo 2", "zanzibar", "ctf", "ember 1", "clan night", "last round", video.original_name, "onyx",
    ]  # fmt: skip
    assert (row.sort_title, row.game, row.year) == ("uber jump", "halo2", 2005)


def test_provenance_stays_whatever_is_said(video: Video) -> None:
    before = Video.objects.values("owner", "original_name", "sha256", "size", "created_at").get(pk=video.pk)

    video_describe(video=video, values=NOTHING | {"title": "Another", "sha256": "00" * 32}, tags=[])

    assert Video.objects.values(*before).get(pk=video.pk) == before


def test_several_are_described_at_once_and_only_ones_own(person: User, stranger: User) -> None:
    videos = [factories.make_video(person, map="Lockout", mode="Slayer") for _ in range(3)]
    other = factories.make_video(stranger, map="Lockout")
    tags_set(video=videos[0], names=["old", "kept"])

    ids = [video.pk for video in [*videos[:2], other]]
    videos_describe(user=person, ids=ids, values={"map": "Midship", "year": 2004}, add=["LAN"], remove=["old"])

    assert list(Video.objects.order_by("created_at").values_list("map", "mode", "year")) == [
        ("Midship", "Slayer", 2004), ("Midship", "Slayer", 2004), ("Lockout", "Slayer", None), ("Lockout", "", None),
    ]  # fmt: skip
    assert [tag.name for tag in videos[0].tags.all()] == ["kept", "LAN"]
    assert "midship" in listing(videos[1]).search_text
    assert "lan" in listing(videos[1]).search_text.split("\n")


def test_a_video_in_the_trash_is_not_listed_and_one_that_comes_back_is(job: Job, person: User) -> None:
    video = job.video

    trash.videos_trash(user=person, ids=[video.pk])
    assert not Listing.objects.exists()

    trash.videos_restore(user=person, ids=[video.pk])
    row = listing(video)
    assert (row.state, row.model, row.height) == (JobState.CANCELLED, job.model, 48)


def test_what_was_there_before_listings_gets_one(
    person: User, nearest: UpscaleModel, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    plain = factories.make_video(person, state=VideoState.PROBING, facts_json=None, title="Plain")
    upscaled = factories.make_video(person, title="Upscaled 2")
    factories.make_job(upscaled, state=JobState.DONE)
    factories.make_job(upscaled, state=JobState.FAILED)
    before = {row.pk: vars(row) for row in Listing.objects.all()}
    Listing.objects.all().delete()

    list_videos(apps, connection.schema_editor())

    for row in Listing.objects.all():
        same = {name: value for name, value in vars(row).items() if name != "_state"}
        assert same == {name: before[row.pk][name] for name in same}
    assert listing(plain).state == VideoState.PROBING
    assert listing(upscaled).state == JobState.FAILED


def test_outdated_rows_are_repaired(person: User) -> None:
    fine, behind, missing, stray = (factories.make_video(person) for _ in range(4))
    job = factories.make_job(behind, state=JobState.RENDERING)
    Job.objects.filter(pk=job.pk).update(state=JobState.DONE)
    Listing.objects.filter(pk=missing.pk).delete()
    Video.objects.filter(pk=stray.pk).update(trashed_at=timezone.now())

    assert listing_repair() == 3
    assert listing_repair() == 0

    assert (listing(behind).state, listing(behind).model) == (JobState.DONE, job.model)
    assert listing(missing).height == 48
    assert set(Listing.objects.values_list("pk", flat=True)) == {fine.pk, behind.pk, missing.pk}


@pytest.fixture
def nearest() -> UpscaleModel:
    return factories.nearest_model()

"""Result made elsewhere: how it is sent, and the pages that show it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests import factories
from tests.fakes import EnqueuedTasks
from tests.intake import tus
from tests.page import Page
from upscaler.models import Job, JobState, Upload, User, Video, VideoState
from upscaler.models.artifact import ArtifactKind

pytestmark = pytest.mark.django_db(transaction=True)

IMPORTED = {"name": "Topaz, 2024", "file_name": "blood_gulch_topaz.mp4", "starts": "0"}


@pytest.fixture
def imported(video: Video) -> Job:
    """A result that was made elsewhere, with its files."""
    job = factories.make_job(video, state=JobState.DONE)
    Job.objects.filter(pk=job.pk).update(model=None, import_json=IMPORTED, receipt_json=None, comparison_version=1)
    job.segments.all().delete()
    for kind in (ArtifactKind.RESULT, ArtifactKind.PROXY):
        factories.make_artifact(job, kind)
    for kind in (ArtifactKind.STILL_BEFORE, ArtifactKind.STILL_AFTER):
        factories.make_artifact(job, kind, frame=5)
    job.refresh_from_db()
    return job


def page_at(client: Client, address: str) -> Page:
    response = client.get(address)
    assert response.status_code == 200
    return Page(response)


def test_a_file_is_sent_as_an_upscale_of_a_video(person_client: Client, video: Video, enqueued: EnqueuedTasks) -> None:
    said = {"upscale_of": str(video.pk), "title": "Topaz,\n2024", "starts_job": "1"}
    url = tus.begin(person_client, **said)
    tus.patch(person_client, url, tus.CONTENT, 0)

    made = Video.objects.exclude(pk=video.pk).get()
    assert (made.upscale_of, made.title, made.starts_job) == (video, "Topaz, 2024", False)
    assert enqueued.names == ["take_in_video"]


def test_without_a_name_it_has_that_of_its_file(person_client: Client, video: Video, enqueued: EnqueuedTasks) -> None:
    tus.patch(person_client, tus.begin(person_client, upscale_of=str(video.pk)), tus.CONTENT, 0)

    assert Video.objects.exclude(pk=video.pk).get().title == "clip"


@pytest.mark.parametrize("said", ["x", "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"])
def test_of_a_video_that_is_not_there_nothing_is_taken(person_client: Client, said: str) -> None:
    assert tus.create(person_client, upscale_of=said).status_code == 404
    assert not Upload.objects.exists()


def test_nobody_brings_one_to_the_video_of_another(stranger_client: Client, client: Client, video: Video) -> None:
    assert tus.create(stranger_client, upscale_of=str(video.pk)).status_code == 404
    assert tus.create(client, upscale_of=str(video.pk)).status_code in (302, 401, 403)
    assert not Upload.objects.exists()


def test_a_video_that_is_not_measured_takes_none_yet(person_client: Client, person: User) -> None:
    video = factories.make_video(person, state=VideoState.ANALYSING, facts_json=None)

    response = tus.create(person_client, upscale_of=str(video.pk))

    assert (response.status_code, response.content) == (
        409,
        b"The original is still being analysed. Try again when it is ready.",
    )


def test_the_video_has_a_way_to_bring_one_and_says_what_came_of_it(
    person_client: Client, person: User, video: Video
) -> None:
    values: dict[str, Any] = {"upscale_of": video, "title": "Topaz, 2024"}
    matching = factories.make_video(person, **values, state=VideoState.PAIRING)
    reason = "Could not be matched to the original. It has 60 frames a second."
    own = factories.make_video(person, **values, notice=reason)

    page = page_at(person_client, f"/videos/{video.pk}/")

    assert page.text("#import summary") == "Import a result made elsewhere"
    assert page.text(f"#import-{matching.pk} .state") == "Matching"
    assert page.text(f"#import-{own.pk} .state") == "Doesn't match"
    assert page.text(f"#import-{own.pk} .waits") == reason
    crumb = page_at(person_client, f"/videos/{own.pk}/").one(".crumb a")
    assert crumb["href"] == f"/videos/{video.pk}/", "the way back to the original"


def test_its_page_says_what_it_is_and_offers_nothing_that_was_not_done(person_client: Client, imported: Job) -> None:
    page = page_at(person_client, f"/jobs/{imported.pk}/")

    for words in ("Result made elsewhere", "Topaz, 2024", "blood_gulch_topaz.mp4"):
        assert words in page.text('[aria-label="Imported result"]')
    actions = page.one("#actions")
    assert actions.has(f'a[href="/jobs/{imported.pk}/compare/"]')
    assert actions.has("a[download]")
    assert actions.has(f'form[action="/jobs/{imported.pk}/delete/"]')
    assert not actions.has(f'form[action="/jobs/{imported.pk}/retry/"], a[href*="?from="]')
    assert not page.has('[aria-label="Progress"], #figures, #receipt, #log, script[src*="/job."]')


def test_only_its_owner_sees_it(client: Client, stranger_client: Client, imported: Job) -> None:
    for page in (f"/jobs/{imported.pk}/", f"/jobs/{imported.pk}/compare/"):
        assert stranger_client.get(page).status_code == 404
        assert client.get(page).status_code == 302


def test_it_is_compared_and_listed_like_any_other(person_client: Client, imported: Job) -> None:
    own = factories.make_finished_job(imported.video)

    for address in (f"/jobs/{own.pk}/compare/?against={imported.pk}", f"/jobs/{imported.pk}/compare/"):
        assert "Topaz, 2024" in page_at(person_client, address).text("main .head")
    row = page_at(person_client, f"/videos/{imported.video_id}/").one(f"#job-{imported.pk}")
    assert row.text("strong") == "Topaz, 2024"
    assert page_at(person_client, "/").one("#cards li")["data-video"] == str(imported.video_id)


def test_its_settings_can_not_be_run_again(person_client: Client, imported: Job) -> None:
    assert person_client.get(f"/videos/{imported.video_id}/?from={imported.pk}").status_code == 404


def test_it_is_shared_and_says_nothing_of_the_name(person_client: Client, client: Client, imported: Job) -> None:
    share = factories.make_share(imported)

    page = page_at(client, f"/s/{share.token}/")

    assert "made elsewhere" in page.text("main")
    assert "Topaz" not in page.source
    assert "blood_gulch" not in page.source


def test_it_can_be_deleted_and_its_original_stays(
    person_client: Client, imported: Job, enqueued: EnqueuedTasks
) -> None:
    person_client.post(f"/jobs/{imported.pk}/delete/")

    assert not Job.objects.exists()
    assert Video.objects.filter(pk=imported.video_id).exists()
    assert "remove_folder" in enqueued.names

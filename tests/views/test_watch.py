"""The player of what is rendered so far, on the pages of a job and of a link."""

from __future__ import annotations

import pytest
from django.test import Client

from tests import factories
from tests.page import Page
from upscaler.live.snapshots import job_snapshot
from upscaler.models import Job, JobState, SegmentState, Share, User, Video

pytestmark = pytest.mark.django_db

WATCHED = [state for state in JobState if state not in (JobState.DONE, JobState.CANCELLED)]


def with_first_part(video: Video, state: JobState) -> Job:
    job = factories.make_job(video, state=state)
    job.segments.filter(index=0).update(state=SegmentState.DONE)
    return job


def link_to(job: Job, **values: object) -> Share:
    return Share.objects.create(job=job, created_by=job.video.owner, shows_progress=True, **values)


@pytest.mark.parametrize("state", WATCHED)
def test_a_job_without_a_result_has_a_player(person_client: Client, video: Video, state: JobState) -> None:
    job = with_first_part(video, state)

    response = person_client.get(f"/jobs/{job.pk}/")

    player = Page(response).one("#watch")
    assert (player["data-playlist"], player["data-seconds"]) == (f"/jobs/{job.pk}/live.m3u8", "0.5")
    assert "is ready to watch. The sound is added at the end." in player.text(".some:not([data-off])")
    assert "media-src 'self' blob:" in response.headers["content-security-policy"]


def test_its_place_is_there_before_its_first_part_is(person_client: Client, video: Video) -> None:
    job = factories.make_job(video, state=JobState.QUEUED)

    page = Page(person_client.get(f"/jobs/{job.pk}/"))

    assert page.one("#watch")["data-seconds"] == "0.0"
    assert page.has('#watch button[aria-controls="watch-stage"][disabled]')


@pytest.mark.parametrize("state", [JobState.DONE, JobState.CANCELLED])
def test_after_its_end_there_is_none(person_client: Client, video: Video, state: JobState) -> None:
    job = with_first_part(video, state)

    assert not Page(person_client.get(f"/jobs/{job.pk}/")).has("watch-player")
    assert job_snapshot(job)["watchable"] == 0


def test_a_job_page_is_its_owners(client: Client, stranger_client: Client, video: Video) -> None:
    job = with_first_part(video, JobState.RENDERING)

    for address in (f"/jobs/{job.pk}/", f"/jobs/{job.pk}/live.m3u8"):
        assert stranger_client.get(address).status_code == 404
        assert client.get(address).status_code == 302


def test_a_link_that_may_be_watched_has_a_player_with_its_own_address(client: Client, video: Video) -> None:
    job = with_first_part(video, JobState.RENDERING)
    share = link_to(job)

    response = client.get(f"/s/{share.token}/")

    page = Page(response)
    assert page.one("#watch")["data-playlist"] == f"/s/{share.token}/live.m3u8"
    assert str(job.pk) not in page.source
    assert "media-src 'self' blob:" in response.headers["content-security-policy"]


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_playlists_are_only_read(person_client: Client, video: Video, person: User, method: str) -> None:
    job = with_first_part(video, JobState.RENDERING)

    for address in (f"/jobs/{job.pk}/live.m3u8", f"/s/{link_to(job).token}/live.m3u8"):
        assert getattr(person_client, method)(address).status_code == 405


def test_other_pages_play_no_blobs(person_client: Client) -> None:
    assert "blob:" not in person_client.get("/").headers["content-security-policy"]

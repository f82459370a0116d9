"""The comparison."""

from __future__ import annotations

import pytest
from django.test import Client

from tests import factories
from upscaler.models import Job, JobState, Video
from upscaler.models.artifact import ArtifactKind

pytestmark = pytest.mark.django_db


def test_the_stills_and_both_videos_are_there(person_client: Client, finished: Job) -> None:
    response = person_client.get(f"/jobs/{finished.pk}/compare/")

    page = response.content.decode()
    assert [still["frame"] for still in response.context["stills"]] == [5, 20]
    for artifact in finished.artifacts.exclude(kind=ArtifactKind.RECEIPT):
        assert f"/media/{artifact.pk}" in page
    assert f"/media/{finished.video.artifacts.get(kind=ArtifactKind.PROXY).pk}" in page


def test_stills_that_are_not_there_yet_are_waited_for(person_client: Client, video: Video) -> None:
    job = factories.make_job(video, state=JobState.DONE)
    factories.make_artifact(job, ArtifactKind.RESULT)

    assert "The stills are being picked" in person_client.get(f"/jobs/{job.pk}/compare/").content.decode()


@pytest.mark.parametrize("state", sorted(set(JobState) - {JobState.DONE}))
def test_before_there_is_a_result_the_job_is_shown(person_client: Client, video: Video, state: JobState) -> None:
    job = factories.make_job(video, state=state)

    assert person_client.get(f"/jobs/{job.pk}/compare/")["Location"] == f"/jobs/{job.pk}/"


@pytest.mark.parametrize("is_shared", [False, True])
def test_a_result_that_browsers_do_not_play_is_compared_by_its_copy(
    person_client: Client, finished: Job, is_shared: bool
) -> None:
    playable = factories.make_artifact(finished, ArtifactKind.PLAYABLE)
    before = factories.make_artifact(finished, ArtifactKind.BEFORE)
    result = finished.artifacts.get(kind=ArtifactKind.RESULT)
    url, media = f"/jobs/{finished.pk}/compare/", "/media"
    if is_shared:
        token = factories.make_share(finished).token
        url, media = f"/s/{token}/", f"/s/{token}/media"

    page = person_client.get(url).content.decode()

    assert f'src="{media}/{playable.pk}"' in page
    assert f'src="{media}/{before.pk}"' in page
    assert f'src="{media}/{result.pk}"' not in page
    assert f'href="{media}/{result.pk}?download=1"' in page


def test_stills_that_can_not_be_made_are_not_waited_for(person_client: Client, video: Video) -> None:
    job = factories.make_job(video, state=JobState.DONE, extras_error="The disk was full.")

    page = person_client.get(f"/jobs/{job.pk}/compare/").content.decode()

    assert "No stills could be made. The disk was full." in page
    assert "Reload in a moment" not in page

"""The comparison."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests import factories
from tests.page import Page
from upscaler.models import Job, JobState, Video
from upscaler.models.artifact import ArtifactKind
from upscaler.pipeline.core.recipe import Recipe

pytestmark = pytest.mark.django_db


def test_the_stills_and_both_videos_are_there(person_client: Client, finished: Job) -> None:
    response = person_client.get(f"/jobs/{finished.pk}/compare/")

    page = Page(response)
    assert [still["frame"] for still in response.context["stills"]] == [5, 20]
    for artifact in finished.artifacts.exclude(kind=ArtifactKind.RECEIPT):
        assert f"/media/{artifact.pk}" in page.source
    assert f"/media/{finished.video.artifacts.get(kind=ArtifactKind.PROXY).pk}" in page.source
    assert set(response.context["player"]["pair"]) == {"before", "after"}
    assert "0.7 s" in page.texts('[aria-label="Stills"] button span')


def test_the_clip_is_played_as_soon_as_there_is_one(person_client: Client, finished: Job) -> None:
    clip = factories.make_artifact(finished, ArtifactKind.COMPARISON_CLIP)

    player = person_client.get(f"/jobs/{finished.pk}/compare/").context["player"]

    assert player["clip"]["url"] == f"/media/{clip.pk}"
    assert player["clip"]["layout"]["after"] == {"x": 0, "y": 0, "width": 256, "height": 192}
    assert player["clip"]["layout"]["before"] == {"x": 0, "y": 192, "width": 64, "height": 48}
    assert player["pair"] is None


def test_two_results_of_a_video_are_held_against_each_other(person_client: Client, finished: Job) -> None:
    other = factories.make_job(finished.video, state=JobState.DONE, model=factories.make_model(name="halo-2"))
    theirs = factories.make_artifact(other, ArtifactKind.RESULT)
    trimmed = factories.make_job(finished.video, state=JobState.DONE, recipe=Recipe(trim=(5, 20)))

    response = person_client.get(f"/jobs/{finished.pk}/compare/")
    against = person_client.get(f"/jobs/{finished.pk}/compare/?against={other.pk}")

    assert "64 × 48 to 256 × 192" in Page(response).text("main .head")  # noqa: RUF001
    assert response.context["others"] == [other], "the trimmed one has other frames"
    assert against.context["player"]["names"] == ["halo-2", finished.made_with]
    assert against.context["player"]["pair"]["before"]["url"] == f"/media/{theirs.pk}"
    assert against.context["stills"] == []
    for unknown in (trimmed.pk, finished.pk, "x"):
        assert person_client.get(f"/jobs/{finished.pk}/compare/?against={unknown}").status_code == 404


def test_stills_that_are_not_there_yet_are_waited_for(person_client: Client, video: Video) -> None:
    job = factories.make_job(video, state=JobState.DONE)
    factories.make_artifact(job, ArtifactKind.RESULT)

    assert (
        Page(person_client.get(f"/jobs/{job.pk}/compare/")).text("#preparing") == "HaloWeb is creating the comparison."
    )


@pytest.mark.parametrize(
    ("files", "is_ready"),
    [({}, False), ({"comparison_version": 1}, True), ({"derived_files_error": "The disk was full."}, True)],
)
def test_the_page_is_told_when_the_comparison_is_ready(
    person_client: Client, client: Client, video: Video, files: dict[str, Any], is_ready: bool
) -> None:
    job = factories.make_job(video, state=JobState.DONE, **files)
    share = factories.make_share(job)

    assert person_client.get(f"/jobs/{job.pk}/compare/status.json").json() == {"is_ready": is_ready}
    assert client.get(f"/s/{share.token}/state.json").json()["is_ready"] is is_ready


@pytest.mark.parametrize("is_shared", [False, True])
def test_a_page_that_waits_names_the_address_that_tells(person_client: Client, video: Video, is_shared: bool) -> None:
    job = factories.make_job(video, state=JobState.DONE)
    factories.make_artifact(job, ArtifactKind.RESULT)
    page = f"/s/{factories.make_share(job).token}/" if is_shared else f"/jobs/{job.pk}/compare/"
    status = f"{page}state.json" if is_shared else f"{page}status.json"

    assert Page(person_client.get(page)).one("#preparing")["data-status"] == status


@pytest.mark.parametrize("state", sorted(set(JobState) - {JobState.DONE}))
def test_before_there_is_a_result_the_job_is_shown(person_client: Client, video: Video, state: JobState) -> None:
    job = factories.make_job(video, state=state)

    assert person_client.get(f"/jobs/{job.pk}/compare/")["Location"] == f"/jobs/{job.pk}/"


@pytest.mark.parametrize("is_shared", [False, True])
def test_a_result_that_browsers_do_not_play_is_compared_by_its_copy(
    person_client: Client, finished: Job, is_shared: bool
) -> None:
    playable = factories.make_artifact(finished, ArtifactKind.PLAYABLE)
    before = factories.make_artifact(finished, ArtifactKind.SOURCE_CLIP)
    result = finished.artifacts.get(kind=ArtifactKind.RESULT)
    url, media = f"/jobs/{finished.pk}/compare/", "/media"
    if is_shared:
        token = factories.make_share(finished).token
        url, media = f"/s/{token}/", f"/s/{token}/media"

    response = person_client.get(url)

    pair = response.context["player"]["pair"]
    assert (pair["before"]["url"], pair["after"]["url"]) == (f"{media}/{before.pk}", f"{media}/{playable.pk}")
    assert Page(response).has(f'a[download][href="{media}/{result.pk}?download=1"]')


def test_stills_that_can_not_be_made_are_not_waited_for(person_client: Client, video: Video) -> None:
    job = factories.make_job(video, state=JobState.DONE, derived_files_error="The disk was full.")

    page = Page(person_client.get(f"/jobs/{job.pk}/compare/"))

    stage = page.one('[aria-label="Before and after"]')
    assert "Part of the comparison couldn't be created. The disk was full." in stage.text()
    assert not page.has("#preparing")

"""A link to a job that is not done, where its owner lets it be watched."""

from __future__ import annotations

import pytest
from asgiref.sync import sync_to_async

from tests import factories
from tests.page import Page
from tests.publish.conftest import Ask
from tests.publish.shown import everything
from upscaler.models import Artifact, Job, JobState, Share, User
from upscaler.models.artifact import ArtifactKind
from upscaler.publish.shares import Terms, share_change, share_create, share_revoke

pytestmark = pytest.mark.django_db(transaction=True)

UNDER_WAY = [JobState.QUEUED, JobState.RENDERING, JobState.PAUSED, JobState.ASSEMBLING, JobState.VERIFYING]


@pytest.fixture
def rendering(transactional_db: None, job: Job) -> Job:
    """With the newest frame of it, a half of the one after, and a result that nobody has checked."""
    Job.objects.filter(pk=job.pk).update(state=JobState.RENDERING, frames_done=12)
    for frame in (3, 7):
        factories.make_artifact(job, ArtifactKind.LIVE_BEFORE, frame=frame)
        factories.make_artifact(job, ArtifactKind.LIVE_AFTER, frame=frame)
    factories.make_artifact(job, ArtifactKind.LIVE_BEFORE, frame=9)
    factories.make_artifact(job, ArtifactKind.RESULT)
    factories.make_artifact(job.video, ArtifactKind.PROXY)
    job.refresh_from_db()
    return job


@pytest.fixture
def watched(rendering: Job, person: User) -> Share:
    share = share_create(job=rendering, user=person, terms=Terms(shows_progress=True))
    assert share is not None
    return share


@pytest.mark.parametrize("state", UNDER_WAY)
def test_a_job_under_way_has_a_link_only_if_it_may_be_watched(rendering: Job, person: User, state: JobState) -> None:
    rendering.state = state

    assert share_create(job=rendering, user=person) is None
    assert share_create(job=rendering, user=person, terms=Terms(shows_progress=True)) is not None


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.CANCELLED])
def test_a_job_that_ended_without_a_result_has_none(rendering: Job, person: User, state: JobState) -> None:
    rendering.state = state

    assert share_create(job=rendering, user=person, terms=Terms(shows_progress=True)) is None


async def test_how_far_it_is_and_its_newest_frame_are_shown(as_visitor: Ask, watched: Share) -> None:
    state = (await as_visitor(f"/s/{watched.token}/state.json")).json()
    page = Page(await as_visitor(f"/s/{watched.token}/"))

    assert (state["state"], state["label"], state["percent"]) == ("rendering", "Upscaling", 40)
    assert (state["is_active"], state["is_done"], state["pair"]["frame"]) == (True, False, 7)
    addresses = [state["pair"]["before"], state["pair"]["after"]]
    assert [image["src"] for image in page.all("#newest img")] == addresses
    for address in addresses:
        assert (await as_visitor(address)).headers["content-type"] == "image/jpeg"
    assert page.text("#state .label") == "Upscaling"


async def test_the_first_frame_has_a_number(as_visitor: Ask, watched: Share) -> None:
    await Artifact.objects.exclude(frame=7).filter(frame__isnull=False).adelete()
    await Artifact.objects.filter(frame=7).aupdate(frame=0)

    assert Page(await as_visitor(f"/s/{watched.token}/")).text("#frame") == "0"


async def test_nothing_but_frames_under_work_is_given_before_it_is_done(
    as_visitor: Ask, watched: Share, rendering: Job
) -> None:
    artifacts = [artifact async for artifact in Artifact.objects.all()]
    given = {
        artifact.kind
        for artifact in artifacts
        if (await as_visitor(f"/s/{watched.token}/media/{artifact.pk}")).status_code == 200
    }

    assert given == {ArtifactKind.LIVE_BEFORE, ArtifactKind.LIVE_AFTER}
    assert (await as_visitor(f"/s/{watched.token}/embed/")).status_code == 404
    oembed = f"/oembed?url=http://testserver/s/{watched.token}/"
    assert (await as_visitor(oembed)).status_code == 404


async def test_when_it_is_done_the_comparison_is_there(as_visitor: Ask, watched: Share, rendering: Job) -> None:
    pair = (await as_visitor(f"/s/{watched.token}/state.json")).json()["pair"]
    await Job.objects.filter(pk=rendering.pk).aupdate(state=JobState.DONE)

    state = (await as_visitor(f"/s/{watched.token}/state.json")).json()

    assert (state["is_done"], state["pair"]) == (True, None)
    assert Page(await as_visitor(f"/s/{watched.token}/")).has("compare-player")
    assert (await as_visitor(pair["after"])).status_code == 404, "the current frame is not shown any more"


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.CANCELLED])
async def test_why_a_job_failed_is_not_told(as_visitor: Ask, watched: Share, rendering: Job, state: JobState) -> None:
    await Job.objects.filter(pk=rendering.pk).aupdate(state=state, error="The disk of Miranda is full.")

    page = Page(await as_visitor(f"/s/{watched.token}/"))

    assert page.text("#state .label") == JobState(state).label
    assert (page.one("#ended").is_hidden, page.one("#while-active").is_hidden) == (False, True)
    assert "Miranda" not in page.source


async def test_a_link_that_may_not_be_watched_any_more_gives_nothing(as_visitor: Ask, watched: Share) -> None:
    seen = await everything(as_visitor, watched.token)
    await sync_to_async(share_change)(share=watched, terms=Terms(shows_progress=False))

    assert {(await as_visitor(address)).status_code for address in seen} == {404}


async def test_a_revoked_link_shows_no_frame(as_visitor: Ask, watched: Share) -> None:
    seen = await everything(as_visitor, watched.token)
    assert sum("/media/" in address for address in seen) == 2
    await sync_to_async(share_revoke)(share=watched)

    assert {(await as_visitor(address)).status_code for address in seen} == {404}

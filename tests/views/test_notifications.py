"""What happened elsewhere: each is told what ended of theirs, once, and at the same cost however much there is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests import factories
from tests.views.conftest import queries_of
from upscaler.jobs.actions import lifecycle, removal
from upscaler.jobs.actions.trash import videos_trash
from upscaler.models import Event, Job, JobState, User
from upscaler.pipeline.core.errors import PipelineError

pytestmark = pytest.mark.django_db


def notifications(client: Client, after: object = 0) -> dict[str, Any]:
    answer = client.get("/notifications.json", {"after": str(after)})
    assert answer.status_code == 200
    return dict(answer.json())


def settle() -> None:
    """As if it were a minute later."""
    Event.objects.update(created_at=timezone.now() - timedelta(minutes=1))


def finished_now(owner: User, title: str = "Blood Gulch", seconds: int = 90) -> Job:
    began = timezone.now() - timedelta(seconds=seconds)
    job = factories.make_job(factories.make_video(owner, title=title), state=JobState.VERIFYING, started_at=began)
    lifecycle.job_finish(job)
    return job


def test_a_job_that_is_done_and_one_that_failed_are_told(person: User, person_client: Client) -> None:
    done = finished_now(person)
    failed = factories.make_job(factories.make_video(person, title="Sidewinder"), state=JobState.RENDERING)
    lifecycle.job_fail(failed, PipelineError("The disk is full.", permanent=True))
    settle()

    found = notifications(person_client)

    assert [(one["title"], one["is_done"], one["url"]) for one in found["ended"]] == [
        ("Blood Gulch", True, f"/jobs/{done.pk}/"),
        ("Sidewinder", False, f"/jobs/{failed.pk}/"),
    ]
    assert found["ended"][0]["seconds"] == pytest.approx(90, abs=5)
    assert notifications(person_client, found["last"])["ended"] == []


def test_a_first_request_is_told_of_nothing_before(person: User, person_client: Client) -> None:
    finished_now(person)
    settle()

    first = person_client.get("/notifications.json").json()

    assert (first["ended"], first["last"]) == ([], Event.objects.latest("pk").pk)


def test_an_event_waits_until_none_can_come_before_it(person: User, person_client: Client) -> None:
    finished_now(person)

    assert notifications(person_client) == {"last": 0, "ended": []}


def test_nobody_is_told_of_what_is_not_theirs(
    person: User, stranger_client: Client, owner_client: Client, client: Client
) -> None:
    finished_now(person)
    settle()

    assert notifications(stranger_client)["ended"] == notifications(owner_client)["ended"] == []
    assert client.get("/notifications.json")["Location"] == "/log-in/?next=/notifications.json"


def test_what_is_cancelled_begun_again_or_in_the_trash_is_not_told(person: User, person_client: Client) -> None:
    removal.job_cancel(job=factories.make_job(factories.make_video(person), state=JobState.RENDERING))
    again = factories.make_job(factories.make_video(person), state=JobState.RENDERING)
    lifecycle.job_fail(again, PipelineError("The disk is full.", permanent=True))
    lifecycle.job_retry(job=again)
    videos_trash(user=person, ids=[finished_now(person).video_id])
    settle()

    assert notifications(person_client)["ended"] == []


@pytest.mark.parametrize("after", ["x", "-1", "", "9" * 40, "²"])
def test_what_is_no_number_counts_as_the_first_time(person: User, person_client: Client, after: str) -> None:
    finished_now(person)
    settle()

    assert notifications(person_client, after)["ended"] == []


def test_ten_jobs_cost_as_many_questions_as_one(person: User, person_client: Client) -> None:
    finished_now(person)
    settle()
    one = queries_of(person_client, "/notifications.json?after=0")
    for _ in range(12):
        finished_now(person)
    settle()

    assert queries_of(person_client, "/notifications.json?after=0") == one
    assert len(notifications(person_client)["ended"]) == 10

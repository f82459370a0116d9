"""The workers: who is there, what each has in hand, and whose it is only for those who may know."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests import factories
from tests.page import Page
from upscaler.jobs.rendering import claims
from upscaler.models import Capture, CaptureState, Job, JobState, UpscaleModel, User, Video, VideoState, Worker

pytestmark = pytest.mark.django_db


def make_worker(name: str = "cartographer:7:1", **values: Any) -> Worker:
    now = timezone.now()
    usual = {
        "machine": "ab" * 8, "host": "cartographer", "pid": 7, "queue": "gpu", "version": "0.2.0",
        "device": "NVIDIA GeForce RTX 3060", "started_at": now, "heartbeat_at": now,
    }  # fmt: skip
    return Worker.objects.create(name=name, **usual | values)


def hold(row: Job | Video | UpscaleModel | Capture, worker: Worker, seconds: int = 30) -> None:
    until = timezone.now() + timedelta(seconds=seconds)
    type(row)._default_manager.filter(pk=row.pk).update(leased_by=worker.name, lease_until=until)


def only(client: Client) -> dict[str, Any]:
    (row,) = client.get("/workers.json").json()["workers"]
    return dict(row)


def hand(client: Client) -> dict[str, Any]:
    (found,) = only(client)["hands"]
    return dict(found)


def test_where_there_is_none_the_page_says_how_to_start_one(person_client: Client) -> None:
    page = Page(person_client.get("/workers/"))

    assert not page.one("#empty").is_hidden
    assert "script/worker --queue gpu" in page.text("#empty")


def test_an_idle_worker_says_who_it_is(person_client: Client) -> None:
    worker = make_worker(network="halo, winograd fp32")

    row = only(person_client)
    page = Page(person_client.get("/workers/"))

    assert row == {
        "id": worker.name, "host": "cartographer", "does": "Upscaling", "device": "NVIDIA GeForce RTX 3060",
        "network": "halo, winograd fp32", "version": "0.2.0", "state": "idle", "label": "Idle",
        "refuses": "", "heard": "now", "fps": None, "hands": [],
    }  # fmt: skip
    for words in ("cartographer", "Upscaling", "NVIDIA GeForce RTX 3060", "halo, winograd fp32", "Idle"):
        assert words in page.text(f'#workers [data-id="{worker.name}"]')


def test_machines_are_told_apart_and_stand_together(person_client: Client) -> None:
    make_worker("b:1:1", host="b", queue="cpu")
    make_worker("a:2:1", host="a", queue="cpu")
    make_worker("a:1:1", host="a")

    rows = person_client.get("/workers.json").json()["workers"]

    expected = [("a", "Upscaling"), ("a", "Analysis and assembly"), ("b", "Analysis and assembly")]
    assert [(row["host"], row["does"]) for row in rows] == expected


@pytest.mark.parametrize(
    ("values", "label"),
    [
        ({"refuses": "This is HaloWeb 0.1.0, and the server is 0.2.0."}, "Not accepting work"),
        ({"is_stopping": True}, "Stopping"),
        ({"heartbeat_at": timezone.now() - timedelta(minutes=5)}, "Not responding"),
    ],
)
def test_one_that_does_nothing_says_why(person_client: Client, values: dict[str, Any], label: str) -> None:
    make_worker(**values)

    row = only(person_client)

    assert row["label"] == label
    assert Page(person_client.get("/workers/")).text("#workers .state .label") == label
    assert row["refuses"] == values.get("refuses", "")


def test_the_last_heartbeat_is_in_words(person_client: Client) -> None:
    make_worker("a:1:1", host="a", heartbeat_at=timezone.now() - timedelta(seconds=8.5))
    make_worker("b:1:1", host="b", heartbeat_at=timezone.now() + timedelta(minutes=2))

    rows = person_client.get("/workers.json").json()["workers"]

    assert [row["heard"] for row in rows] == ["8 seconds ago", "just now"]


def test_a_renderer_says_which_segment_it_is_at_and_how_fast(person_client: Client, rendering: Job) -> None:
    worker = make_worker()
    claim = claims.claim_next(worker.name)
    assert claim is not None
    rendering.segments.filter(pk=claim.segment.pk).update(fps=8.4)

    row = only(person_client)

    assert (row["state"], row["label"], row["fps"]) == ("working", "Busy", 8.4)
    assert row["hands"] == [
        {"does": "Upscaling", "what": rendering.video.title, "part": "segment 1 of 2", "url": f"/jobs/{rendering.pk}/"}
    ]
    page = Page(person_client.get("/workers/"))
    assert page.texts("#workers li li") == [f"Upscaling {rendering.video.title}, segment 1 of 2"]
    assert page.text(f'#workers li li a[href="/jobs/{rendering.pk}/"]') == rendering.video.title


def test_what_no_row_is_leased_for_is_said_as_well(person_client: Client) -> None:
    make_worker(queue="cpu", device="", activity="Deleting files")
    assert only(person_client)["label"] == "Busy"
    assert hand(person_client) == {"does": "Deleting files", "what": "", "part": "", "url": None}


@pytest.mark.parametrize(
    ("state", "does"),
    [
        (JobState.ASSEMBLING, "Assembling"),
        (JobState.VERIFYING, "Checking the result of"),
        (JobState.DONE, "Making the comparison of"),
    ],
)
def test_the_finishing_of_a_job_is_in_somebody_s_hand(
    person_client: Client, video: Video, state: JobState, does: str
) -> None:
    job = factories.make_job(video, state=state)
    hold(job, make_worker(queue="cpu"))

    assert hand(person_client) == {"does": does, "what": video.title, "part": "", "url": f"/jobs/{job.pk}/"}


@pytest.mark.parametrize(
    ("state", "does"),
    [
        (VideoState.PROBING, "Analysing"),
        (VideoState.ANALYSING, "Analysing"),
        (VideoState.JOINING, "Joining the parts of"),
        (VideoState.READY, "Making a browser copy of"),
    ],
)
def test_what_is_done_with_a_video_is_in_somebody_s_hand(
    person_client: Client, video: Video, state: VideoState, does: str
) -> None:
    Video.objects.update(state=state)
    hold(video, make_worker(queue="cpu"))

    assert hand(person_client) == {"does": does, "what": video.title, "part": "", "url": f"/videos/{video.pk}/"}


def test_weights_that_are_checked_are_in_somebody_s_hand(person_client: Client) -> None:
    model = factories.make_model(name="halo")
    hold(model, make_worker(queue="cpu"))

    assert hand(person_client) == {"does": "Checking the model", "what": "halo", "part": "", "url": None}


@pytest.mark.parametrize(
    ("state", "does"),
    [(CaptureState.MEASURING, "Analysing the capture"), (CaptureState.HARVESTING, "Harvesting frames of")],
)
def test_a_capture_that_is_measured_is_in_somebody_s_hand(
    person_client: Client, stranger_client: Client, person: User, state: CaptureState, does: str
) -> None:
    capture = factories.make_capture(factories.make_dataset(person), title="Run 1", state=state)
    hold(capture, make_worker(queue="cpu"))

    url = f"/captures/{capture.pk}/"
    assert hand(person_client) == {"does": does, "what": "Run 1", "part": "", "url": url}
    assert hand(stranger_client) == {"does": does, "what": "someone else's capture", "part": "", "url": None}


def test_a_lease_that_has_ended_is_nobody_s(person_client: Client, video: Video) -> None:
    hold(video, make_worker(queue="cpu"), seconds=-1)

    assert only(person_client)["hands"] == []


def test_titles_are_for_their_owner_and_the_owner_of_the_server(
    stranger_client: Client, owner_client: Client, rendering: Job
) -> None:
    worker = make_worker()
    claims.claim_next(worker.name)
    hold(rendering.video, worker)

    hidden = only(stranger_client)["hands"]
    assert [(found["what"], found["url"]) for found in hidden] == [("someone else's video", None)] * 2
    page = Page(stranger_client.get("/workers/"))
    assert rendering.video.title not in page.source
    assert str(rendering.pk) not in page.source
    for found in only(owner_client)["hands"]:
        assert (found["what"], found["url"]) == (rendering.video.title, None)


def test_more_workers_are_not_more_queries(
    person_client: Client, video: Video, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    factories.make_job(video, segment_frames=2)
    for number in range(12):
        claims.claim_next(make_worker(f"a:{number}:1").name)

    with django_assert_max_num_queries(12):
        assert len(person_client.get("/workers.json").json()["workers"]) == 12

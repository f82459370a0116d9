"""The queue: everybody sees how long it is, nobody sees into another's library, and each orders what is theirs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from tests import factories
from tests.page import Page
from upscaler.jobs.actions import lifecycle, removal
from upscaler.jobs.actions.job_order import jobs_queued, queue_reorder
from upscaler.jobs.rendering import claims
from upscaler.models import Job, JobState, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def make(person: User) -> Callable[..., Job]:
    """A job on a video of its own."""

    def made(owner: User = person, title: str = "Blood Gulch", **values: Any) -> Job:
        return factories.make_job(factories.make_video(owner, title=title), **values)

    return made


def in_order() -> list[Job]:
    return list(jobs_queued())


def ids(*jobs: Job) -> list[str]:
    return [str(job.pk) for job in jobs]


def test_an_empty_queue_says_how_to_fill_it(person_client: Client) -> None:
    page = Page(person_client.get("/queue/"))

    assert not page.one("#empty").is_hidden
    assert page.text("#empty h2") == "The queue is empty"
    assert page.has('main a[href="/workers/"]')


@pytest.mark.parametrize("state", JobState)
def test_what_is_not_done_yet_is_shown(person_client: Client, make: Callable[..., Job], state: JobState) -> None:
    job = make(state=state)

    found = person_client.get("/queue.json").json()

    finishing = state in (JobState.ASSEMBLING, JobState.VERIFYING)
    assert [row["id"] for row in found["finishing"]] == (ids(job) if finishing else [])
    assert [row["id"] for row in found["queued"]] == (ids(job) if job.is_active and not finishing else [])
    page = Page(person_client.get("/queue/"))
    assert page.texts(".queue-row .title") == ([job.video.title] if job.is_active else [])
    assert page.one("#empty").is_hidden is job.is_active


def test_jobs_stand_in_the_order_in_which_workers_take_them(person_client: Client, make: Callable[..., Job]) -> None:
    first, last, urgent = make(), make(state=JobState.PAUSED), make(priority=5)

    shown = [row["id"] for row in person_client.get("/queue.json").json()["queued"]]

    assert shown == ids(urgent, first, last)
    claim = claims.claim_next("a worker")
    assert claim is not None and claim.job == urgent


def test_ones_own_jobs_say_all_and_can_be_stopped(person_client: Client, make: Callable[..., Job]) -> None:
    job = make(title="<b>Zanzibar</b>", state=JobState.RENDERING, frames_done=12, fps=6.0)
    claims.claim_next("a worker")

    (row,) = person_client.get("/queue.json").json()["queued"]

    url = f"/jobs/{job.pk}/"
    assert row == {
        "id": str(job.pk), "is_own": True, "can_move": True, "state": "rendering", "label": "Upscaling",
        "done": 12, "total": 30, "percent": 40, "title": "<b>Zanzibar</b>", "about": "nearest",
        "fps": 6.0, "seconds_left": 3.0, "waits_for": "",
        "url": url, "cancel": f"{url}cancel/", "pause": f"{url}pause/", "resume": None,
    }  # fmt: skip
    page = Page(person_client.get("/queue/"))
    assert page.text(".queue-row .title") == "<b>Zanzibar</b>"


def test_a_paused_job_can_be_resumed_and_one_that_is_put_together_can_not(
    person_client: Client, make: Callable[..., Job]
) -> None:
    paused, finishing = make(state=JobState.PAUSED), make(state=JobState.VERIFYING)

    found = person_client.get("/queue.json").json()

    assert (found["queued"][0]["pause"], found["queued"][0]["resume"]) == (None, f"/jobs/{paused.pk}/resume/")
    row = found["finishing"][0]
    assert (row["pause"], row["resume"], row["cancel"]) == (None, None, f"/jobs/{finishing.pk}/cancel/")


def test_a_job_that_was_begun_and_overtaken_shows_no_speed(person_client: Client, make: Callable[..., Job]) -> None:
    make(state=JobState.RENDERING, frames_done=12, fps=6.0)

    (row,) = person_client.get("/queue.json").json()["queued"]

    assert (row["state"], row["label"], row["percent"]) == ("queued", "Started, waiting", 40)
    assert (row["fps"], row["seconds_left"]) == (None, None)


def test_of_others_jobs_only_the_progress_is_told(stranger_client: Client, make: Callable[..., Job]) -> None:
    job = make(title="Secret base", state=JobState.RENDERING, frames_done=12, fps=6.0, waits_for="No room.")
    claims.claim_next("a worker")

    (row,) = stranger_client.get("/queue.json").json()["queued"]
    page = Page(stranger_client.get("/queue/"))

    assert row == {
        "id": str(job.pk), "is_own": False, "can_move": False, "state": "rendering", "label": "Upscaling",
        "done": 12, "total": 30, "percent": 40, "title": "Someone else's job",
    }  # fmt: skip
    for secret in ("Secret base", "No room.", "nearest", job.video.owner.username, f"/jobs/{job.pk}"):
        assert secret not in page.source


def test_the_owner_of_the_server_reads_all_and_stops_only_their_own(
    owner_client: Client, make: Callable[..., Job]
) -> None:
    make(title="Secret base", waits_for="No room.")

    (row,) = owner_client.get("/queue.json").json()["queued"]

    assert (row["title"], row["about"], row["waits_for"]) == ("Secret base", "nearest, for miranda", "No room.")
    assert row["can_move"]
    assert not {"url", "pause", "resume", "cancel"} & row.keys()


def test_more_jobs_are_not_more_queries(
    person_client: Client, make: Callable[..., Job], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(12):
        make()

    with django_assert_max_num_queries(6):
        assert len(person_client.get("/queue.json").json()["queued"]) == 12


def test_a_person_orders_their_own_jobs(person_client: Client, make: Callable[..., Job]) -> None:
    one, two, three = make(), make(), make()

    found = person_client.post("/queue/order/", {"jobs": ",".join(ids(three, one, two))}).json()

    assert [row["id"] for row in found["queued"]] == ids(three, one, two)
    assert in_order() == [three, one, two]
    claim = claims.claim_next("a worker")
    assert claim is not None and claim.job == three


def test_what_is_made_later_comes_behind(make: Callable[..., Job], person: User) -> None:
    one, two = make(), make()
    assert queue_reorder(user=person, ids=[two.pk, one.pk])

    late = make()

    assert in_order() == [two, one, late]


def test_others_keep_their_places(make: Callable[..., Job], person: User, stranger: User) -> None:
    one, theirs, two, also_theirs, three = make(), make(stranger), make(), make(stranger), make()

    assert queue_reorder(user=person, ids=[three.pk, also_theirs.pk, one.pk, theirs.pk, two.pk])

    assert in_order() == [three, theirs, one, also_theirs, two]


def test_nobody_moves_what_is_another_s(make: Callable[..., Job], person: User, stranger: User) -> None:
    one, theirs = make(), make(stranger)

    assert not queue_reorder(user=person, ids=[theirs.pk, one.pk])

    assert in_order() == [one, theirs]
    assert set(Job.objects.values_list("priority", flat=True)) == {0}, "and nothing is written"


def test_the_owner_of_the_server_orders_all(make: Callable[..., Job], owner: User, stranger: User) -> None:
    one, theirs, own = make(), make(stranger), make(owner)

    assert queue_reorder(user=owner, ids=[own.pk, theirs.pk, one.pk])

    assert in_order() == [own, theirs, one]


def test_a_job_that_is_not_named_keeps_its_place(make: Callable[..., Job], person: User) -> None:
    one, two, unseen, three = make(), make(), make(), make()

    assert queue_reorder(user=person, ids=[three.pk, one.pk, two.pk])

    assert in_order() == [three, one, unseen, two]


@pytest.mark.parametrize("state", [JobState.ASSEMBLING, JobState.DONE, JobState.FAILED, JobState.CANCELLED])
def test_jobs_that_have_ended_meanwhile_are_passed_over(
    make: Callable[..., Job], person: User, state: JobState
) -> None:
    one, ended, two = make(), make(), make()
    Job.objects.filter(pk=ended.pk).update(state=state)

    assert queue_reorder(user=person, ids=[two.pk, ended.pk, uuid4(), one.pk, two.pk])

    assert in_order() == [two, one]
    ended.refresh_from_db()
    assert (ended.state, ended.priority) == (state, 0)


def test_a_paused_job_keeps_its_place_and_can_be_moved(make: Callable[..., Job], person: User) -> None:
    one, paused = make(), make(state=JobState.PAUSED)

    assert queue_reorder(user=person, ids=[paused.pk, one.pk])
    assert lifecycle.job_resume(job=paused)

    claim = claims.claim_next("a worker")
    assert claim is not None and claim.job == paused


def test_a_job_moved_in_front_is_begun_at_the_next_segment(make: Callable[..., Job], person: User) -> None:
    one, two = make(), make()
    begun = claims.claim_next("a worker")
    assert begun is not None and begun.job == one

    queue_reorder(user=person, ids=[two.pk, one.pk])

    after = claims.claim_next("a worker", after=begun)
    assert after is not None and after.job == two


@pytest.mark.parametrize("said", ["1", "z" * 36, ","])
def test_ids_that_are_none_are_refused(person_client: Client, said: str) -> None:
    assert person_client.post("/queue/order/", {"jobs": said}).status_code == 400


def test_a_long_queue_is_ordered_as_a_short_one_is(person_client: Client, make: Callable[..., Job]) -> None:
    first = make()
    copies = [Job(**_values(first)) for _ in range(1000)]
    Job.objects.bulk_create(copies)
    last_first = ids(*in_order()[::-1])

    found = person_client.post("/queue/order/", {"jobs": ",".join(last_first)}).json()

    assert len(last_first) == 1001
    assert [row["id"] for row in found["queued"]] == last_first
    assert ids(*in_order()) == last_first


def test_only_jobs_that_get_another_place_are_written(
    person: User, make: Callable[..., Job], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    order = [make().pk for _ in range(12)][::-1]
    queue_reorder(user=person, ids=order)
    order[3:5] = order[4], order[3]

    with django_assert_max_num_queries(8):
        assert queue_reorder(user=person, ids=order)

    assert [job.pk for job in in_order()] == order


def _values(job: Job) -> dict[str, Any]:
    """What another job like this one has."""
    names = ("video", "model", "recipe_json", "plan_json", "frames_total", "state")
    return {name: getattr(job, name) for name in names}


def test_no_order_is_the_one_that_is(person_client: Client, make: Callable[..., Job]) -> None:
    one, two = make(), make()

    assert person_client.post("/queue/order/").status_code == 200

    assert in_order() == [one, two]


@pytest.mark.django_db(transaction=True)
def test_two_who_order_at_once_leave_one_of_the_two_orders(make: Callable[..., Job], person: User) -> None:
    jobs = [make() for _ in range(6)]
    orders = [[job.pk for job in jobs[::-1]], [job.pk for job in jobs[3:] + jobs[:3]]]
    start = threading.Barrier(3)

    def put(order: list[Any]) -> None:
        start.wait()
        try:
            for _ in range(5):
                queue_reorder(user=person, ids=order)
        finally:
            connection.close()

    def end() -> None:
        start.wait()
        try:
            removal.job_cancel(job=jobs[0])
        finally:
            connection.close()

    threads = [*(threading.Thread(target=put, args=(order,)) for order in orders), threading.Thread(target=end)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    left = [job.pk for job in in_order()]
    assert left in [[pk for pk in order if pk != jobs[0].pk] for order in orders]
    jobs[0].refresh_from_db()
    assert jobs[0].state == JobState.CANCELLED

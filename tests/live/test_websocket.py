"""A page that watches: it gets everything once, in order, and only what is its person's."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.sessions.models import Session
from django.db import OperationalError
from django.utils import timezone

from haloweb import sessions
from tests import factories
from tests.live.conftest import Viewer, Watch, tell
from upscaler.jobs.actions.captures import announce
from upscaler.live import consumers, tailer
from upscaler.models import Event, Job, User, Video

pytestmark = pytest.mark.django_db(transaction=True)

Make = Callable[..., Awaitable[Viewer]]
Act = Callable[[Viewer, User, Job], Awaitable[None]]


def texts(messages: list[dict[str, Any]]) -> list[str]:
    return [message["payload"]["text"] for message in messages]


async def test_a_page_begins_with_where_things_stand(watch: Watch, job: Job, person: User) -> None:
    await tell(job, "one", "two")

    first = await (await watch(job, person)).message()

    assert first["seq"] == first["payload"]["last"] == 2
    assert first["payload"]["kind"] == "snapshot"
    assert [line["text"] for line in first["payload"]["log"]] == ["one", "two"]


async def test_a_video_is_watched_too(watch: Watch, video: Video, person: User) -> None:
    page = await watch(video, person)
    assert (await page.message())["payload"]["state"] == "ready"

    await tell(video, "No playable copy of the original could be made.")

    assert (await page.message())["payload"]["kind"] == "log"


async def test_a_dataset_is_watched_by_its_owner_alone(watch: Watch, person: User, stranger: User) -> None:
    dataset = await sync_to_async(factories.make_dataset)(person)
    capture = await sync_to_async(factories.make_capture)(dataset, frames=8)
    page = await watch(dataset, person)
    first = (await page.message())["payload"]
    assert (first["is_final"], [one["id"] for one in first["captures"]]) == (False, [str(capture.pk)])
    assert await (await watch(dataset, stranger)).code() == consumers.NOT_FOUND

    await sync_to_async(announce)(capture)

    told = (await page.message())["payload"]
    assert told.items() >= {"kind": "capture", "id": str(capture.pk), "state": "ready", "seen": 8, "kept": 4}.items()


async def test_events_are_told_as_they_happen(watch: Watch, job: Job, person: User) -> None:
    page = await watch(job, person)
    await page.message()

    await tell(job, "one")
    assert texts([await page.message()]) == ["one"]
    await tell(job, "two", "three")
    assert texts(await page.messages(3)) == ["two", "three"]


async def test_a_page_that_comes_back_gets_exactly_what_it_missed(watch: Watch, job: Job, person: User) -> None:
    await tell(job, "one", "two", "three", "four")

    page = await watch(job, person, "?after=2")
    assert texts(await page.messages(4)) == ["three", "four"]

    await tell(job, "five")
    assert texts(await page.messages(5)) == ["five"]


async def test_a_page_that_missed_nothing_is_told_so(watch: Watch, job: Job, person: User) -> None:
    await tell(job, "one")

    page = await watch(job, person, "?after=1")

    assert await page.message() == {"seq": 1, "payload": {"kind": "resumed"}}


@pytest.mark.parametrize("after", ["1", "99", "x", "-1", "", "9" * 30, "%C2%B2"])
async def test_a_page_that_was_away_too_long_begins_again(watch: Watch, job: Job, person: User, after: str) -> None:
    await tell(job, "one", "two", "three")
    await Event.objects.filter(subject=job.pk, seq=2).adelete()

    first = await (await watch(job, person, f"?after={after}")).message()

    assert (first["seq"], first["payload"]["kind"]) == (3, "snapshot")


async def test_what_is_not_mine_does_not_exist(
    viewer: Make, job: Job, video: Video, stranger: User, owner: User
) -> None:
    for subject in (job, video):
        for other in (stranger, owner):
            page = await viewer(subject, other)
            assert await page.connect(), "opened, so that the page gets the code"
            assert await page.code() == consumers.NOT_FOUND == 4404


async def test_whoever_is_not_logged_in_is_told_so(viewer: Make, job: Job) -> None:
    for subject in (job, Job(id=uuid.uuid4())):
        page = await viewer(subject, None)
        assert await page.connect(), "opened, so that the page gets the code"
        assert await page.code() == consumers.LOGGED_OUT == 4401


async def log_out(page: Viewer, person: User, job: Job) -> None:
    await sync_to_async(page.client.logout)()


async def change_password(page: Viewer, person: User, job: Job) -> None:
    person.set_password("another-run-2004")
    await person.asave()


async def shut_out(page: Viewer, person: User, job: Job) -> None:
    person.is_active = False
    await person.asave()


async def delete_session(page: Viewer, person: User, job: Job) -> None:
    await Session.objects.all().adelete()


async def let_session_expire(page: Viewer, person: User, job: Job) -> None:
    await Session.objects.aupdate(expire_date=timezone.now())


async def move_to_trash(page: Viewer, person: User, job: Job) -> None:
    await Video.objects.filter(pk=job.video_id).aupdate(trashed_at=timezone.now())


async def give_away(page: Viewer, person: User, job: Job) -> None:
    other = await sync_to_async(factories.make_user)("somebody")
    await Video.objects.filter(pk=job.video_id).aupdate(owner=other)


@pytest.mark.parametrize("happens", ["an event", "nothing"])
@pytest.mark.parametrize(
    ("act", "code"),
    [
        (log_out, consumers.LOGGED_OUT),
        (change_password, consumers.LOGGED_OUT),
        (shut_out, consumers.LOGGED_OUT),
        (delete_session, consumers.LOGGED_OUT),
        (let_session_expire, consumers.LOGGED_OUT),
        (move_to_trash, consumers.NOT_FOUND),
        (give_away, consumers.NOT_FOUND),
    ],
)
async def test_a_page_is_told_nothing_any_more(
    watch: Watch, job: Job, person: User, monkeypatch: pytest.MonkeyPatch, act: Act, code: int, happens: str
) -> None:
    if happens == "nothing":
        monkeypatch.setattr(consumers, "CHECK_SECONDS", 0.5)
    page = await watch(job, person)
    await page.message()
    await tell(job, "before")
    assert texts([await page.message()]) == ["before"]

    await act(page, person, job)
    if happens == "an event":
        monkeypatch.setattr(consumers, "CHECK_SECONDS", 0.0)
        await tell(job, "after")

    assert await page.rest() == ([], code)


async def test_a_page_that_may_watch_goes_on(
    watch: Watch, job: Job, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "CHECK_SECONDS", 0.01)
    looks: list[User | None] = []

    def counted(key: str | None) -> User | None:
        looks.append(sessions.user_of_session(key))
        return looks[-1]

    monkeypatch.setattr(consumers, "user_of_session", counted)
    page = await watch(job, person)
    await page.message()
    await until(lambda: len(looks) > 3)
    await tell(job, "still here")

    assert texts([await page.message()]) == ["still here"]
    assert set(looks) == {person}


async def test_a_page_is_not_looked_up_at_each_event(
    watch: Watch, job: Job, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "user_of_session", lambda _: pytest.fail("it was just looked up"))
    page = await watch(job, person)
    await page.message()
    await tell(job, "one", "two")

    assert texts(await page.messages(2)) == ["one", "two"]


async def test_a_page_connects_again_where_nobody_knows_whether_it_may(
    watch: Watch, job: Job, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise OperationalError

    monkeypatch.setattr(consumers, "CHECK_SECONDS", 0.01)
    page = await watch(job, person)
    monkeypatch.setattr(consumers, "user_of_session", away)

    _, code = await page.rest()

    assert code == consumers.AWAY


async def test_what_is_not_there_does_not_exist(viewer: Make, person: User) -> None:
    page = await viewer(Job(id=uuid.uuid4()), person)
    await page.connect()
    assert await page.code() == consumers.NOT_FOUND


@pytest.mark.parametrize("path", ["/", "/ws/", "/ws/jobs/1/", "/ws/models/9f6c6d3e-0000-4000-8000-000000000000/"])
async def test_an_address_that_is_no_websocket_s_lets_nobody_in(transactional_db: None, path: str) -> None:
    assert not await Viewer(path, None, "http://localhost").connect()


async def test_a_page_of_another_site_is_not_let_in(viewer: Make, job: Job, person: User) -> None:
    page = await viewer(job, person, origin="http://evil.example")

    assert not await page.connect()


async def test_what_a_page_says_is_not_heeded(watch: Watch, job: Job, person: User) -> None:
    page = await watch(job, person)
    await page.message()

    await page.say('{"kind": "cancel"}')
    await page.say("not even JSON")
    await tell(job, "still here")

    assert texts([await page.message()]) == ["still here"]


async def test_pages_at_different_places_each_get_every_event_once(watch: Watch, job: Job, person: User) -> None:
    await tell(job, *"abc")
    early = await watch(job, person, "?after=0")
    late = await watch(job, person, "?after=2")
    writer = asyncio.create_task(tell(job, *"defghij"))
    middle = await watch(job, person, "?after=1")
    await writer

    assert "".join(texts(await early.messages(10))) == "abcdefghij"
    assert "".join(texts(await late.messages(10))) == "cdefghij"
    assert "".join(texts(await middle.messages(10))) == "bcdefghij"


async def test_pages_of_two_jobs_do_not_hear_each_other(watch: Watch, job: Job, video: Video, person: User) -> None:
    of_job, of_video = await watch(job, person), await watch(video, person)
    await of_job.message()
    await of_video.message()

    await tell(video, "about the video")
    await tell(job, "about the job")

    assert texts([await of_job.message()]) == ["about the job"]
    assert texts([await of_video.message()]) == ["about the video"]


async def test_a_second_page_misses_nothing_while_the_first_is_served(watch: Watch, job: Job, person: User) -> None:
    first = await watch(job, person)
    await first.message()
    writer = asyncio.create_task(tell(job, *map(str, range(60))))
    others = [await watch(job, person) for _ in range(4)]
    await writer

    assert texts(await first.messages(60)) == [str(number) for number in range(60)]
    for other in others:
        snapshot = await other.message()
        known = [line["text"] for line in snapshot["payload"]["log"]]
        rest = await other.messages(60) if snapshot["seq"] < 60 else []
        # an event may be in the snapshot and told again; none may be missing
        assert set(known) | set(texts(rest)) == {str(number) for number in range(60)}
        assert [message["seq"] for message in rest] == list(range(snapshot["seq"] + 1, 61))


async def test_nothing_is_tailed_without_a_viewer(watch: Watch, job: Job, person: User) -> None:
    page = await watch(job, person)
    await page.message()
    await tell(job, "one")
    await page.message()
    task = tailer.tailer._task
    assert task is not None and not task.done()

    await page.close()
    await asyncio.wait_for(task, 10)

    assert not tailer.tailer._viewers
    assert not tailer.tailer._last

    again = await watch(job, person)
    await again.message()
    await tell(job, "two")
    assert texts([await again.message()]) == ["two"]


async def test_a_page_that_is_too_slow_is_cut_off(
    watch: Watch, job: Job, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tailer, "QUEUE_EVENTS", 5)
    gate = asyncio.Event()
    say = consumers.SubjectConsumer._send

    async def slowly(self: consumers.SubjectConsumer, message: dict[str, Any]) -> None:
        if message["payload"]["kind"] != "snapshot":
            await gate.wait()
        await say(self, message)

    monkeypatch.setattr(consumers.SubjectConsumer, "_send", slowly)
    page = await watch(job, person)
    await page.message()
    await tell(job, *map(str, range(20)))
    await until(lambda: tailer.tailer._last[job.pk] == 20)
    gate.set()

    got, code = await page.rest()

    assert code == consumers.TOO_SLOW == 4408
    assert 5 <= len(got) <= 6, "what had been put aside, and the one in hand"
    assert texts(got) == [str(number) for number in range(len(got))]
    monkeypatch.undo()
    resumed = await watch(job, person, f"?after={got[-1]['seq']}")
    assert texts(await resumed.messages(20)) == [str(number) for number in range(len(got), 20)]


@pytest.mark.expects_errors
async def test_a_database_that_does_not_answer_for_a_moment_costs_nothing(
    watch: Watch, job: Job, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = await watch(job, person)
    await page.message()
    fails, read = [1], tailer._events

    async def sometimes(last: dict[Any, int]) -> list[Any]:
        if fails:
            fails.pop()
            raise OSError("the database is away")
        return await read(last)

    monkeypatch.setattr(tailer, "_events", sometimes)
    await tell(job, "one")

    assert texts([await page.message()]) == ["one"]
    assert not fails


async def until(happens: Callable[[], object], seconds: float = 10.0) -> None:
    """Look again and again, for a while."""
    async with asyncio.timeout(seconds):
        while not happens():
            await asyncio.sleep(0.01)


async def test_a_person_who_was_shut_out_is_not_let_in(viewer: Make, job: Job, person: User) -> None:
    page = await viewer(job, person)
    person.is_active = False
    await sync_to_async(person.save)()

    await page.connect()

    assert await page.code() == consumers.LOGGED_OUT


async def test_one_person_has_so_many_pages_and_no_more(
    watch: Watch, job: Job, video: Video, person: User, stranger: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "MAX_PAGES", 2)
    pages = [await watch(job, person), await watch(video, person)]

    one_more = await watch(job, person)
    assert await one_more.code() == consumers.TOO_MANY == 4429
    await one_more.close()
    assert await (await watch(job, stranger)).code() == consumers.NOT_FOUND, "others have a count of their own"

    await pages[1].close()
    assert (await (await watch(job, person)).message())["payload"]["kind"] == "snapshot"

"""What is rendered of a job is watched while the rest is rendered."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests import factories
from tests.publish.conftest import Ask, browser
from tests.publish.rendered import addresses_of, render, times_of
from tests.publish.shown import everything
from upscaler.models import Job, JobState, Segment, SegmentState, Share, User, Video
from upscaler.pipeline.core.recipe import Recipe
from upscaler.publish import share_access
from upscaler.publish.shares import Terms, share_change, share_create, share_revoke
from upscaler.selectors.jobs import seconds_watchable

pytestmark = pytest.mark.django_db(transaction=True)


def job_of(video: Video, preset: str = "h264") -> Job:
    recipe = Recipe(preset=preset)
    return factories.make_job(video, segment_frames=10, recipe=recipe, state=JobState.RENDERING)


@pytest.fixture
def rendering(transactional_db: None, video: Video) -> Job:
    """Of three segments, the first two are there."""
    job = job_of(video)
    render(job, 0, 1)
    return job


@pytest.fixture
def watched(rendering: Job, person: User) -> Share:
    share = share_create(job=rendering, user=person, terms=Terms(shows_progress=True))
    assert share is not None
    return share


def playlist_of(job: Job) -> str:
    return f"/jobs/{job.pk}/live.m3u8"


async def statuses(ask: Ask, addresses: list[str]) -> set[int]:
    return {(await ask(address)).status_code for address in addresses}


def through(share: Share) -> list[str]:
    return [f"/s/{share.token}/live.m3u8", f"/s/{share.token}/live/0.mp4", f"/s/{share.token}/live/1.mp4"]


def own(job: Job) -> list[str]:
    return [playlist_of(job), f"/jobs/{job.pk}/live/0.mp4", f"/jobs/{job.pk}/live/1.mp4"]


async def test_the_playlist_names_what_is_done_and_stays_open(as_person: Ask, rendering: Job) -> None:
    answer = await as_person(playlist_of(rendering))

    lines = answer.text.splitlines()
    assert answer.headers["content-type"] == "application/vnd.apple.mpegurl"
    assert "no-store" in answer.headers["cache-control"]
    assert addresses_of(answer.text) == [f"/jobs/{rendering.pk}/live/{index}.mp4" for index in (0, 1)]
    assert "#EXT-X-PLAYLIST-TYPE:EVENT" in lines
    assert "#EXT-X-TARGETDURATION:1" in lines
    assert lines.count("#EXTINF:0.333333,") == 2
    assert "#EXT-X-ENDLIST" not in lines


async def test_when_all_is_rendered_the_playlist_ends(as_person: Ask, rendering: Job) -> None:
    await sync_to_async(render)(rendering, 2)

    playlist = (await as_person(playlist_of(rendering))).text

    assert len(addresses_of(playlist)) == 3
    assert playlist.endswith("#EXT-X-ENDLIST\n")


async def test_of_a_failed_job_what_is_kept_can_be_watched(as_person: Ask, rendering: Job) -> None:
    await Job.objects.filter(pk=rendering.pk).aupdate(state=JobState.FAILED)

    assert (await as_person(playlist_of(rendering))).text.endswith("#EXT-X-ENDLIST\n")
    assert await statuses(as_person, own(rendering)) == {200}


async def test_what_lies_behind_a_gap_is_not_named_and_not_given(as_person: Ask, video: Video) -> None:
    job = await sync_to_async(job_of)(video)
    await sync_to_async(render)(job, 0, 2)

    playlist = (await as_person(playlist_of(job))).text

    assert addresses_of(playlist) == [f"/jobs/{job.pk}/live/0.mp4"]
    assert await statuses(as_person, [f"/jobs/{job.pk}/live/{index}.mp4" for index in (1, 2, 3, 10**30)]) == {404}
    assert await sync_to_async(seconds_watchable)(job) == pytest.approx(1 / 3)


async def test_before_the_first_part_there_is_nothing(as_person: Ask, video: Video) -> None:
    job = await sync_to_async(job_of)(video)
    await sync_to_async(render)(job, 1)

    assert await statuses(as_person, own(job)) == {404}
    assert await sync_to_async(seconds_watchable)(job) == 0


@pytest.mark.parametrize("state", [JobState.DONE, JobState.CANCELLED])
async def test_after_its_end_there_is_nothing_to_watch(
    as_person: Ask, as_visitor: Ask, rendering: Job, watched: Share, state: JobState
) -> None:
    await Job.objects.filter(pk=rendering.pk).aupdate(state=state)

    assert await statuses(as_person, own(rendering)) == {404}
    assert await statuses(as_visitor, through(watched)) == {404}


@pytest.mark.usefixtures("each_storage")
@pytest.mark.parametrize("preset", ["h264", "av1", "ffv1"])
@pytest.mark.parametrize("count", [2, 3])
async def test_players_find_every_frame_at_its_time(
    as_person: Ask, video: Video, tmp_path: Path, preset: str, count: int
) -> None:
    job = await sync_to_async(job_of)(video, preset)
    await sync_to_async(render)(job, *range(count))
    playlist = (await as_person(playlist_of(job))).text
    (tmp_path / "player").mkdir()

    times = await times_of(as_person, playlist, tmp_path / "player")

    assert len(times) == 10 * count
    assert all(later - earlier == pytest.approx(1 / 30, abs=1e-4) for earlier, later in pairwise(times))


async def test_the_ranges_that_a_player_asks_for_are_the_head_and_whole_fragments(
    as_person: Ask, rendering: Job
) -> None:
    playlist = (await as_person(playlist_of(rendering))).text
    head = re.search(r'#EXT-X-MAP:URI="([^"]+)",BYTERANGE="(\d+)@0"', playlist)
    parts = re.findall(r"#EXT-X-BYTERANGE:(\d+)@(\d+)\n(\S+)", playlist)
    assert head

    first = await as_person(head[1], Range=f"bytes=0-{int(head[2]) - 1}")

    assert (first.status_code, first.content[4:8]) == (206, b"ftyp")
    assert b"moov" in first.content and b"moof" not in first.content
    for length, at, address in parts:
        assert at == head[2]
        part = await as_person(address, Range=f"bytes={at}-{int(at) + int(length) - 1}")
        whole = await as_person(address)
        assert (part.status_code, part.content[4:8]) == (206, b"moof")
        assert len(whole.content) == int(at) + int(length)
        assert whole.headers["content-type"] == "video/mp4"
        assert whole.headers["cache-control"] == "private, no-cache"
        assert (await as_person(address, If_None_Match=whole.headers["etag"])).status_code == 304


async def test_only_its_owner_has_it(as_person: Ask, as_stranger: Ask, as_visitor: Ask, rendering: Job) -> None:
    playlist, *files = own(rendering)

    assert await statuses(as_person, [playlist, *files]) == {200}
    assert await statuses(as_stranger, [playlist, *files]) == {404}
    assert (await as_visitor(playlist)).status_code == 302
    assert await statuses(as_visitor, files) == {404}


async def test_a_job_whose_video_is_in_the_trash_gives_nothing(
    as_person: Ask, as_visitor: Ask, rendering: Job, watched: Share
) -> None:
    await Video.objects.filter(pk=rendering.video_id).aupdate(trashed_at=timezone.now())

    assert await statuses(as_person, own(rendering)) == {404}
    assert await statuses(as_visitor, through(watched)) == {404}


async def test_a_link_that_may_be_watched_gives_it_to_everybody(as_visitor: Ask, watched: Share) -> None:
    found = await everything(as_visitor, watched.token)

    assert set(through(watched)) <= found.keys()
    for address in through(watched):
        assert found[address].status_code == 200
        assert found[address].headers["x-robots-tag"] == "noindex, nofollow"
    state = found[f"/s/{watched.token}/state.json"].json()
    assert state["watchable"] == pytest.approx(2 / 3)
    assert (await as_visitor(through(watched)[1], Range="bytes=4-7")).content == b"ftyp"
    assert str(watched.job_id) not in found[through(watched)[0]].text


async def test_it_is_watched_and_not_downloaded(as_visitor: Ask, watched: Share) -> None:
    assert (await as_visitor(f"{through(watched)[1]}?download=1")).status_code == 404


def locked(share: Share) -> None:
    Share.objects.filter(pk=share.pk).update(password=make_password("the cole protocol"))


def not_to_be_watched(share: Share) -> None:
    share_change(share=share, terms=Terms(shows_progress=False))


def over(share: Share) -> None:
    share_change(share=share, terms=Terms(expires_at=timezone.now()))


def revoked(share: Share) -> None:
    share_revoke(share=share)


@pytest.mark.parametrize("end", [revoked, over, locked, not_to_be_watched])
async def test_one_that_is_not_open_gives_nothing_to_anybody(
    as_visitor: Ask, as_person: Ask, watched: Share, end: Callable[[Share], None]
) -> None:
    await sync_to_async(end)(watched)

    for ask in (as_visitor, as_person):
        assert await statuses(ask, through(watched)) == {404}
        assert (await ask(through(watched)[1], Range="bytes=0-1")).status_code == 404


async def test_a_visitor_who_knows_the_password_can_watch(watched: Share) -> None:
    await sync_to_async(locked)(watched)
    share = await Share.objects.aget(pk=watched.pk)

    as_friend = browser({share_access.COOKIE: share_access.key_for(share)})

    assert await statuses(as_friend, through(watched)) == {200}


async def test_a_link_of_another_job_does_not_open_this_one(as_visitor: Ask, rendering: Job, person: User) -> None:
    other = await sync_to_async(job_of)(rendering.video)
    share = await sync_to_async(share_create)(job=other, user=person, terms=Terms(shows_progress=True))
    assert share is not None

    assert await statuses(as_visitor, through(share)) == {404}


async def test_what_is_gone_from_the_disk_is_not_there(as_person: Ask, rendering: Job) -> None:
    await Segment.objects.filter(job=rendering).aupdate(key="jobs/nothing.mp4")

    assert await statuses(as_person, own(rendering)) == {404}


@pytest.mark.usefixtures("object_storage")
@pytest.mark.expects_errors  # Django logs every 503 as one
async def test_while_storage_is_away_players_are_told_so(
    as_person: Ask, rendering: Job, request: pytest.FixtureRequest
) -> None:
    await sync_to_async(request.getfixturevalue)("away")

    assert (await as_person(playlist_of(rendering))).status_code == 503
    assert (await as_person(own(rendering)[1])).status_code == 503


def test_a_playlist_of_many_segments_costs_no_more_questions(person_client: Client, rendering: Job) -> None:
    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert person_client.get(playlist_of(rendering)).status_code == 200
        return len(asked)

    few = questions()
    first = rendering.segments.get(index=0)
    Segment.objects.filter(job=rendering, index=2).delete()
    Segment.objects.bulk_create(
        Segment(
            job=rendering,
            index=index,
            start=10 * index,
            end=10 * index + 10,
            state=SegmentState.DONE,
            key=first.key,
            size=first.size,
            sha256=first.sha256,
        )
        for index in range(2, 200)
    )

    assert questions() == few

"""Who may have which file, and what a file may do in a browser."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from asgiref.sync import sync_to_async

from tests import factories
from tests.publish.conftest import Ask
from upscaler.jobs.actions.trash import videos_restore, videos_trash
from upscaler.media.files import delete_file
from upscaler.models import Artifact, Job, JobState, Share, User
from upscaler.models.artifact import ArtifactKind
from upscaler.publish.shares import share_create, share_revoke

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("each_storage")]

SHARED = ("result", "still-before", "still-after", "proxy", "poster")
KEPT_BACK = ("original", "receipt")


async def test_a_person_has_all_of_their_own_files(as_person: Ask, files: dict[str, str]) -> None:
    assert {kind: (await as_person(f"/media/{id}")).status_code for kind, id in files.items()} == dict.fromkeys(
        (*SHARED, *KEPT_BACK), 200
    )


async def test_a_stranger_has_none(as_stranger: Ask, files: dict[str, str]) -> None:
    assert {(await as_stranger(f"/media/{id}")).status_code for id in files.values()} == {404}


async def test_a_visitor_without_a_login_has_none(as_visitor: Ask, files: dict[str, str]) -> None:
    assert {(await as_visitor(f"/media/{id}")).status_code for id in files.values()} == {404}


async def test_a_person_who_was_shut_out_has_none(as_person: Ask, files: dict[str, str], person: User) -> None:
    person.is_active = False
    await sync_to_async(person.save)()

    assert (await as_person(f"/media/{files['result']}")).status_code == 404


@pytest.mark.parametrize(
    "path", ["6f9619ff-8b86-4d01-b42d-00cf4fc964ff", "../secret_key", "..%2f..%2fsecret_key", "%00", "1"]
)
async def test_what_does_not_exist_is_not_found(as_person: Ask, path: str) -> None:
    assert (await as_person(f"/media/{path}")).status_code == 404


async def test_a_row_without_a_file_is_not_found(as_person: Ask, result: Artifact) -> None:
    await sync_to_async(delete_file)(result.key)

    assert (await as_person(f"/media/{result.pk}")).status_code == 404


@pytest.mark.parametrize(
    ("kind", "content_type", "disposition"),
    [
        ("result", "video/mp4", "inline"),
        ("proxy", "video/mp4", "inline"),
        ("still-before", "image/jpeg", "inline"),
        ("poster", "image/jpeg", "inline"),
        ("receipt", "application/json", "attachment"),
        ("original", "application/octet-stream", "attachment"),
    ],
)
async def test_types_are_fixed_and_nothing_runs(
    as_person: Ask, files: dict[str, str], kind: str, content_type: str, disposition: str
) -> None:
    headers = (await as_person(f"/media/{files[kind]}")).headers

    assert headers["content-type"] == content_type
    assert headers["content-disposition"].startswith(disposition)
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "private" in headers["cache-control"]


async def test_a_download_is_asked_for(as_person: Ask, result: Artifact) -> None:
    said = (await as_person(f"/media/{result.pk}?download=1")).headers["content-disposition"]

    assert said.startswith("attachment")
    assert "upscaled.mp4" in said


async def test_a_title_with_tricks_makes_a_plain_file_name(as_person: Ask, result: Artifact, finished: Job) -> None:
    finished.video.title = 'a"b\r\nSet-Cookie: x=1/../c.exe'
    await sync_to_async(finished.video.save)()

    headers = (await as_person(f"/media/{result.pk}?download=1")).headers

    assert "set-cookie" not in headers
    assert headers["content-disposition"].endswith("a_b_Set-Cookie_%20x_1_.._c.exe%20-%20upscaled.mp4")


@pytest.mark.parametrize(
    ("title", "kept"),
    [
        ("Ame\u0301lie \u00dcnder", "Am\u00e9lie \u00dcnder"),
        ("\u0e17\u0e35\u0e48\u0e19\u0e35\u0e48", None),
        ("\u0939\u093f\u0928\u094d\u0926\u0940", None),
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", None),
    ],
    ids=["accents", "Thai", "Hindi", "Persian"],
)
async def test_a_download_keeps_the_letters_of_its_title(
    as_person: Ask, result: Artifact, finished: Job, title: str, kept: str | None
) -> None:
    finished.video.title = title
    await sync_to_async(finished.video.save)()

    said = (await as_person(f"/media/{result.pk}?download=1")).headers["content-disposition"]

    assert unquote(said.partition("utf-8''")[2]) == f"{kept or title} - upscaled.mp4"


async def test_another_host_is_turned_away(as_person: Ask, result: Artifact) -> None:
    assert (await as_person(f"/media/{result.pk}", Host="evil.example")).status_code == 400


async def test_a_share_gives_what_the_comparison_shows_and_no_more(
    as_visitor: Ask, files: dict[str, str], share: Share
) -> None:
    answers = {kind: (await as_visitor(f"/s/{share.token}/media/{id}")).status_code for kind, id in files.items()}

    assert answers == dict.fromkeys(SHARED, 200) | dict.fromkeys(KEPT_BACK, 404)


async def test_a_share_gives_nothing_of_other_jobs(as_visitor: Ask, share: Share, finished: Job, person: User) -> None:
    same_video = await sync_to_async(factories.make_job)(finished.video, state=JobState.DONE)
    other_video = await sync_to_async(factories.make_video)(person)
    others = [
        await sync_to_async(factories.make_artifact)(same_video, ArtifactKind.RESULT),
        await sync_to_async(factories.make_artifact)(same_video, ArtifactKind.STILL_AFTER, frame=1),
        await sync_to_async(factories.make_artifact)(other_video, ArtifactKind.PROXY),
    ]

    assert {(await as_visitor(f"/s/{share.token}/media/{other.pk}")).status_code for other in others} == {404}


async def test_a_revoked_share_gives_nothing_at_once(as_visitor: Ask, files: dict[str, str], share: Share) -> None:
    url = f"/s/{share.token}/media/{files['result']}"
    kept = await as_visitor(url)
    assert kept.status_code == 200
    assert kept.headers["cache-control"] == "private, no-cache"

    await sync_to_async(share_revoke)(share=share)

    assert (await as_visitor(url)).status_code == 404
    assert (await as_visitor(url, If_None_Match=kept.headers["etag"])).status_code == 404
    assert (await as_visitor(url, Range="bytes=0-1")).status_code == 404


async def test_a_token_that_nobody_made_gives_nothing(as_visitor: Ask, files: dict[str, str], share: Share) -> None:
    for token in ("x" * 32, share.token[:-1], share.token.swapcase(), "%"):
        assert (await as_visitor(f"/s/{token}/media/{files['result']}")).status_code == 404


async def test_a_share_says_no_name_of_anything(
    as_visitor: Ask, files: dict[str, str], share: Share, finished: Job, person: User
) -> None:
    for kind in SHARED:
        headers = str((await as_visitor(f"/s/{share.token}/media/{files[kind]}?download=1")).headers)
        for name in (finished.video.title, finished.video.original_name, "Blood", person.username, finished.made_with):
            assert name not in headers
        assert "comparison" in headers


async def test_a_share_is_ranged_too(as_visitor: Ask, files: dict[str, str], share: Share) -> None:
    response = await as_visitor(f"/s/{share.token}/media/{files['result']}", Range="bytes=3-4")

    assert (response.status_code, response.content) == (206, b"34")


def test_links_are_long_and_never_the_same(finished: Job, person: User) -> None:
    made = [share_create(job=finished, user=person) for _ in range(20)]
    tokens = {share.token for share in made if share}

    assert len(tokens) == 20
    assert min(map(len, tokens)) >= 32


@pytest.mark.parametrize("state", sorted(set(JobState) - {JobState.DONE}))
def test_there_is_no_link_before_there_is_a_result(finished: Job, person: User, state: JobState) -> None:
    finished.state = state

    assert share_create(job=finished, user=person) is None
    assert Share.objects.count() == 0


def test_revoking_twice_keeps_the_first_time(share: Share) -> None:
    share_revoke(share=share)
    share.refresh_from_db()
    first = share.revoked_at
    assert first is not None

    share_revoke(share=share)

    share.refresh_from_db()
    assert share.revoked_at == first


async def test_what_is_in_the_trash_is_its_owners_alone(
    as_person: Ask, as_visitor: Ask, files: dict[str, str], share: Share, person: User
) -> None:
    await sync_to_async(videos_trash)(user=person, ids=[share.job.video_id])
    shared = [f"/s/{share.token}/media/{files[kind]}" for kind in SHARED]

    assert {(await as_visitor(url)).status_code for url in shared} == {404}
    assert {(await as_person(f"/media/{id}")).status_code for id in files.values()} == {200}

    await sync_to_async(videos_restore)(user=person, ids=[share.job.video_id])
    assert {(await as_visitor(url)).status_code for url in shared} == {200}


@pytest.mark.parametrize(
    ("format", "content_type"), [("mp4", "video/mp4"), ("webp", "image/webp"), ("gif", "image/gif")]
)
async def test_a_clip_to_post_is_its_owners_alone_and_has_a_name(
    as_person: Ask, as_stranger: Ask, as_visitor: Ask, finished: Job, share: Share, format: str, content_type: str
) -> None:
    made = await sync_to_async(factories.make_post)(finished, format=format)

    answer = await as_person(f"/media/{made.artifact_id}?download=1")
    assert (answer.status_code, answer.headers["content-type"]) == (200, content_type)
    name = f"{finished.video.title} - side by side.{format}".replace(" ", "%20")
    assert name in answer.headers["content-disposition"]
    for url in (f"/media/{made.artifact_id}", f"/s/{share.token}/media/{made.artifact_id}"):
        assert (await as_visitor(url)).status_code == (await as_stranger(url)).status_code == 404
    assert (await as_person(f"/s/{share.token}/media/{made.artifact_id}")).status_code == 404

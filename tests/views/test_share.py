"""What somebody sees who was sent a link."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests import factories
from tests.conftest import browser_of
from tests.page import Page
from tests.views.conftest import queries_of
from upscaler.models import Job, JobState, Share, UpscaleModel, User
from upscaler.models.artifact import ArtifactKind
from upscaler.publish.shares import Terms, share_change, share_revoke

pytestmark = pytest.mark.django_db


@pytest.fixture
def share(finished: Job) -> Share:
    factories.make_artifact(finished, ArtifactKind.LINK_PREVIEW, width=1200, height=630)
    return factories.make_share(finished)


def test_nobody_needs_a_login(client: Client, stranger_client: Client, person_client: Client, share: Share) -> None:
    for anybody in (client, stranger_client, person_client):
        response = anybody.get(f"/s/{share.token}/")
        assert response.status_code == 200
        assert Page(response).has('[aria-label="Before and after"] compare-player')
        assert [still["frame"] for still in response.context["stills"]] == [5, 20]


def test_every_file_on_the_page_is_reached_through_the_link(client: Client, share: Share) -> None:
    page = Page(client.get(f"/s/{share.token}/"))

    addresses = set(re.findall(r'"(?:http://testserver)?([^"]*/media/[^"?]*)', page.source))
    assert len(addresses) == 7
    assert all(address.startswith(f"/s/{share.token}/media/") for address in addresses)


@pytest.mark.parametrize("page", ["", "embed/"])
def test_the_page_tells_no_name_and_no_other_address(
    client: Client, person_client: Client, share: Share, finished: Job, person: User, page: str
) -> None:
    UpscaleModel.objects.filter(jobs=finished).update(name="secret-training-run")
    finished.refresh_from_db()
    receipt = finished.artifacts.get(kind=ArtifactKind.RECEIPT)
    original = finished.video.artifacts.get(kind=ArtifactKind.ORIGINAL)
    secrets = [
        finished.video.title, finished.video.original_name, finished.video.sha256, person.username,
        finished.made_with, str(finished.pk), str(finished.video_id), str(receipt.pk), str(original.pk), str(share.pk),
    ]  # fmt: skip

    for anybody in (client, person_client):
        source = Page(anybody.get(f"/s/{share.token}/{page}")).source
        assert [secret for secret in secrets if secret in source] == []


def test_search_engines_and_caches_keep_out(client: Client, share: Share) -> None:
    response = client.get(f"/s/{share.token}/")

    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert response["Referrer-Policy"] == "no-referrer"
    assert "no-store" in response["Cache-Control"]
    assert Page(response).one("meta[name=robots]")["content"] == "noindex, nofollow"
    assert client.cookies.get("sessionid") is None


def test_what_the_owner_says_of_it_is_shown_as_text(client: Client, share: Share) -> None:
    share_change(share=share, terms=Terms(title="<b>Run</b>", note="One\n<script>alert(1)</script>"))

    page = Page(client.get(f"/s/{share.token}/"))

    assert page.text("h1") == "<b>Run</b>"
    note = page.one("main .lead")
    assert note.text() == "One <script>alert(1)</script>"
    assert note.has("br") and not note.has("script")


def test_a_preview_has_title_note_picture_and_film(client: Client, share: Share) -> None:
    share_change(share=share, terms=Terms(title='The "run"', note="From 2003."))
    page = Page(client.get(f"/s/{share.token}/"))
    split = share.job.artifacts.get(kind=ArtifactKind.LINK_PREVIEW)
    result = share.job.artifacts.get(kind=ArtifactKind.RESULT)

    said = {meta["property"]: meta["content"] for meta in page.all("meta[property]")}
    said |= {meta["name"]: meta["content"] for meta in page.all("meta[name]")}

    assert (said["og:title"], said["twitter:title"]) == ('The "run"',) * 2
    assert said["og:description"] == said["twitter:description"] == "From 2003."
    assert said["og:url"] == f"http://testserver/s/{share.token}/"
    picture = f"http://testserver/s/{share.token}/media/{split.pk}"
    assert (said["og:image"], said["og:image:width"], said["og:image:height"]) == (picture, "1200", "630")
    assert (said["twitter:card"], said["twitter:image"]) == ("summary_large_image", picture)
    assert said["og:video"] == f"http://testserver/s/{share.token}/media/{result.pk}"
    assert said["og:video:type"] == "video/mp4"


def test_a_preview_does_without_a_picture_that_is_not_made_yet(client: Client, share: Share) -> None:
    share.job.artifacts.filter(kind=ArtifactKind.LINK_PREVIEW).delete()

    page = Page(client.get(f"/s/{share.token}/"))

    assert not page.has('meta[property^="og:image"], meta[name^="twitter:image"]')
    assert page.one('meta[name="twitter:card"]')["content"] == "summary"


def test_a_file_that_browsers_do_not_play_is_in_no_preview(client: Client, share: Share) -> None:
    share.job.artifacts.filter(kind=ArtifactKind.RESULT).update(key=f"{share.job.folder}/result.mkv")

    assert not Page(client.get(f"/s/{share.token}/")).has('meta[property^="og:video"]')


def test_a_revoked_link_shows_nothing_at_once(client: Client, person_client: Client, share: Share) -> None:
    share_revoke(share=share)

    assert client.get(f"/s/{share.token}/").status_code == 404
    assert person_client.get(f"/s/{share.token}/").status_code == 404


@pytest.mark.parametrize("token", ["x", "x" * 32, "%00", "-" * 64, "' OR 1=1 --"])
def test_a_link_that_nobody_made_shows_nothing(client: Client, share: Share, token: str) -> None:
    assert client.get(f"/s/{token}/").status_code == 404


@pytest.mark.parametrize("state", sorted(set(JobState) - {JobState.DONE}))
def test_a_link_to_a_job_without_a_result_shows_nothing(client: Client, share: Share, state: JobState) -> None:
    Job.objects.filter(pk=share.job_id).update(state=state)

    assert client.get(f"/s/{share.token}/").status_code == 404


def test_a_link_ends_with_its_job_and_with_its_time(client: Client, share: Share) -> None:
    share_change(share=share, terms=Terms(expires_at=timezone.now() + timedelta(seconds=60)))
    assert client.get(f"/s/{share.token}/").status_code == 200
    share_change(share=share, terms=Terms(expires_at=timezone.now()))
    assert client.get(f"/s/{share.token}/").status_code == 404
    share_change(share=share, terms=Terms(expires_at=None))
    assert client.get(f"/s/{share.token}/").status_code == 200

    share.job.delete()

    assert client.get(f"/s/{share.token}/").status_code == 404


def test_each_visitor_is_counted_once_and_the_owner_never(
    client: Client, person_client: Client, stranger_client: Client, share: Share
) -> None:
    for visitor in (client, client, person_client, stranger_client, stranger_client, Client()):
        visitor.get(f"/s/{share.token}/")

    share.refresh_from_db()
    assert share.views == 3
    cookie = client.cookies["seen"]
    assert (cookie["path"], cookie["max-age"], cookie["httponly"]) == (f"/s/{share.token}/", "", True)


def test_other_questions_are_no_visits(client: Client, share: Share) -> None:
    client.head(f"/s/{share.token}/")
    for path in ("embed/", "state.json"):
        assert client.get(f"/s/{share.token}/{path}").status_code == 200
    share_revoke(share=share)
    client.get(f"/s/{share.token}/")

    share.refresh_from_db()
    assert share.views == 0


def test_only_the_frame_may_be_in_other_pages(client: Client, share: Share, person: User) -> None:
    frame = client.get(f"/s/{share.token}/embed/")

    assert frame.status_code == 200
    assert "frame-ancestors *" in frame["Content-Security-Policy"]
    assert "script-src 'self'" in frame["Content-Security-Policy"]
    assert "X-Frame-Options" not in frame
    pages = [f"/s/{share.token}/", f"/s/{share.token}/state.json", "/s/nowhere/embed/", "/log-in/", "/gallery/"]
    owners = browser_of(person)
    for response in [*map(client.get, pages), owners.get("/"), owners.get(f"/jobs/{share.job_id}/compare/")]:
        assert response["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in response["Content-Security-Policy"]


def test_the_frame_is_the_comparison_alone(client: Client, share: Share) -> None:
    page = Page(client.get(f"/s/{share.token}/embed/"))

    assert page.has("main compare-player")
    assert "download" not in page.source
    assert not page.has('meta[property^="og:"]')


@pytest.mark.parametrize("path", ["", "embed/", "state.json"])
def test_a_page_behind_a_link_is_only_read(client: Client, share: Share, path: str) -> None:
    for method in ("PUT", "DELETE", *(["POST"] if path else [])):
        assert client.generic(method, f"/s/{share.token}/{path}").status_code == 405


def test_more_stills_and_links_cost_no_more_questions(client: Client, share: Share) -> None:
    page = f"/s/{share.token}/"
    client.get(page)  # counted as a visitor by now
    few = queries_of(client, page)
    for frame in range(21, 26):
        factories.make_artifact(share.job, ArtifactKind.STILL_BEFORE, frame=frame)
        factories.make_artifact(share.job, ArtifactKind.STILL_AFTER, frame=frame)
        factories.make_share(share.job)

    assert queries_of(client, page) == few <= 12

"""What another page is told that wants to show a link's comparison."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from django.test import Client

from tests import factories
from tests.page import Page
from upscaler.models import Job, JobState, Share
from upscaler.models.artifact import ArtifactKind
from upscaler.publish.shares import Terms, share_change, share_revoke

pytestmark = pytest.mark.django_db

ADDRESSES = ["http://testserver/s/{}/", "http://testserver/s/{}/embed/", "https://testserver/s/{}/?from=chat"]


@pytest.fixture
def share(finished: Job) -> Share:
    factories.make_artifact(finished, ArtifactKind.LINK_PREVIEW, width=1200, height=630)
    share = factories.make_share(finished)
    share_change(share=share, terms=Terms(title='"Run" & more'))
    return share


def asked(client: Client, share: Share, **more: str) -> dict[str, object]:
    return dict(client.get("/oembed", {"url": ADDRESSES[0].format(share.token), **more}).json())


def test_the_page_says_where_to_ask(client: Client, share: Share) -> None:
    page = Page(client.get(f"/s/{share.token}/"))
    link = page.one('link[rel="alternate"][type="application/json+oembed"]')

    answer = client.get(link["href"].removeprefix("http://testserver"))

    assert answer["Content-Type"] == "application/json"
    assert answer.json() == asked(client, share)


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_link_that_is_open_is_a_frame(client: Client, share: Share, address: str) -> None:
    said = client.get("/oembed", {"url": address.format(share.token), "format": "json"}).json()

    split = share.job.artifacts.get(kind=ArtifactKind.LINK_PREVIEW)
    assert (said["version"], said["type"], said["title"]) == ("1.0", "rich", '"Run" & more')
    frame = Page(said["html"]).one("body > iframe:only-child")
    assert (frame["src"], frame["title"]) == (f"http://testserver/s/{share.token}/embed/", '"Run" & more')
    assert (frame["width"], frame["height"]) == (str(said["width"]), str(said["height"]))
    assert said["thumbnail_url"] == f"http://testserver/s/{share.token}/media/{split.pk}"
    assert (said["thumbnail_width"], said["thumbnail_height"]) == (1200, 630)


@pytest.mark.parametrize(("width", "height"), [(480, None), (5000, None), (None, 400), (640, 300), (100, 90), (1, 1)])
def test_it_is_never_larger_than_there_is_room(
    client: Client, share: Share, width: int | None, height: int | None
) -> None:
    sizes = {"maxwidth": width, "maxheight": height}
    said = asked(client, share, **{name: str(size) for name, size in sizes.items() if size})

    assert 0 < int(str(said["width"])) <= (width or 960)
    assert 0 < int(str(said["height"])) <= (height or 10_000)
    assert ("thumbnail_url" in said) is ((width or 1200) >= 1200 and (height or 630) >= 630)


@pytest.mark.parametrize("wrong", ["0", "-3", "wide", "1.5"])
def test_a_size_that_is_none_is_said(client: Client, share: Share, wrong: str) -> None:
    assert client.get("/oembed", {"url": ADDRESSES[0].format(share.token), "maxwidth": wrong}).status_code == 400


@pytest.mark.expects_errors  # Django logs every 501 as one
def test_there_is_only_json(client: Client, share: Share) -> None:
    assert client.get("/oembed", {"url": ADDRESSES[0].format(share.token), "format": "xml"}).status_code == 501


@pytest.mark.parametrize(
    "address",
    [
        "", "x", "/s/{}/", "http://elsewhere.example/s/{}/", "ftp://testserver/s/{}/", "http://testserver/",
        "http://testserver/s/{}/media/6f9619ff-8b86-4d01-b42d-00cf4fc964ff", "http://testserver:99999/s/{}/",
        "http://testserver/s/nowhere/", "http://testserver@elsewhere.example/s/{}/", "http://[/s/{}/",
        "http://testserver/jobs/6f9619ff-8b86-4d01-b42d-00cf4fc964ff/compare/",
    ],
)  # fmt: skip
def test_what_is_no_link_of_ours_is_not_found(client: Client, share: Share, address: str) -> None:
    assert client.get(f"/oembed?url={quote(address.format(share.token))}").status_code == 404


@pytest.mark.parametrize("how", ["password", "revoked", "not done"])
def test_what_is_not_open_to_everybody_is_not_found(
    client: Client, person_client: Client, share: Share, how: str
) -> None:
    if how == "password":
        share_change(share=share, terms=Terms(password="sesame"))
        for visitor in (client, person_client):
            visitor.post(f"/s/{share.token}/", {"password": "sesame"})
    elif how == "revoked":
        share_revoke(share=share)
    else:
        share_change(share=share, terms=Terms(shows_progress=True))
        Job.objects.filter(pk=share.job_id).update(state=JobState.RENDERING)

    for visitor in (client, person_client):
        assert visitor.get("/oembed", {"url": ADDRESSES[0].format(share.token)}).status_code == 404

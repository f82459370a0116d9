"""What somebody sees who was sent a link."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from tests import factories
from upscaler.models import Job, JobState, Share, User
from upscaler.models.artifact import ArtifactKind
from upscaler.publish.shares import share_revoke

pytestmark = pytest.mark.django_db


@pytest.fixture
def share(finished: Job) -> Share:
    return factories.make_share(finished)


def test_nobody_needs_a_login(client: Client, stranger_client: Client, person_client: Client, share: Share) -> None:
    for anybody in (client, stranger_client, person_client):
        response = anybody.get(f"/s/{share.token}/")
        assert response.status_code == 200
        assert "Before and after" in response.content.decode()
        assert [still["frame"] for still in response.context["stills"]] == [5, 20]


def test_every_file_on_the_page_is_reached_through_the_link(client: Client, share: Share) -> None:
    page = client.get(f"/s/{share.token}/").content.decode()

    addresses = set(re.findall(r'"([^"]*/media/[^"]*)"', page))
    assert len(addresses) == 6
    assert all(address.startswith(f"/s/{share.token}/media/") for address in addresses)


def test_the_page_tells_no_name_and_no_other_address(
    client: Client, person_client: Client, share: Share, finished: Job, person: User
) -> None:
    finished.model.name = "secret-training-run"
    finished.model.save()
    receipt = finished.artifacts.get(kind=ArtifactKind.RECEIPT)
    original = finished.video.artifacts.get(kind=ArtifactKind.ORIGINAL)
    secrets = [
        finished.video.title, finished.video.original_name, finished.video.sha256, person.username,
        finished.model.name, str(finished.pk), str(finished.video_id), str(receipt.pk), str(original.pk), str(share.pk),
    ]  # fmt: skip

    for anybody in (client, person_client):
        page = anybody.get(f"/s/{share.token}/").content.decode()
        assert [secret for secret in secrets if secret in page] == []


def test_search_engines_and_caches_keep_out(client: Client, share: Share) -> None:
    response = client.get(f"/s/{share.token}/")

    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert response["Referrer-Policy"] == "no-referrer"
    assert "no-store" in response["Cache-Control"]
    assert '<meta name="robots" content="noindex, nofollow">' in response.content.decode()
    assert client.cookies.get("sessionid") is None


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


def test_a_link_ends_with_its_job(client: Client, share: Share) -> None:
    share.job.delete()

    assert client.get(f"/s/{share.token}/").status_code == 404

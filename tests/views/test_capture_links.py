"""Capture links: created and revoked by their owner; friends add captures by them, and nothing else is behind them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client
from django.utils import timezone

from tests import factories
from tests.fakes import EnqueuedTasks
from tests.intake.tus import CONTENT, TUS, metadata, patch
from tests.page import Page
from upscaler.accounts import throttle
from upscaler.models import Capture, CaptureLink, CaptureState, Dataset, Upload, User, Video

pytestmark = pytest.mark.django_db
WHO = {"contributor": "Cortana", "map": "Halo", "agrees": "on", "filename": "run.mkv"}


@pytest.fixture
def dataset(person: User) -> Dataset:
    return factories.make_dataset(person, name="h1v1")


@pytest.fixture
def link(dataset: Dataset) -> CaptureLink:
    return factories.make_capture_link(dataset)


def begin(client: Client, link: CaptureLink, size: int = len(CONTENT), values: dict[str, str] | None = None) -> Any:
    said = {"Upload-Length": str(size), "Upload-Metadata": metadata(**(WHO | (values or {})))}
    return client.post(f"/c/{link.token}/uploads/", headers=TUS | said)


def test_a_link_is_created_with_its_terms(person_client: Client, person: User, dataset: Dataset) -> None:
    values = {"licence": "CC-BY-4.0", "note": "Play at 1440p.", "max_captures": "3", "max_gib": "2", "lasts": "week"}
    response = person_client.post(f"/datasets/{dataset.pk}/links/", values | {"new_password": "cortana"})

    link = CaptureLink.objects.get()
    assert response["Location"] == f"/datasets/{dataset.pk}/#links"
    assert (link.licence, link.note, link.max_captures, link.max_bytes) == (
        "CC-BY-4.0", "Play at 1440p.", 3, 2 * 1024**3,
    )  # fmt: skip
    assert link.created_by == person
    assert link.expires_at is not None
    assert timedelta(days=6) < link.expires_at - timezone.now() <= timedelta(days=7)
    assert link.password not in ("", "cortana")
    panel = Page(person_client.get(f"/datasets/{dataset.pk}/")).one("#links")
    assert panel.one(".share-url")["value"] == f"http://testserver/c/{link.token}/"
    assert "0 of 3 captures" in panel.text()


@pytest.mark.parametrize("wrong", [{"licence": ""}, {"max_captures": "0"}, {"max_gib": "0"}, {"lasts": "a century"}])
def test_a_link_needs_terms(person_client: Client, dataset: Dataset, wrong: dict[str, str]) -> None:
    values = {"licence": "CC0-1.0", "max_captures": "3", "max_gib": "2", "lasts": "never"}
    response = person_client.post(f"/datasets/{dataset.pk}/links/", values | wrong)

    assert (response.status_code, CaptureLink.objects.count()) == (400, 0)
    assert len(Page(response).errors) == 1


def test_a_friend_sees_what_to_capture_and_nothing_else(client: Client, person: User, link: CaptureLink) -> None:
    response = client.get(f"/c/{link.token}/")

    page = Page(response)
    assert response.status_code == 200
    assert "h1v1" in page.text()
    assert "Play at 1440p." in page.text()
    assert "agree to the licence: CC0-1.0" in page.text()
    assert not page.has(".main-nav, #tray, a[href^='/datasets/']")
    assert person.username not in page.source
    assert response["X-Robots-Tag"] == "noindex, nofollow"


@pytest.mark.django_db(transaction=True)
def test_a_friend_adds_a_capture_without_an_account(
    client: Client, dataset: Dataset, link: CaptureLink, enqueued: EnqueuedTasks
) -> None:
    begun = begin(client, link)
    assert begun.status_code == 201
    url = begun["Location"]
    assert url == f"/c/{link.token}/uploads/{Upload.objects.get().pk}"

    assert patch(client, url, CONTENT[:100], 0).status_code == 204
    assert client.head(url, headers=TUS)["Upload-Offset"] == "100"
    assert patch(client, url, CONTENT[100:], 100).status_code == 204

    capture = Capture.objects.get()
    assert (capture.dataset, capture.link, capture.state) == (dataset, link, CaptureState.WAITING)
    assert (capture.contributor, capture.map, capture.licence) == ("Cortana", "Halo", "CC0-1.0")
    assert (capture.title, capture.original_name, capture.size) == ("run", "run.mkv", len(CONTENT))
    assert factories.stored(capture.key) == CONTENT
    assert [(task.name, task.arguments) for task in enqueued] == [("measure_capture", (str(capture.pk),))]
    assert Video.objects.count() == 0


@pytest.mark.parametrize(
    ("missing", "said"),
    [("contributor", "Enter your name."), ("agrees", "Agree to the licence first.")],
)
def test_who_says_not_who_they_are_or_agrees_not_adds_nothing(
    client: Client, link: CaptureLink, missing: str, said: str
) -> None:
    refused = begin(client, link, values={missing: ""})

    assert (refused.status_code, refused.text, Upload.objects.count()) == (400, said, 0)


def test_a_link_that_has_its_captures_says_so(client: Client, link: CaptureLink) -> None:
    CaptureLink.objects.update(max_captures=2)
    factories.make_capture(link.dataset, link=link)
    assert begin(client, link).status_code == 201

    refused = begin(client, link)

    assert (refused.status_code, Upload.objects.count()) == (410, 1)
    assert refused.text == "This link has received all the captures that it accepts."
    page = client.get(f"/c/{link.token}/")
    assert (page.status_code, Page(page).text("h1")) == (410, refused.text)


def test_a_capture_that_is_larger_than_what_is_left_is_refused(client: Client, link: CaptureLink) -> None:
    CaptureLink.objects.update(max_bytes=1000)
    factories.make_capture(link.dataset, link=link, size=400)

    assert begin(client, link, size=601).status_code == 413
    assert begin(client, link, size=600).status_code == 201
    assert begin(client, link, size=1).status_code == 410


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"revoked_at": timezone.now()}, "This link was revoked."),
        ({"expires_at": timezone.now() - timedelta(seconds=1)}, "This link has expired."),
    ],
)
def test_a_link_that_is_over_says_so_and_accepts_nothing(
    client: Client, link: CaptureLink, values: dict[str, object], said: str
) -> None:
    url = begin(client, link)["Location"]
    CaptureLink.objects.update(**values)

    page = client.get(f"/c/{link.token}/")
    assert (page.status_code, Page(page).text("h1")) == (410, said)
    assert (begin(client, link).status_code, begin(client, link).text) == (410, said)
    assert patch(client, url, CONTENT, 0).status_code == 410
    assert client.head(url, headers=TUS).status_code == 410
    assert Capture.objects.count() == 0


def test_a_link_is_revoked_by_its_owner(person_client: Client, dataset: Dataset, link: CaptureLink) -> None:
    person_client.post(f"/capture-links/{link.pk}/revoke/")

    link.refresh_from_db()
    assert link.revoked_at is not None
    assert not Page(person_client.get(f"/datasets/{dataset.pk}/")).has(".share-list")


def test_a_password_stands_before_the_page_and_the_uploads(client: Client, link: CaptureLink) -> None:
    CaptureLink.objects.update(password=make_password("keyes"))
    locked = client.get(f"/c/{link.token}/")
    assert "h1v1" not in Page(locked).source
    assert begin(client, link).status_code == 403
    assert client.post(f"/c/{link.token}/", {"password": "guilty spark"}).status_code == 403

    opened = client.post(f"/c/{link.token}/", {"password": "keyes"})

    assert opened["Location"] == f"/c/{link.token}/"
    assert "h1v1" in Page(client.get(f"/c/{link.token}/")).text()
    assert begin(client, link).status_code == 201
    other = factories.make_capture_link(link.dataset, password=make_password("keyes"))
    assert begin(client, other).status_code == 403


def test_passwords_are_tried_a_few_times_only(client: Client, link: CaptureLink) -> None:
    CaptureLink.objects.update(password=make_password("keyes"))
    answers = [client.post(f"/c/{link.token}/", {"password": "x"}).status_code for _ in range(throttle.MAX_TRIES + 1)]

    assert answers == [403] * throttle.MAX_TRIES + [429]
    assert client.post(f"/c/{link.token}/", {"password": "keyes"}).status_code == 429


def test_uploads_are_begun_so_often_only(client: Client, link: CaptureLink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "MAX_UPLOADS", 3)

    assert [begin(client, link).status_code for _ in range(4)] == [201, 201, 201, 429]


@pytest.mark.parametrize("token", ["nothing", "x" * 65, "..", "%00"])
def test_a_token_that_never_was_opens_nothing(client: Client, token: str) -> None:
    assert client.get(f"/c/{token}/").status_code in (400, 404)
    assert client.post(f"/c/{token}/uploads/", headers=TUS | {"Upload-Length": "1"}).status_code in (400, 404)


def test_an_upload_is_reached_through_its_own_link_only(
    client: Client, person_client: Client, stranger_client: Client, dataset: Dataset, link: CaptureLink
) -> None:
    upload = begin(client, link)["Location"].rpartition("/")[2]
    other = factories.make_capture_link(dataset)
    own = Upload.objects.create(owner=dataset.owner, purpose="video", name="clip.avi", size=3)

    assert client.head(f"/c/{other.token}/uploads/{upload}", headers=TUS).status_code == 404
    assert client.delete(f"/c/{other.token}/uploads/{upload}", headers=TUS).status_code == 404
    assert client.head(f"/c/{link.token}/uploads/{own.pk}", headers=TUS).status_code == 404
    assert client.head(f"/uploads/{upload}", headers=TUS).status_code == 401
    for browser in (person_client, stranger_client):
        assert browser.head(f"/uploads/{upload}", headers=TUS).status_code == 404
    assert client.delete(f"/c/{link.token}/uploads/{upload}", headers=TUS).status_code == 204


def test_a_page_of_another_site_adds_nothing(link: CaptureLink) -> None:
    assert begin(Client(enforce_csrf_checks=True), link).status_code == 403


def test_a_capture_whose_dataset_was_deleted_is_gone(client: Client, dataset: Dataset, link: CaptureLink) -> None:
    url = begin(client, link)["Location"]
    dataset.delete()

    assert patch(client, url, CONTENT, 0).status_code == 404
    assert Capture.objects.count() == 0


def test_a_stranger_revokes_no_link(stranger_client: Client, client: Client, link: CaptureLink) -> None:
    assert stranger_client.post(f"/capture-links/{link.pk}/revoke/").status_code == 404
    assert client.post(f"/capture-links/{link.pk}/revoke/").status_code == 302
    assert CaptureLink.objects.get().revoked_at is None


def test_captures_are_uploaded_to_a_dataset_of_ones_own(
    person_client: Client,
    stranger_client: Client,
    dataset: Dataset,
    enqueued: EnqueuedTasks,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    factories.make_capture(dataset, map="Halo", split="held-out")

    def start(client: Client, id: object) -> Any:
        said = {"Upload-Length": "3", "Upload-Metadata": metadata(filename="a.mkv", purpose="capture", dataset=str(id))}
        return client.post("/uploads/", headers=TUS | said)

    assert start(stranger_client, dataset.pk).status_code == 404
    assert start(person_client, "h1v1").status_code == 404
    url = start(person_client, dataset.pk)["Location"]
    Upload.objects.update(map="halo")
    with django_capture_on_commit_callbacks(execute=True):
        response = patch(person_client, url, b"abc", 0)

    capture = Capture.objects.get(pk=response["X-Result-Id"])
    assert (capture.dataset, capture.licence, capture.split) == (dataset, "CC0-1.0", "held-out")
    assert enqueued.names == ["measure_capture"]
    own = start(person_client, dataset.pk)["Location"]
    dataset.delete()
    gone = patch(person_client, own, b"abc", 0)
    assert (gone.status_code, gone.text) == (410, "The dataset of this capture was deleted.")

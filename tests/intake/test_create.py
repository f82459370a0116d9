"""POST /uploads/: what is taken and what is not, before the first byte."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.test import Client
from pytest_django import Settings

from tests import factories
from tests.intake.tus import CONTENT, TUS, begin, create
from upscaler.intake import upload_policy
from upscaler.models import Upload, UploadPurpose, User

pytestmark = pytest.mark.django_db


def test_the_server_says_what_it_can_do(person_client: Client, settings: Settings) -> None:
    response = person_client.options("/uploads/")

    assert response.status_code == 204
    assert response["Tus-Version"] == response["Tus-Resumable"] == "1.0.0"
    assert set(response["Tus-Extension"].split(",")) == {"creation", "termination"}
    assert response["Tus-Max-Size"] == str(settings.ENVIRONMENT.limits.max_bytes)


def test_an_upload_begins_with_nothing_stored(person_client: Client, person: User) -> None:
    url = begin(person_client, filename="Blood Gulch.avi")

    upload = Upload.objects.get()
    assert url == f"/uploads/{upload.pk}"
    assert (upload.owner, upload.purpose, upload.name) == (person, UploadPurpose.VIDEO, "Blood Gulch.avi")
    assert (upload.size, upload.offset, upload.result_id) == (len(CONTENT), 0, None)
    assert factories.has_file(upload.key)


@pytest.mark.parametrize("said", ["", "-1", "+5", "12.5", "many", "1e3", "²", "٣", " 5 5", "9" * 19, "9" * 5000])
def test_a_size_that_is_none_is_refused(person_client: Client, said: str) -> None:
    response = create(person_client, size=said)

    assert (response.status_code, Upload.objects.count()) == (400, 0)
    assert response["Tus-Resumable"] == "1.0.0"


def test_an_empty_file_is_refused_with_a_sentence(person_client: Client) -> None:
    response = create(person_client, size=0)

    assert (response.status_code, Upload.objects.count()) == (400, 0)
    assert response.text == "The file is empty. The copy or download may have been cut off."


def test_a_file_over_the_limit_is_refused_before_it_is_sent(person_client: Client, settings: Settings) -> None:
    limits = replace(settings.ENVIRONMENT.limits, max_bytes=1024**3)
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, limits=limits)

    assert create(person_client, size=1024**3).status_code in (201, 507)
    response = create(person_client, size=1024**3 + 1)

    assert response.status_code == 413
    assert "limit is 1 GiB" in response.text


def test_a_size_beyond_all_numbers_is_refused(person_client: Client) -> None:
    assert create(person_client, size="9" * 18).status_code == 413


@pytest.mark.expects_errors
def test_a_full_disk_is_never_filled_further(
    person_client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    floor = settings.ENVIRONMENT.disk_floor_bytes
    monkeypatch.setattr(upload_policy, "free_bytes", lambda: floor + 1000)

    assert create(person_client, size=1000).status_code == 201
    response = create(person_client, size=1001)

    assert response.status_code == 507
    assert "Not enough space" in response.text


def test_only_the_owner_of_the_server_brings_weights(person_client: Client, owner_client: Client) -> None:
    refused = create(person_client, purpose="weights", filename="net_g_latest.pth")
    assert (refused.status_code, Upload.objects.count()) == (403, 0)
    assert refused.text == "Only the owner of this server can add models."

    begin(owner_client, purpose="weights", filename="net_g_latest.pth")
    assert Upload.objects.get().purpose == UploadPurpose.WEIGHTS


@pytest.mark.parametrize("header", ["filename not-base64!", "purpose !!", "filename Y2xpcA=, x"])
def test_metadata_that_can_not_be_read_is_refused(person_client: Client, header: str) -> None:
    response = create(person_client, headers={"Upload-Metadata": header})

    assert (response.status_code, Upload.objects.count()) == (400, 0)


def test_a_purpose_that_nobody_knows_is_refused(person_client: Client) -> None:
    assert create(person_client, purpose="world domination").status_code == 400


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("my \"best\" 'clips'.avi", "my \"best\" 'clips'.avi"),
        ("two\r\nlines: of\theader.avi", "two  lines: of header.avi"),
        ("\x00\x1b[31mred\x7f.avi", "[31mred .avi"),
        ("../../etc/passwd", "../../etc/passwd"),
        ("%d.avi", "%d.avi"),
        ("-i http:evil.avi", "-i http:evil.avi"),
        ("\u202eiva.pilc", "iva.pilc"),
        ("Ame\u0301lie.avi", "Am\u00e9lie.avi"),
        (
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645.avi",
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645.avi",
        ),
        ("\u200d\u200c", "untitled"),
        ("", "untitled"),
        ("\n\n", "untitled"),
        ("x" * 400 + ".avi", "x" * 251 + ".avi"),
    ],
)
def test_a_name_is_only_ever_shown(person_client: Client, name: str, shown: str) -> None:
    begin(person_client, filename=name)

    upload = Upload.objects.get()
    assert upload.name == shown
    assert not name or name not in upload.key


def test_a_name_of_broken_utf8_is_taken_as_far_as_it_goes(person_client: Client) -> None:
    response = create(person_client, headers={"Upload-Metadata": "filename /v9hLmF2aQ=="})

    assert response.status_code == 201
    assert Upload.objects.get().name.endswith("a.avi")


@pytest.mark.parametrize(("said", "starts"), [("1", True), ("0", False)])
def test_whether_a_job_starts_is_said_by_the_page(person_client: Client, said: str, starts: bool) -> None:
    begin(person_client, starts_job=said)
    assert Upload.objects.get().starts_job is starts


@pytest.mark.parametrize("usual", [True, False])
def test_whether_a_job_starts_is_else_what_the_person_prefers(person_client: Client, person: User, usual: bool) -> None:
    person.auto_upscale = usual
    person.save()
    begin(person_client)
    assert Upload.objects.get().starts_job is usual


@pytest.mark.parametrize("version", [{}, {"Tus-Resumable": "0.2.2"}])
def test_another_version_of_tus_is_turned_away(person_client: Client, version: dict[str, str]) -> None:
    response = person_client.post("/uploads/", headers={"Upload-Length": "10"} | version)

    assert (response.status_code, Upload.objects.count()) == (412, 0)
    assert response["Tus-Version"] == "1.0.0"


def test_a_visitor_without_a_login_begins_nothing(client: Client) -> None:
    response = client.post("/uploads/", headers=TUS | {"Upload-Length": "10"})

    assert response.status_code == 401
    assert Upload.objects.count() == 0


def test_a_page_of_another_site_begins_nothing(person: User) -> None:
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(person)

    assert careful.post("/uploads/", headers=TUS | {"Upload-Length": "10"}).status_code == 403
    assert Upload.objects.count() == 0

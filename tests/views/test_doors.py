"""No page without a login, none from another site's form, none but by the right method."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import Client

from tests import factories
from upscaler.jobs.actions.trash import videos_trash
from upscaler.models import Capture, CaptureLink, Collection, Job, SavedView, Share, User, Video

pytestmark = pytest.mark.django_db

PAGES = ["/", "/library.json", "/preferences/", "/preferences/password/", "/upload/", "/upload/terms.json", "/models/"]
PAGES += ["/collections/", "/trash/", "/datasets/"]
PAGES += ["/notifications.json", "/queue/", "/queue.json", "/workers/", "/workers.json"]
OF_ROWS = [
    ("GET", "/videos/{video}/"),
    ("GET", "/videos/{video}/status.json"),
    ("POST", "/videos/{video}/jobs/"),
    ("POST", "/videos/{video}/measure/"),
    ("POST", "/videos/{video}/trash/"),
    ("POST", "/trash/{trashed}/restore/"),
    ("POST", "/trash/{trashed}/delete/"),
    ("POST", "/collections/{collection}/rename/"),
    ("POST", "/collections/{collection}/delete/"),
    ("POST", "/views/{view}/delete/"),
    ("GET", "/jobs/{job}/"),
    ("GET", "/jobs/{job}/status.json"),
    ("POST", "/jobs/{job}/cancel/"),
    ("POST", "/jobs/{job}/pause/"),
    ("POST", "/jobs/{job}/resume/"),
    ("POST", "/jobs/{job}/retry/"),
    ("POST", "/jobs/{job}/delete/"),
    ("GET", "/jobs/{job}/compare/"),
    ("GET", "/jobs/{job}/compare/status.json"),
    ("POST", "/jobs/{job}/share/"),
    ("POST", "/shares/{share}/change/"),
    ("POST", "/shares/{share}/revoke/"),
    ("GET", "/datasets/{dataset}/"),
    ("GET", "/datasets/{dataset}/status.json"),
    ("POST", "/datasets/{dataset}/split/"),
    ("POST", "/datasets/{dataset}/leaks/"),
    ("POST", "/datasets/{dataset}/export/"),
    ("POST", "/datasets/{dataset}/delete/"),
    ("POST", "/datasets/{dataset}/links/"),
    ("GET", "/captures/{capture}/"),
    ("GET", "/captures/{capture}/sheets/0.jpg"),
    ("POST", "/captures/{capture}/choose/"),
    ("POST", "/captures/{capture}/edit/"),
    ("POST", "/captures/{capture}/harvest/"),
    ("POST", "/captures/{capture}/delete/"),
    ("POST", "/capture-links/{link}/revoke/"),
]
OF_SEVERAL = [f"/bulk/{action}/" for action in ("edit", "collect", "run", "share", "trash")]
OF_MODELS = [("POST", "/models/{model}/rename/"), ("POST", "/models/{model}/delete/")]


@pytest.fixture
def ids(finished: Job) -> dict[str, str]:
    model = factories.make_model()
    share = factories.make_share(finished)
    person = finished.video.owner
    trashed = factories.make_video(person)
    videos_trash(user=person, ids=[trashed.pk])
    collection = Collection.objects.create(owner=person, name="Best of")
    view = SavedView.objects.create(owner=person, name="LAN", query="tag=lan")
    dataset = factories.make_dataset(person)
    capture, link = factories.make_capture(dataset), factories.make_capture_link(dataset)
    rows = {
        "dataset": dataset,
        "capture": capture,
        "link": link,
        "video": finished.video,
        "job": finished,
        "share": share,
        "model": model,
        "trashed": trashed,
    }
    return {name: str(row.pk) for name, row in (rows | {"collection": collection, "view": view}).items()}


@pytest.mark.parametrize("page", PAGES)
def test_a_visitor_is_sent_to_log_in(client: Client, person: User, page: str) -> None:
    assert client.get(page)["Location"] == f"/log-in/?next={page}"


@pytest.mark.parametrize("page", PAGES)
def test_a_script_of_a_page_is_told_that_nobody_is_logged_in(client: Client, person: User, page: str) -> None:
    assert client.get(page, headers={"Accept": "application/json"}).status_code == 401

    part = client.get(page, headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/?q=a+b&state=done"})

    assert part.status_code == 401
    assert part["HX-Redirect"] == "/log-in/?next=/%3Fq%3Da%2Bb%26state%3Ddone"


@pytest.mark.parametrize("said", ["http://[::1/", "http://[x]/", "//[", "", "nonsense"])
def test_an_address_that_is_none_leads_back_to_the_library(client: Client, person: User, said: str) -> None:
    part = client.get("/queue/", headers={"HX-Request": "true", "HX-Current-URL": said})

    assert part.status_code == 401
    assert part["HX-Redirect"].startswith("/log-in/?next=")


def test_a_visitor_puts_nothing_in_order(client: Client, job: Job) -> None:
    assert client.post("/queue/order/", {"jobs": str(job.pk)})["Location"] == "/log-in/?next=/queue/order/"


def test_an_order_of_another_site_is_not_taken(person: User, job: Job) -> None:
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(person)

    assert careful.post("/queue/order/", {"jobs": str(job.pk)}).status_code == 403
    assert careful.get("/queue/order/").status_code == 405


@pytest.mark.parametrize("page", PAGES)
def test_anybody_with_a_login_sees_the_pages_that_are_theirs(person_client: Client, page: str) -> None:
    assert person_client.get(page).status_code == 200


@pytest.mark.parametrize(("method", "url"), [*OF_ROWS, *OF_MODELS])
def test_a_visitor_reaches_no_row(client: Client, ids: dict[str, str], method: str, url: str) -> None:
    response = client.generic(method, url.format(**ids))

    assert response.status_code == 302
    assert response["Location"].startswith("/log-in/")
    nothing_has_changed(ids)


@pytest.mark.parametrize(("method", "url"), [*OF_ROWS, *OF_MODELS])
def test_a_stranger_finds_nothing(stranger_client: Client, ids: dict[str, str], method: str, url: str) -> None:
    assert stranger_client.generic(method, url.format(**ids)).status_code == 404
    nothing_has_changed(ids)


@pytest.mark.parametrize(("method", "url"), OF_ROWS)
def test_the_owner_of_the_server_does_not_see_into_libraries(
    owner_client: Client, ids: dict[str, str], method: str, url: str
) -> None:
    assert owner_client.generic(method, url.format(**ids)).status_code == 404
    nothing_has_changed(ids)


@pytest.mark.parametrize(("method", "url"), [*OF_ROWS, *OF_MODELS])
def test_what_is_not_there_is_not_found(owner_client: Client, person: User, method: str, url: str) -> None:
    names = ("video", "job", "share", "model", "trashed", "collection", "dataset", "capture", "link")
    nowhere = dict.fromkeys(names, str(uuid4())) | {"view": "9"}
    assert owner_client.generic(method, url.format(**nowhere)).status_code == 404


@pytest.mark.parametrize(("method", "url"), [*OF_ROWS, *OF_MODELS])
def test_the_other_method_is_not_allowed(person_client: Client, ids: dict[str, str], method: str, url: str) -> None:
    other = {"GET": "POST", "POST": "GET"}[method]
    if url == "/videos/{video}/jobs/":  # the answer to a form that did not fit has this address; see test_video.py
        other = "PUT"
    assert person_client.generic(other, url.format(**ids)).status_code == 405
    nothing_has_changed(ids)


@pytest.mark.parametrize("url", [*OF_SEVERAL, *(url for method, url in [*OF_ROWS, *OF_MODELS] if method == "POST")])
def test_a_form_of_another_site_does_nothing(person: User, ids: dict[str, str], url: str) -> None:
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(person)

    assert careful.post(url.format(**ids), {"video": ids["video"]}).status_code == 403
    nothing_has_changed(ids)


def test_every_page_forbids_scripts_that_are_not_ours(person_client: Client, client: Client, person: User) -> None:
    for response in [*(person_client.get(page) for page in PAGES), client.get("/log-in/"), client.get("/nowhere/")]:
        policy = response["Content-Security-Policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["X-Frame-Options"] == "DENY"


def nothing_has_changed(ids: dict[str, str]) -> None:
    video, job = Video.objects.get(pk=ids["video"]), Job.objects.get(pk=ids["job"])
    assert (video.title.startswith("Blood Gulch"), video.trashed_at) == (True, None)
    assert (job.state, video.jobs.count()) == ("done", 1)
    assert Collection.objects.get().name == "Best of"
    assert Video.objects.get(pk=ids["trashed"]).trashed_at
    assert SavedView.objects.exists()
    assert list(Capture.objects.values_list("state", "split")) == [("ready", "training")]
    assert CaptureLink.objects.get().revoked_at is None
    assert list(Share.objects.values_list("pk", "revoked_at")) == [(Share.objects.get(pk=ids["share"]).pk, None)]

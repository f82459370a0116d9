"""A comparison's links, for its owner."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.hashers import check_password
from django.test import Client
from django.utils import timezone

from tests import factories
from tests.page import Page
from tests.views.conftest import queries_of
from upscaler.models import Job, JobState, Share, SiteSettings, User
from upscaler.publish.shares import Terms, share_change, share_revoke

pytestmark = pytest.mark.django_db

USUAL = {"title": "", "note": "", "lasts": "month", "new_password": "", "allows_download": "on"}


@pytest.fixture
def share(finished: Job) -> Share:
    return factories.make_share(finished)


def change(client: Client, share: Share, **said: str) -> Page:
    kept = {"title": share.title, "note": share.note, "lasts": "kept", "new_password": ""}
    response = client.post(f"/shares/{share.pk}/change/", kept | said, follow=True)
    share.refresh_from_db()
    return Page(response)


def test_one_click_makes_a_link_with_what_is_usual(person_client: Client, finished: Job, person: User) -> None:
    form = person_client.get(f"/jobs/{finished.pk}/compare/").context["new_link"]
    shown = {name: form[name].value() for name in form.fields}
    said = {name: "on" if value is True else value for name, value in shown.items() if value not in (None, False)}

    page = Page(person_client.post(f"/jobs/{finished.pk}/share/", said, follow=True))

    share = Share.objects.get()
    assert page.one("#links li input[readonly]")["value"] == f"http://testserver/s/{share.token}/"
    assert (share.job, share.created_by, share.title, share.note, share.password) == (finished, person, "", "", "")
    assert share.expires_at is not None
    assert abs(share.expires_at - timezone.now() - timedelta(days=30)) < timedelta(minutes=1)
    assert (share.allows_download, share.shows_progress, share.in_gallery, share.views) == (True, False, False, 0)


@pytest.mark.parametrize(("lasts", "days"), [("day", 1), ("week", 7), ("month", 30), ("year", 365), ("never", None)])
def test_everything_can_be_said_of_a_new_link(
    person_client: Client, finished: Job, lasts: str, days: int | None
) -> None:
    SiteSettings.objects.create(pk=1, shows_gallery=True)
    said = {
        "title": " Warthog run ", "note": "From 2003.", "lasts": lasts, "new_password": " sesame ",
        "shows_progress": "on", "in_gallery": "on",
    }  # fmt: skip

    person_client.post(f"/jobs/{finished.pk}/share/", said)

    share = Share.objects.get()
    assert (share.title, share.note) == ("Warthog run", "From 2003.")
    assert check_password(" sesame ", share.password), "blanks of a password are kept"
    assert (share.allows_download, share.shows_progress, share.in_gallery) == (False, True, True)
    if days is None:
        assert share.expires_at is None
    else:
        assert share.expires_at is not None
        assert abs(share.expires_at - timezone.now() - timedelta(days=days)) < timedelta(minutes=1)


def test_all_of_it_can_be_changed_later_and_the_address_stays(person_client: Client, share: Share) -> None:
    token = share.token

    page = change(
        person_client, share, title="Run", note="Two", lasts="day", new_password="sesame", shows_progress="on"
    )

    assert page.message == "Link changed."
    assert (share.token, share.title, share.note, share.allows_download, share.shows_progress) == (
        token, "Run", "Two", False, True,
    )  # fmt: skip
    assert check_password("sesame", share.password)
    assert share.expires_at is not None and share.expires_at < timezone.now() + timedelta(days=1, minutes=1)


def test_what_is_left_alone_stays(person_client: Client, share: Share) -> None:
    share_change(share=share, terms=Terms(password="sesame", expires_at=timezone.now() + timedelta(days=3)))
    share.refresh_from_db()
    password, expires_at = share.password, share.expires_at

    change(person_client, share, title="Run")

    assert (share.password, share.expires_at, share.title) == (password, expires_at, "Run")


def test_a_password_is_taken_off(person_client: Client, share: Share, client: Client) -> None:
    share_change(share=share, terms=Terms(password="sesame"))
    share.refresh_from_db()

    page = change(person_client, share, drops_password="on", new_password="another")
    assert "Enter a new password or remove it, not both." in page.message
    assert share.password
    change(person_client, share, drops_password="on")

    assert share.password == ""
    assert client.get(f"/s/{share.token}/").context["share"] == share


def test_a_link_that_is_over_can_be_prolonged(person_client: Client, client: Client, share: Share) -> None:
    share_change(share=share, terms=Terms(expires_at=timezone.now() - timedelta(days=1)))
    page = Page(person_client.get(f"/jobs/{share.job_id}/compare/"))
    assert "Expired" in page.text("#links li.over")
    assert "expired on" in page.text("#links li.over")

    change(person_client, share, lasts="week")

    assert client.get(f"/s/{share.token}/").status_code == 200


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"lasts": "century"}, "Expires after: Select a valid choice"),
        ({"title": "x" * 121}, "Title: Ensure this value has at most 120 characters"),
        ({"note": "x" * 1001}, "Note under the title: Ensure this value has at most 1000 characters"),
        ({"new_password": "x" * 201}, "Password: Ensure this value has at most 200 characters"),
    ],
)
def test_what_does_not_fit_is_said_and_changes_nothing(
    person_client: Client, share: Share, wrong: dict[str, str], said: str
) -> None:
    page = Page(person_client.post(f"/jobs/{share.job_id}/share/", USUAL | wrong, follow=True))
    assert said in page.message
    assert Share.objects.count() == 1

    assert said in change(person_client, share, **wrong).message
    assert (share.title, share.password) == ("", "")


def test_a_link_is_taken_back_and_the_other_holds(person_client: Client, client: Client, finished: Job) -> None:
    first, second = factories.make_share(finished), factories.make_share(finished)

    page = Page(person_client.post(f"/shares/{first.pk}/revoke/", follow=True))

    assert page.message == "Link revoked."
    assert page.one("#links li input[readonly]")["value"] == f"http://testserver/s/{second.token}/"
    assert first.token not in page.source
    assert client.get(f"/s/{first.token}/").status_code == 404
    assert client.get(f"/s/{second.token}/").status_code == 200


def test_a_link_that_was_taken_back_is_not_changed(person_client: Client, client: Client, share: Share) -> None:
    share_revoke(share=share)

    page = change(person_client, share, title="Run", lasts="never")

    assert "already revoked" in page.message
    assert share.title == ""
    assert client.get(f"/s/{share.token}/").status_code == 404


@pytest.mark.parametrize(
    ("terms", "says"),
    [
        (Terms(), "Shows the comparison to anyone with the link"),
        (Terms(password="sesame"), "Shows the comparison to anyone with the password"),
        (Terms(in_gallery=True), "Shows the comparison to everyone, in the public gallery"),
        (Terms(in_gallery=True, password="sesame"), "Shows the comparison to anyone with the password"),
    ],
)
def test_the_list_says_what_each_link_shows(person_client: Client, share: Share, terms: Terms, says: str) -> None:
    SiteSettings.objects.create(pk=1, shows_gallery=True)
    share_change(share=share, terms=terms)

    page = Page(person_client.get(f"/jobs/{share.job_id}/compare/"))

    assert says in page.text("#links li")
    assert page.has("#links textarea[readonly]") is ("password" not in terms), "a frame can't ask for a password"


def test_a_title_with_tricks_stays_within_its_snippet(person_client: Client, share: Share) -> None:
    share_change(share=share, terms=Terms(title='"></textarea><script>alert(1)</script>'))

    response = person_client.get(f"/jobs/{share.job_id}/compare/")

    page, snippet = Page(response), response.context["links"][0]["embed"]
    assert "alert(1)" not in "".join(str(script) for script in page.all("script"))
    assert page.text("#links textarea[readonly]") == snippet
    assert snippet in [button["data-copies"] for button in page.all("#links button[data-copies]")]
    assert not Page(snippet).has("script")


def test_without_a_gallery_nobody_is_asked_about_it(person_client: Client, share: Share) -> None:
    assert not Page(person_client.get(f"/jobs/{share.job_id}/compare/")).has("[name=in_gallery]")

    change(person_client, share, in_gallery="on")

    assert share.in_gallery is False


def test_a_job_under_way_has_links_on_its_own_page(person_client: Client, rendering: Job) -> None:
    response = person_client.get(f"/jobs/{rendering.pk}/")
    assert response.context["new_link"]["shows_progress"].value() is True
    assert Page(response).text('button[form="new-link"]') == "Create link"

    said = USUAL | {"shows_progress": "on"}
    response = person_client.post(f"/jobs/{rendering.pk}/share/", said, follow=True)

    assert response.redirect_chain[-1][0] == f"/jobs/{rendering.pk}/"
    link = Page(response).one("#links li")
    assert link.one("input[readonly]")["value"] == f"http://testserver/s/{Share.objects.get().token}/"
    assert "Shows progress to anyone with the link" in link.text()


def test_there_is_nothing_to_share_before_the_job_is_done(person_client: Client, rendering: Job) -> None:
    response = person_client.post(f"/jobs/{rendering.pk}/share/", USUAL, follow=True)

    assert Share.objects.count() == 0
    assert "t done. Select “Show progress while rendering”" in Page(response).message


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.CANCELLED])
def test_links_of_a_job_that_ended_without_a_result_can_still_be_taken_back(
    person_client: Client, rendering: Job, state: JobState
) -> None:
    page = f"/jobs/{rendering.pk}/"
    assert Page(person_client.get(page)).has('button[form="new-link"]')
    Job.objects.filter(pk=rendering.pk).update(state=state)
    assert not Page(person_client.get(page)).has("#links")

    share = factories.make_share(rendering)

    links = Page(person_client.get(page)).one("#links")
    assert links.has(f'form[action="/shares/{share.pk}/revoke/"]')
    assert "Shows nothing until the job is done" in links.text()
    assert not links.has('button[form="new-link"]')


def test_a_stranger_neither_makes_nor_changes_nor_takes_back_links(stranger_client: Client, share: Share) -> None:
    assert stranger_client.post(f"/jobs/{share.job_id}/share/", USUAL).status_code == 404
    assert stranger_client.post(f"/shares/{share.pk}/change/", USUAL | {"title": "Mine"}).status_code == 404
    assert stranger_client.post(f"/shares/{share.pk}/revoke/").status_code == 404
    assert list(Share.objects.values_list("pk", "title", "revoked_at")) == [(share.pk, "", None)]


def test_more_links_cost_no_more_questions(person_client: Client, finished: Job) -> None:
    page = f"/jobs/{finished.pk}/compare/"
    few = queries_of(person_client, page)
    for _ in range(10):
        factories.make_share(finished)

    assert queries_of(person_client, page) == few

"""The models page: everybody sees what can be chosen, the owner of the server changes it."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from tests import factories
from tests.fakes import EnqueuedTasks
from tests.page import Page
from upscaler.media.disk import local_path
from upscaler.models import ModelState, UpscaleModel, Video

pytestmark = pytest.mark.django_db


@pytest.fixture
def shipped() -> UpscaleModel:
    return factories.builtin_model()


def test_everybody_sees_the_models_that_are_ready(
    person_client: Client, owner_client: Client, shipped: UpscaleModel
) -> None:
    ready, refused = factories.make_model(), factories.make_model(state=ModelState.REFUSED, error="It would run code.")

    shown = Page(person_client.get("/models/"))
    assert {shipped.name, ready.name} <= set(shown.texts(".model h2"))
    assert ready.sha256 in shown.text(f'[data-model="{ready.pk}"]')
    assert refused.name not in shown.source
    assert not shown.has('#dropzone, form[action*="/rename/"]')

    shown = Page(owner_client.get("/models/"))
    wrong = shown.one(f'[data-model="{refused.pk}"]')
    assert (wrong.text("h2"), wrong.text('[role="alert"]')) == (refused.name, "It would run code.")
    assert shown.has("#dropzone")
    assert shown.has(f'form[action="/models/{ready.pk}/rename/"]')
    assert not shown.has(f'form[action^="/models/{shipped.pk}/"]')


def test_whether_a_check_has_ended_is_asked_again_and_again(owner_client: Client, client: Client) -> None:
    model = factories.make_model(state=ModelState.CHECKING)
    url = f"/models/{model.pk}/status.json"
    assert owner_client.get(url).json() == {"state": "checking", "label": "Checking", "error": ""}

    UpscaleModel.objects.update(state=ModelState.REFUSED, error="It would run code.")

    assert owner_client.get(url).json() == {"state": "refused", "label": "Refused", "error": "It would run code."}
    assert client.get(url).status_code == 302


def test_people_are_told_nothing_of_models_that_they_can_not_choose(person_client: Client) -> None:
    refused, ready = factories.make_model(state=ModelState.REFUSED), factories.make_model()

    assert person_client.get(f"/models/{refused.pk}/status.json").status_code == 404
    assert person_client.get(f"/models/{ready.pk}/status.json").status_code == 200


def test_the_owner_gives_a_model_another_name_and_notes(owner_client: Client) -> None:
    model = factories.make_model(notes="old")

    owner_client.post(f"/models/{model.pk}/rename/", {"name": "  Halo\n CE ", "notes": "40k iterations"})
    model.refresh_from_db()
    assert (model.name, model.notes) == ("Halo CE", "40k iterations")

    owner_client.post(f"/models/{model.pk}/rename/", {"name": "  "})
    model.refresh_from_db()
    assert (model.name, model.notes) == ("Halo CE", "40k iterations")


def test_the_owner_deletes_a_model_and_its_file(
    owner_client: Client, enqueued: EnqueuedTasks, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    model = factories.make_model()
    local_path(model.key).write_bytes(b"weights")

    with django_capture_on_commit_callbacks(execute=True):
        response = owner_client.post(f"/models/{model.pk}/delete/")

    assert response["Location"] == "/models/"
    assert not UpscaleModel.objects.filter(pk=model.pk).exists()
    enqueued.run("remove_folder")
    assert factories.files_under(f"models/{model.pk}") == []


def test_a_model_that_jobs_were_made_with_stays(owner_client: Client, video: Video, enqueued: EnqueuedTasks) -> None:
    model = factories.make_model()
    factories.make_job(video, model=model)

    response = owner_client.post(f"/models/{model.pk}/delete/", follow=True)

    assert "Delete them first." in Page(response).message
    assert UpscaleModel.objects.filter(pk=model.pk).exists()
    assert enqueued == []


def test_a_model_that_somebody_prefers_can_go(owner_client: Client, video: Video) -> None:
    model = factories.make_model()
    video.owner.default_model = model
    video.owner.save()

    owner_client.post(f"/models/{model.pk}/delete/")

    video.owner.refresh_from_db()
    assert video.owner.default_model is None


@pytest.mark.parametrize("action", ["rename", "delete"])
def test_what_comes_with_the_app_is_not_changed(owner_client: Client, shipped: UpscaleModel, action: str) -> None:
    assert owner_client.post(f"/models/{shipped.pk}/{action}/", {"name": "mine"}).status_code == 404

    shipped.refresh_from_db()
    assert shipped.name == "realesr-animevideov3"


@pytest.mark.parametrize("action", ["rename", "delete"])
def test_only_the_owner_changes_models(person_client: Client, client: Client, action: str) -> None:
    model = factories.make_model()

    assert person_client.post(f"/models/{model.pk}/{action}/", {"name": "mine"}).status_code == 404
    assert client.post(f"/models/{model.pk}/{action}/", {"name": "mine"}).status_code == 302

    assert UpscaleModel.objects.get(pk=model.pk).name == model.name

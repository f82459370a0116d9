"""The pages of training: the list, a new run, one run, its pictures and its versions."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from tests import factories
from tests.fakes import EnqueuedTasks
from tests.page import Page
from upscaler.forms.training import ERAS, SIZES
from upscaler.jobs.actions import runs
from upscaler.models import (
    Capture,
    CaptureSplit,
    Dataset,
    ModelState,
    RunPoint,
    RunState,
    TrainingRun,
    UpscaleModel,
    User,
)
from upscaler.pipeline.core.errors import PipelineError
from upscaler.training.publishing.card import Card
from upscaler.training.trainer.recipe import TrainingRecipe
from upscaler.training.trainer.run_files import picture_name

ACTIONS = ("pause", "resume", "cancel", "retry", "delete", "publish")


@pytest.fixture
def dataset(person: User) -> Dataset:
    dataset = factories.make_dataset(person, name="Blood Gulch", game="ce", licence="GPL-2.0")
    factories.make_capture(dataset)
    factories.make_capture(dataset, split=CaptureSplit.HELD_OUT)
    return dataset


@pytest.fixture
def run(person: User, dataset: Dataset) -> TrainingRun:
    run = factories.make_run(person, dataset=dataset, name="first try", base=factories.builtin_model())
    for step in (20, 40):
        RunPoint.objects.create(
            run=run, step=step, seconds=step / 2, loss=0.02, rate=2e-4, score=28.0 + step / 100, has_snapshot=True
        )
    return run


def posted(dataset: Dataset, **values: Any) -> dict[str, Any]:
    base = factories.builtin_model().pk
    usual = {"dataset": dataset.pk, "base": base, "size": "base", "amount": 2, "unit": "hours", "era": "2001-2008"}
    return usual | {"yields": "on"} | values


def test_the_list_shows_a_persons_own_runs(run: TrainingRun, person_client: Client, stranger_client: Client) -> None:
    assert "first try" in person_client.get("/training/").text
    assert "first try" not in stranger_client.get("/training/").text


def test_a_run_starts_with_a_time_and_what_it_is_trained_from(
    dataset: Dataset, person_client: Client, enqueued: EnqueuedTasks, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        response = person_client.post("/training/new/", posted(dataset))
    run = TrainingRun.objects.get()
    assert response.status_code == 302 and response["Location"] == f"/training/{run.pk}/"
    recipe = TrainingRecipe.from_json(run.recipe_json)
    assert (recipe.seconds, recipe.steps, recipe.network) == (7200.0, 0, SIZES["64x16"])
    assert run.name == "Blood Gulch" and run.yields and run.preparation_json["tile"] == 64
    assert enqueued.names == ["check_leaks", "prepare_samples"]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"amount": 0}, "greater than or equal to 1"),
        ({"amount": 2000}, "At most 30 days."),
        ({"base": "", "size": "base"}, "choose the network&#x27;s size"),
        ({"base": "", "size": "64x16", "crisp": "on"}, "The crisp stage starts from a trained model."),
        ({"size": "rrdb-64x23"}, "can&#x27;t be cut out of it"),
        ({"size": "custom", "features": 128, "blocks": 4}, "can&#x27;t be cut out of it"),
        ({"patch": 4}, "greater than or equal to 8"),
    ],
)
def test_what_does_not_fit_together_is_refused_at_its_field(
    dataset: Dataset, person_client: Client, values: dict[str, Any], message: str
) -> None:
    response = person_client.post("/training/new/", posted(dataset, **values))
    assert response.status_code == 400 and message in response.text
    assert not TrainingRun.objects.exists()


def test_a_dataset_of_somebody_else_or_without_training_captures_is_refused(
    dataset: Dataset, person_client: Client, stranger_client: Client
) -> None:
    assert stranger_client.post("/training/new/", posted(dataset)).status_code == 400
    Capture.objects.update(split=CaptureSplit.HELD_OUT)
    response = person_client.post("/training/new/", posted(dataset))
    assert "This dataset has no analysed capture to train on." in response.text


def test_a_dataset_with_a_known_leak_is_refused_by_naming_both_frames(dataset: Dataset, person_client: Client) -> None:
    trained, held_out = dataset.captures.order_by("-split")
    leak = {"training": str(trained.pk), "training_frame": 7, "held_out": str(held_out.pk), "held_out_frame": 1200}
    Dataset.objects.filter(pk=dataset.pk).update(leaks_json={"work": "1", "state": "done", "leaks": [leak]})
    response = person_client.post("/training/new/", posted(dataset))
    assert f"Frame 7 of “{trained.title}” is trained on" in response.text
    assert f"frame 1,200 of “{held_out.title}”, which is held out" in response.text and not TrainingRun.objects.exists()


def test_the_form_begins_with_the_dataset_that_it_was_opened_from(
    person: User, dataset: Dataset, person_client: Client
) -> None:
    other = factories.make_dataset(person)
    factories.make_capture(other)
    for chosen in (dataset, other):
        page = Page(person_client.get(f"/training/new/?dataset={chosen.pk}"))
        assert page.one("[name=dataset] option[selected]")["value"] == str(chosen.pk)
    assert person_client.get("/training/new/?dataset=junk").status_code == 200


def test_the_eras_on_the_page_are_those_that_samples_are_prepared_by() -> None:
    from upscaler.training.degradation.eras import RECIPES

    assert [name for name, _ in ERAS] == list(RECIPES)


def test_a_page_shows_the_state_the_curve_and_what_licences_mean(run: TrainingRun, person_client: Client) -> None:
    response = person_client.get(f"/training/{run.pk}/")
    snapshot = json.loads(json.dumps(response.context["snapshot"]))
    assert snapshot["state"] == "queued" and [point["step"] for point in snapshot["points"]] == [20, 40]
    assert "GPL-2.0" in Page(response).text(".limits")


def test_a_run_is_paused_resumed_cancelled_retried_and_deleted(
    run: TrainingRun, person_client: Client, enqueued: EnqueuedTasks
) -> None:
    def after(action: str) -> str:
        assert person_client.post(f"/training/{run.pk}/{action}/").status_code == 302
        run.refresh_from_db()
        return run.state

    assert after("pause") == RunState.PAUSED
    assert after("pause") == RunState.PAUSED
    assert after("resume") == RunState.QUEUED
    runs.run_fail(run, PipelineError("No.", permanent=True))
    assert after("retry") == RunState.QUEUED
    assert after("cancel") == RunState.CANCELLED
    assert person_client.post(f"/training/{run.pk}/delete/").status_code == 302
    assert not TrainingRun.objects.exists()


def test_a_stranger_finds_nothing(run: TrainingRun, stranger_client: Client) -> None:
    factories.store(f"{run.folder}/{picture_name(0, 20)}", b"RIFF")
    pages = ("", "status.json", "pictures/0-00000020.webp")
    assert [stranger_client.get(f"/training/{run.pk}/{page}").status_code for page in pages] == [404] * 3
    assert [stranger_client.post(f"/training/{run.pk}/{action}/").status_code for action in ACTIONS] == [404] * 6
    model = factories.make_model(run=run)
    assert stranger_client.post(f"/training/{run.pk}/use/{model.pk}/").status_code == 404
    run.refresh_from_db()
    assert run.state == RunState.QUEUED


def test_pictures_of_a_run_are_served_and_nothing_else_of_its_folder(
    run: TrainingRun, person_client: Client, each_storage: str
) -> None:
    factories.store(f"{run.folder}/{picture_name(0, 20)}", b"RIFF")
    factories.store(f"{run.folder}/pictures/secret.txt", b"no")
    response = person_client.get(f"/training/{run.pk}/pictures/0-00000020.webp")
    assert (response.content, response["Content-Type"]) == (b"RIFF", "image/webp")
    for name in ("0-00000040.webp", "secret.txt", "0-truth.webp"):
        assert person_client.get(f"/training/{run.pk}/pictures/{name}").status_code == 404, name


def test_a_point_is_published_with_its_card_and_used(
    run: TrainingRun,
    person: User,
    person_client: Client,
    enqueued: EnqueuedTasks,
    django_capture_on_commit_callbacks: Any,
) -> None:
    page = Page(person_client.get(f"/training/{run.pk}/"))
    assert page.one("[name=name]")["value"] == "h1v1"
    values = {"name": "h1v1", "licence": "CC BY 4.0", "notes": "Mine.", "step": 40}
    with django_capture_on_commit_callbacks(execute=True):
        assert person_client.post(f"/training/{run.pk}/publish/", values).status_code == 302
    model = UpscaleModel.objects.get(run=run)
    assert (model.name, model.step, model.state) == ("h1v1", 40, ModelState.CHECKING)
    assert enqueued.names == ["check_weights"]
    card = Card.from_json(model.card_json or {})
    assert card.lineage.base is not None and card.lineage.steps == 40 and str(card.version) == "h1v1"
    assert "28.40 dB" in card.notes and any("GPL-2.0" in sentence for sentence in card.limits)

    assert person_client.post(f"/training/{run.pk}/use/{model.pk}/").status_code == 404, "it isn't checked yet"
    UpscaleModel.objects.filter(pk=model.pk).update(state=ModelState.READY)
    assert person_client.post(f"/training/{run.pk}/use/{model.pk}/").status_code == 302
    person.refresh_from_db()
    assert person.default_model == model
    assert Page(person_client.get(f"/training/{run.pk}/")).one("[name=name]")["value"] == "h1v2"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": "mine"}, "Enter a name and a number"),
        ({"name": "h1v7", "step": 60}, "Step 60 has no snapshot any more."),
        ({"name": "taken v1"}, "Enter a name and a number"),
    ],
)
def test_a_version_needs_a_number_and_a_snapshot(
    run: TrainingRun, person_client: Client, values: dict[str, Any], message: str
) -> None:
    response = person_client.post(f"/training/{run.pk}/publish/", {"step": 40} | values)
    assert response.status_code == 400 and message in response.text
    assert not UpscaleModel.objects.filter(run=run).exists()


def test_a_version_is_never_published_twice(run: TrainingRun, person_client: Client) -> None:
    factories.make_model(name="h1v1")
    response = person_client.post(f"/training/{run.pk}/publish/", {"name": "H1v1", "step": 40})
    assert response.status_code == 400 and "There is a model named H1v1." in response.text

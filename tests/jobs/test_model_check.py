"""Weights that somebody uploaded: ready or refused, and the file as it came goes either way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from tests import factories
from tests.fakes import EnqueuedTasks
from tests.pipeline.networks.networks_of import checked
from upscaler.jobs import tasks
from upscaler.jobs.steps import model_check
from upscaler.media.files import source_path
from upscaler.models import ModelState, UpscaleModel
from upscaler.pipeline.networks import weights_check
from upscaler.pipeline.networks.builtin import BUILTIN, DEFAULT
from upscaler.pipeline.networks.weights import Weights, sha256_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("each_storage")]


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check runs in the test itself: its process takes seconds to load torch, and has tests of its own."""
    monkeypatch.setattr(model_check, "convert", lambda source, target, _name: checked(source, target))


def upload_model(content: bytes) -> UpscaleModel:
    model = factories.make_model(state=ModelState.CHECKING, sha256="", architecture="", scale=0)
    factories.store(model.upload_key, content)
    return model


def test_good_weights_become_a_model_that_can_be_chosen(tmp_path: Path) -> None:
    shipped = BUILTIN[DEFAULT].path
    assert shipped is not None
    model = upload_model(shipped.read_bytes())

    tasks.check_weights(str(model.pk))

    model.refresh_from_db()
    assert (model.state, model.architecture, model.scale) == (ModelState.READY, "RealESRGAN Compact", 4)
    with source_path(model.key) as path:
        assert model.weights.path == path
        assert sha256_of(path) == model.sha256
        assert model.size == path.stat().st_size
    assert factories.files_under(f"models/{model.pk}") == ["weights.safetensors"]


@pytest.mark.usefixtures("in_process")
def test_a_text_file_is_refused_with_a_reason() -> None:
    model = upload_model(b"these are no weights\n" * 50)

    tasks.check_weights(str(model.pk))

    model.refresh_from_db()
    assert model.state == ModelState.REFUSED
    assert model.error.startswith("This isn't a weights file")
    assert factories.files_under(f"models/{model.pk}") == []
    assert model.lease_until is None


def test_a_model_that_is_decided_is_not_checked_again() -> None:
    model = factories.make_model(state=ModelState.READY)

    tasks.check_weights(str(model.pk))

    model.refresh_from_db()
    assert model.state == ModelState.READY


@pytest.mark.usefixtures("in_process")
def test_a_full_disk_keeps_the_upload_and_it_is_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = BUILTIN[DEFAULT].path
    assert shipped is not None
    model = upload_model(shipped.read_bytes())

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(model_check, "convert", full)
        tasks.check_weights(str(model.pk))
    model.refresh_from_db()
    assert (model.state, model.starts) == (ModelState.CHECKING, 0)
    assert model.error == "The disk is full. This continues automatically when there is space."
    assert factories.files_under(f"models/{model.pk}") == ["upload"]

    tasks.check_weights(str(model.pk))

    model.refresh_from_db()
    assert (model.state, model.error) == (ModelState.READY, "")


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("content", ["good", "bad"])
def test_a_model_that_is_deleted_while_it_is_checked_leaves_no_files(
    owner_client: Client,
    enqueued: EnqueuedTasks,
    content: str,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    shipped = BUILTIN[DEFAULT].path
    assert shipped is not None
    model = upload_model(shipped.read_bytes() if content == "good" else b"no weights")
    convert = weights_check.convert

    def converted(*arguments: Any) -> Weights:
        try:
            return convert(*arguments)
        finally:
            with django_capture_on_commit_callbacks(execute=True):
                assert owner_client.post(f"/models/{model.pk}/delete/").status_code == 302
            enqueued.run("remove_folder")

    monkeypatch.setattr(model_check, "convert", converted)
    tasks.check_weights(str(model.pk))

    assert not UpscaleModel.objects.filter(pk=model.pk).exists()
    assert factories.files_under(f"models/{model.pk}") == []

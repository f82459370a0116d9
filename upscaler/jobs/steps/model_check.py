"""Checks uploaded and published weights in a child process, and converts or refuses them."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from upscaler.jobs.base.leased_work import Outcomes, leased_work
from upscaler.media.files import Scratch, delete_file, folder_delete, source_path, store_file
from upscaler.models import ModelState, UpscaleModel
from upscaler.pipeline.networks.weights_check import convert
from upscaler.selectors.runs import snapshot_key


def check_weights(model_id: UUID) -> None:
    """Accept or refuse a model that is being checked. The uploaded file is deleted either way."""
    model = UpscaleModel.objects.select_related("run").filter(pk=model_id, state=ModelState.CHECKING).first()
    if model is None:
        return
    outcomes = Outcomes(
        wait=lambda reason: _update(model, error=reason),
        fail=lambda error: _decide(model, state=ModelState.REFUSED, error=error.message),
    )
    name = f"Check of model {model.pk}"
    with leased_work(model, (ModelState.CHECKING,), outcomes, name=name, scratch=Scratch.MODEL_CHECK) as scratch:
        if scratch is None:
            return
        _check(model, scratch)
        if not UpscaleModel.objects.filter(pk=model.pk).exists():
            folder_delete(f"models/{model.pk}")  # the model and its files were deleted before we stored ours


def _check(model: UpscaleModel, scratch: Path) -> None:
    with source_path(_source_key(model)) as upload:
        weights = convert(upload, scratch / "weights.safetensors", model.name)
    assert weights.path is not None
    size = weights.path.stat().st_size
    store_file(weights.path, model.key)
    _decide(
        model,
        state=ModelState.READY,
        architecture=weights.architecture,
        scale=weights.scale,
        sha256=weights.sha256,
        size=size,
        error="",
    )


def _source_key(model: UpscaleModel) -> str:
    """Return the key of the file to check: an uploaded one, or the snapshot of the run that it is published from."""
    return snapshot_key(model.run, model.step) if model.run is not None else model.upload_key


def _decide(model: UpscaleModel, **values: object) -> None:
    _update(model, **values)
    delete_file(model.upload_key)


def _update(model: UpscaleModel, **values: object) -> None:
    UpscaleModel.objects.filter(pk=model.pk, state=ModelState.CHECKING).update(**values)

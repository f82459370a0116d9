"""A file of weights that somebody uploaded: checked in a child process, converted, or refused."""

from __future__ import annotations

import logging
import shutil
from uuid import UUID

from upscaler.jobs.base import disk_space
from upscaler.jobs.base.failures import as_pipeline_error, may_pass
from upscaler.jobs.base.leases import TryAgain, lease
from upscaler.models import ModelState, UpscaleModel
from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.networks.weights_check import convert
from upscaler.storage import discard, folder_delete, put, scratch_folder, source_path

logger = logging.getLogger(__name__)


def check_weights(model_id: UUID) -> None:
    """Decide on a model that is being checked; the file as it came goes either way."""
    model = UpscaleModel.objects.filter(pk=model_id, state=ModelState.CHECKING).first()
    if model is None:
        return
    with lease(model, (ModelState.CHECKING,)) as start:
        if start:
            _check(model, start)
            if not UpscaleModel.objects.filter(pk=model.pk).exists():
                folder_delete(f"models/{model.pk}")  # its files were deleted before we wrote ours


def _check(model: UpscaleModel, start: int) -> None:
    scratch = scratch_folder(f"weights-{model.pk}")
    try:
        with as_pipeline_error(f"the check of model {model.pk}", start):
            with source_path(model.upload_key) as upload:
                weights = convert(upload, scratch / "weights.safetensors", model.name)
            assert weights.path is not None
            size = weights.path.stat().st_size
            put(weights.path, model.key)
        values = {
            "state": ModelState.READY,
            "architecture": weights.architecture,
            "scale": weights.scale,
            "sha256": weights.sha256,
            "size": size,
            "error": "",
        }
    except PipelineError as error:
        if reason := disk_space.temporary_reason(error):  # the file as it came is kept, and looked at again
            UpscaleModel.objects.filter(pk=model.pk, state=ModelState.CHECKING).update(error=reason)
            return
        if may_pass(error, model):
            raise TryAgain from error
        logger.info("model %s refused: %s\n%s", model.pk, error.message, error.detail)
        values = {"state": ModelState.REFUSED, "error": error.message}
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    UpscaleModel.objects.filter(pk=model.pk, state=ModelState.CHECKING).update(**values)
    discard(model.upload_key)
